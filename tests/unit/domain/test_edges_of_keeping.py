"""What of a state is kept, cut, renamed and covered, and what is left as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import CERTIFICATE, MINUTE, NOON, monitor, shard
from tests.unit.domain.history import ME
from tocsin.domain import orders
from tocsin.domain.control import Silence, silenced
from tocsin.domain.heartbeat import Schedule
from tocsin.domain.incident import Event, Incident, Kind, Moment, Subject, announced
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.domain.renaming import renamed
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState, covered, slim
from tocsin.domain.window import Window, held
from tocsin.domain.zones import Superseded

UP = Standing(verdict=Verdict.UP, since=NOON)
BALLOT = Ballot(location="lima", counted=True, evidence="refused", certificate=CERTIFICATE)
SUBJECT = Subject(monitor="db", target="db.example.com:5432", need=2, ballots=(BALLOT,))
INCIDENT = Incident(
    id="db-1",
    kind=Kind.DOWN,
    opened_at=NOON,
    routes=(Route.PAGE,),
    subjects=(SUBJECT, replace(SUBJECT, monitor="web")),
    moments=(Moment(at=NOON, what="opened"),),
)
SILENCE = Silence(id="s-1", said=ME, until=NOON, monitors=("db", "web"))
STATE = ShardState(
    shard="s0",
    standings={"db": UP, "web": UP},
    incidents=(INCIDENT,),
    closed=(replace(INCIDENT, id="db-0"),),
    outbox=(Owed(alert=announced(INCIDENT, Event.OPENED, NOON), routes=(Route.PAGE,)),),
    paused={"db": ME},
    silences=(SILENCE,),
)


def all_subjects(state: ShardState) -> list[Subject]:
    incidents = [subject for each in (*state.incidents, *state.closed) for subject in each.subjects]
    return incidents + [subject for owed in state.outbox for subject in owed.alert.subjects]


def test_all_that_is_open_and_owed_is_told_in_fewer_words() -> None:
    shorter = slim(STATE, 3)

    shown = [subject.ballots[0] for subject in all_subjects(shorter)]
    assert [ballot.evidence for ballot in shown] == ["ref"] * 6
    assert [ballot.certificate.issuer for ballot in shown if ballot.certificate] == ["CN="] * 6
    assert shorter.incidents[0].moments == INCIDENT.moments


def test_without_a_word_the_votes_and_the_course_go_and_the_names_stay() -> None:
    least = slim(STATE, 0)

    assert [(s.monitor, s.ballots) for s in all_subjects(least)] == [("db", ()), ("web", ())] * 3
    assert [each.moments for each in (*least.incidents, *least.closed)] == [(), ()]


def test_a_vote_without_a_certificate_is_told_in_fewer_words_too() -> None:
    bare = replace(SUBJECT, ballots=(replace(BALLOT, certificate=None),))
    state = replace(STATE, incidents=(replace(INCIDENT, subjects=(bare,)),))

    assert slim(state, 3).incidents[0].subjects[0].ballots[0].certificate is None


def test_only_an_incident_of_its_kind_covers_a_monitor() -> None:
    assert covered([INCIDENT], Kind.DOWN) == {"db", "web"}
    assert covered([INCIDENT], Kind.UNKNOWN) == frozenset()


def test_a_new_name_takes_over_all_that_was_known() -> None:
    serials = (Superseded(serial=7, since=NOON),)
    schedule = Schedule(text="every 5m", since=NOON)
    incidents = (replace(INCIDENT, back=("db", "web")),)
    state = replace(STATE, serials={"db": serials}, schedules={"db": schedule}, incidents=incidents)
    named = replace(monitor("base"), was="db")

    after = renamed(shard(named, monitor("web")), state)

    assert after.standings == {"base": UP, "web": UP}
    assert after.paused == {"base": ME}
    assert after.serials == {"base": serials}
    assert after.schedules == {"base": schedule}
    assert after.silences[0].monitors == ("base", "web")
    assert [s.monitor for s in after.incidents[0].subjects] == ["base", "web"]
    assert after.incidents[0].back == ("base", "web")


@pytest.mark.parametrize(
    ("was", "present", "known"),
    [
        pytest.param(None, (), {"db": UP}, id="it had no other name"),
        pytest.param("db", ("db",), {"db": UP}, id="the old name is in use"),
        pytest.param("db", (), {"web": UP}, id="the old name is not known"),
        pytest.param("db", (), {"db": UP, "base": UP}, id="the new name is known already"),
    ],
)
def test_nothing_is_renamed_where(
    was: str | None, present: tuple[str, ...], known: dict[str, Standing]
) -> None:
    state = replace(STATE, standings=known)
    watched = shard(replace(monitor("base"), was=was), *map(monitor, present))

    assert renamed(watched, state) is state


@pytest.mark.parametrize(
    ("judged", "known"),
    [(0, "base"), (1, "base"), (2, "db")],
    ids=["a newer configuration renames", "the same one", "an older one renames nothing"],
)
def test_a_name_is_as_new_as_the_configuration_that_was_judged_under(
    judged: int, known: str
) -> None:
    state = replace(STATE, config_version=judged, standings={"db": UP})

    after = renamed(shard(replace(monitor("base"), was="db"), version=1), state)

    assert list(after.standings) == [known]


@pytest.mark.parametrize(
    ("monitors", "tags", "names"),
    [
        (("db",), (), {"db"}),
        ((), ("shop",), {"web"}),
        (("db",), ("shop",), {"db", "web"}),
        (("gone",), ("gone",), set()),
    ],
    ids=["by name", "by tag", "by both", "by neither"],
)
def test_a_silence_and_a_window_are_about_what_they_name(
    monitors: tuple[str, ...], tags: tuple[str, ...], names: set[str]
) -> None:
    watched = (monitor("db"), replace(monitor("web"), tags=("shop",)))
    silence = replace(SILENCE, monitors=monitors, tags=tags, until=NOON + MINUTE)
    window = Window(begin=NOON, length=MINUTE, monitors=monitors, tags=tags)

    assert silenced(watched, [silence], NOON) == names
    assert held(watched, [window], NOON, lambda *_: None) == names


def test_a_silence_is_over_at_its_end() -> None:
    watched, until = [monitor("db")], NOON + MINUTE
    silence = replace(SILENCE, until=until)

    assert silenced(watched, [silence], until - timedelta(microseconds=1)) == {"db"}
    assert silenced(watched, [silence], until) == frozenset()
    assert silenced(watched, [replace(silence, until=NOON), silence], NOON) == {"db"}


def test_a_window_by_cron_asks_for_the_first_that_is_not_over() -> None:
    asked: list[tuple[object, ...]] = []
    window = Window(cron="0 2 * * 0", timezone="Europe/Berlin", length=MINUTE)

    assert window.open_until(NOON, lambda *said: asked.append(said)) is None
    assert asked == [("0 2 * * 0", "Europe/Berlin", NOON - MINUTE)]
    assert Window(cron="0 2 * * 0", length=MINUTE).timezone == "UTC"


def test_each_of_several_windows_holds_what_it_is_about() -> None:
    watched = [monitor("db"), monitor("web"), monitor("mail")]
    once = Window(begin=NOON, length=MINUTE, monitors=("db",))
    again = Window(cron="* * * * *", length=MINUTE, monitors=("web",))

    assert held(watched, [once, again], NOON, lambda *_: NOON) == {"db", "web"}
    silences = [replace(SILENCE, monitors=(name,), until=NOON + MINUTE) for name in ("db", "web")]
    assert silenced(watched, silences, NOON) == {"db", "web"}


def test_who_takes_an_incident_on_stands_in_its_course_with_what_was_said() -> None:
    (taken,) = orders.acknowledged(STATE, "db-1", ME).incidents

    assert taken.moments[-1] == Moment(at=NOON, what="acknowledged", by="ada", note="on it")


def test_the_end_of_a_silence_is_noted_of_what_that_one_was_about() -> None:
    other = replace(SILENCE, id="s-2", monitors=("mail",))
    state = replace(STATE, silences=(other, SILENCE))

    assert orders.loud(state, "s-2", ME).incidents == STATE.incidents
    assert orders.loud(state, "s-1", ME).incidents[0].moments[-1].what == "silence ended"
