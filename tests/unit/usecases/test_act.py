"""What somebody asks for on a page is done as an operator's command does it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON
from tests.unit.pages.scenes import Scene
from tocsin.domain.orders import NAME_CHARACTERS, SILENCES, TooManySilencesError, silence_id
from tocsin.domain.state import ShardState
from tocsin.usecases.act import Act, Deed, GoneError, Wanted, act

MX = "mx-20260101T115300Z-2c7ee2"


def give(scene: Scene, wanted: Wanted, minutes: int = 0) -> Act:
    return act(wanted, scene.eyes.configs, scene.states, NOON + timedelta(minutes=minutes))


def state(scene: Scene) -> ShardState:
    return scene.states.load("s0").state


def test_an_incident_is_taken_on_in_the_name_that_was_typed() -> None:
    scene = Scene()

    done = give(scene, Wanted(deed=Deed.ACKNOWLEDGE, incident=MX, by="eve", note="on it"))

    (incident,) = (each for each in state(scene).incidents if each.id == MX)
    assert incident.acknowledged is not None
    assert (incident.acknowledged.by, incident.acknowledged.note) == ("eve (console)", "on it")
    assert incident.moments[-1].by == "eve (console)"
    assert (done.about, done.already) == (MX, False)


def test_who_gives_no_name_is_somebody() -> None:
    done = give(Scene(), Wanted(deed=Deed.PAUSE, monitor="cart", by="  "))

    assert done.said.by == "somebody (console)"


def test_a_name_is_made_inert_and_cut() -> None:
    done = give(Scene(), Wanted(deed=Deed.PAUSE, monitor="cart", by="\x1b[2J\u202e" + "a" * 999))

    assert done.said.by.startswith("\\x1b[2J\\u202e")
    assert len(done.said.by) == NAME_CHARACTERS


def test_a_monitor_is_paused_and_resumed() -> None:
    scene = Scene()

    give(scene, Wanted(deed=Deed.PAUSE, monitor="cart", by="eve"))
    assert state(scene).paused["cart"].by == "eve (console)"

    give(scene, Wanted(deed=Deed.RESUME, monitor="cart", by="eve"))
    assert "cart" not in state(scene).paused


def test_a_silence_is_the_one_that_the_command_would_make() -> None:
    scene = Scene()

    done = give(scene, Wanted(deed=Deed.SILENCE, monitor="db", length=timedelta(hours=4)))

    (made,) = (each for each in state(scene).silences if each.monitors == ("db",))
    assert made.id == silence_id(["db"], [])
    assert made.until == done.until == NOON + timedelta(hours=4)
    assert any("silenced until" in moment.what for moment in state(scene).incidents[0].moments)


def test_a_silence_about_this_monitor_alone_is_ended_and_no_other() -> None:
    scene = Scene()
    give(scene, Wanted(deed=Deed.SILENCE, monitor="db"))

    done = give(scene, Wanted(deed=Deed.UNSILENCE, monitor="db", by="eve"), minutes=5)
    again = give(scene, Wanted(deed=Deed.UNSILENCE, monitor="db"), minutes=6)
    other = give(scene, Wanted(deed=Deed.UNSILENCE, monitor="wiki"))

    assert [silence.id for silence in state(scene).silences] == ["s-1", silence_id(["smtp"], [])]
    assert (done.already, again.already, other.already) == (False, True, True)
    assert state(scene).incidents[0].moments[-1].what == "silence ended"


def test_what_is_so_already_is_said_and_not_written() -> None:
    scene = Scene()
    before = scene.states.writes

    done = give(scene, Wanted(deed=Deed.PAUSE, monitor="vpn", by="eve"))

    assert done.already
    assert scene.states.writes == before
    assert state(scene).paused["vpn"].by == "ann"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(deed=Deed.PAUSE, monitor="gone"), "no monitor called gone"),
        (Wanted(deed=Deed.SILENCE), "no monitor "),
        (Wanted(deed=Deed.ACKNOWLEDGE, incident="old-1"), "old-1 is not open any more"),
    ],
)
def test_what_is_not_there_cannot_be_acted_on(wanted: Wanted, said: str) -> None:
    scene = Scene()
    before = scene.states.writes

    with pytest.raises(GoneError, match=said):
        give(scene, wanted)

    assert scene.states.writes == before


def test_silences_are_bounded() -> None:
    scene = Scene()
    stored = scene.states.load("s0")
    one, *_ = stored.state.silences
    full = tuple(replace(one, id=f"s{n}") for n in range(SILENCES))
    scene.states.items["s0"] = replace(stored, state=replace(stored.state, silences=full))

    with pytest.raises(TooManySilencesError):
        give(scene, Wanted(deed=Deed.SILENCE, monitor="new"))
