"""Acknowledging and pausing from the line that is typed to what the aggregator makes of it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.integration.cli.stage import Stage
from tests.integration.cli.test_commands import Typed
from tocsin.adapters.states import DynamoStates
from tocsin.domain.incident import Ending
from tocsin.domain.quorum import Verdict
from tocsin.domain.state import ShardState
from tocsin.usecases.order import ATTEMPTS
from tocsin.usecases.ports import ConflictError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_an_incident_is_acknowledged_by_the_name_of_its_monitor(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "db").incident()

    typed = Typed(capsys, "ack", "db", "--by", "ada", "--note", "on it")

    assert typed.code == 0
    assert typed.out == f"acknowledged {incident}\ntakes effect within a minute\n"
    (held,) = stage.state().incidents
    assert held.acknowledged is not None
    assert (held.acknowledged.by, held.acknowledged.note) == ("ada", "on it")
    assert (held.moments[-1].what, held.moments[-1].by) == ("acknowledged", "ada")


def test_who_comes_second_is_told_who_was_first(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "db").incident()
    Typed(capsys, "ack", incident, "--by", "ada", "--note", "on it")

    second = Typed(capsys, "ack", incident, "--by", "bea")
    told = Typed(capsys, "ack", incident, "--by", "bea", "--json").json

    assert second.code == 0
    already = rf"{re.escape(incident)} was acknowledged already by ada \d+ s ago \(on it\)\n"
    assert re.fullmatch(already, second.out)
    assert (told["order"], told["by"], told["changed"]) == ("ack", "bea", [])
    assert (told["already"][0]["name"], told["already"][0]["said"]["by"]) == (incident, "ada")


def test_the_caller_is_who_aws_says(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    stage.live(3, "db")

    told = Typed(capsys, "ack", "db", "--json").json

    arn = boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Arn"]
    assert arn.endswith(f"/{told['by']}")


def test_where_aws_does_not_say_the_caller_is_who_is_logged_in(
    capsys: pytest.CaptureFixture[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin_cli.home.Home.caller", lambda _self, _where: None)
    monkeypatch.setenv("LOGNAME", "carla")

    assert Typed(capsys, "pause", "db", "--json").json["by"] == "carla"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param("mial", "no monitor of that name: did you mean mail?", id="almost a name"),
        pytest.param("zzz", "`tocsin incidents` lists what is open", id="nothing like one"),
        pytest.param("desk", "desk has no open incident: it is up for ", id="a healthy monitor"),
        pytest.param(
            "web",
            "web has no open incident of its own, and depends on db: acknowledge db-",
            id="one that is down with what it depends on",
        ),
    ],
)
def test_what_cannot_be_acknowledged_is_answered_with_a_mend(
    capsys: pytest.CaptureFixture[str], stage: Stage, typed: str, said: str
) -> None:
    stage.live(3, "db", "web")

    refused = Typed(capsys, "ack", typed)

    assert (refused.code, refused.out) == (1, "")
    assert said in refused.err
    assert stage.state().incidents[0].acknowledged is None


def test_an_incident_that_is_over_cannot_be_acknowledged(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "db", ago=3).incident()
    stage.live(1)

    refused = Typed(capsys, "ack", incident)

    assert refused.code == 1
    assert f"{incident} is over: recovered" in refused.err


def test_an_incident_that_ends_at_this_moment_is_said_to_be_over(
    capsys: pytest.CaptureFixture[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.live(3, "db", ago=3)
    _race(monkeypatch, lambda: stage.live(1))

    refused = Typed(capsys, "ack", "db", "--by", "ada")

    assert refused.code == 1
    assert "has just ended: there is nothing left to acknowledge" in refused.err


def test_a_pause_takes_effect_with_the_next_judgement(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "db").incident()

    typed = Typed(capsys, "pause", "db", "--by", "ada", "--note", "moves")
    stage.judge()

    assert typed.code == 0
    assert typed.out.splitlines() == [
        "paused db",
        f"{incident} ends as paused",
        "what depends on it has alerts of its own: mail, web",
        "takes effect within a minute",
    ]
    assert stage.state().standings["db"].verdict is Verdict.PAUSED
    assert stage.state().incidents == ()
    (over,) = stage.state().closed
    assert over.ending is Ending.PAUSED
    assert [m.what for m in over.moments] == ["opened", "paused", "resolved: paused"]


def test_a_tag_pauses_what_has_it_in_every_shard(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    Typed(capsys, "pause", "desk", "--by", "bea", "--note", "earlier")

    told = Typed(capsys, "pause", "--tag", "shop", "mail", "--by", "ada", "--json").json

    assert told["changed"] == ["db", "mail", "till", "web"]
    assert [(each["name"], each["said"]["by"]) for each in told["already"]] == [("desk", "bea")]
    assert {n: s.by for n, s in stage.state("s0").paused.items()} == {"db": "ada", "web": "ada"}
    assert {n: s.by for n, s in stage.state("s1").paused.items()} == {
        "desk": "bea",
        "mail": "ada",
        "till": "ada",
    }


def test_an_incident_goes_on_while_some_of_it_is_not_paused(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "desk", "till").incident("s1")

    first = Typed(capsys, "pause", "desk", "--json").json
    second = Typed(capsys, "pause", "till", "--json").json

    assert (first["ending"], second["ending"]) == ([], [incident])


def test_what_is_resumed_is_judged_again(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    Typed(capsys, "pause", "db", "--by", "ada")
    stage.live(1)

    typed = Typed(capsys, "resume", "db", "desk", "--by", "bea")
    stage.judge()

    assert typed.code == 0
    assert typed.out.splitlines() == [
        "resumed db",
        "desk was not paused",
        "takes effect within a minute",
    ]
    assert stage.state().paused == {}
    assert stage.state().standings["db"].verdict is Verdict.UP


def test_what_is_already_so_promises_no_effect(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    typed = Typed(capsys, "resume", "db")

    assert (typed.code, typed.out) == (0, "db was not paused\n")


@pytest.mark.parametrize("command", ["pause", "resume"])
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param((), 64, "say which: monitors by their names, or --tag TAG", id="nothing"),
        pytest.param(
            ("db", "mial"), 1, "no monitor mial is in force: did you mean mail?", id="typo"
        ),
        pytest.param(("zzz",), 1, "run `tocsin apply` if it is new", id="no such monitor"),
        pytest.param(
            ("--tag", "shp"), 1, "no monitor has the tag shp: did you mean shop?", id="tag"
        ),
    ],
)
def test_a_wrong_name_changes_nothing_and_is_answered_with_a_mend(
    capsys: pytest.CaptureFixture[str],
    stage: Stage,
    command: str,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    typed = Typed(capsys, command, *words)

    assert (typed.code, typed.out) == (code, "")
    assert said in typed.err
    assert stage.state().paused == {}


def test_before_the_first_apply_there_is_nothing_to_pause(
    capsys: pytest.CaptureFixture[str], operator: "DynamoDBClient"
) -> None:
    typed = Typed(capsys, "pause", "db")

    assert typed.code == 1
    assert "nothing is watched yet: write monitors.yaml and run `tocsin apply`" in typed.err


def test_an_order_that_loses_a_race_is_given_again(
    capsys: pytest.CaptureFixture[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _race(monkeypatch, lambda: stage.live(1, "db"))

    typed = Typed(capsys, "pause", "desk", "db", "--by", "ada")

    assert typed.code == 0
    assert stage.state().paused.keys() == {"db"}
    assert stage.state().incidents


def test_where_a_shard_cannot_be_won_it_is_said_what_is_done(
    capsys: pytest.CaptureFixture[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = DynamoStates.save

    def lose(states: DynamoStates, state: ShardState, *, over: int) -> int:
        if state.shard == "s1":
            raise ConflictError("revision is gone")
        return save(states, state, over=over)

    monkeypatch.setattr(DynamoStates, "save", lose)

    typed = Typed(capsys, "pause", "--tag", "shop", "--by", "ada")

    assert typed.code == 1
    assert "done in 1 of 2 shards, and no further" in typed.err
    assert f"shard s1: lost {ATTEMPTS} races in a row, run it again" in typed.err
    assert stage.state("s0").paused.keys() == {"db", "web"}


def _race(monkeypatch: pytest.MonkeyPatch, others: Callable[[], object]) -> None:
    """Let others write first, once."""
    save, left = DynamoStates.save, [others]

    def late(states: DynamoStates, state: ShardState, *, over: int) -> int:
        if left:
            left.pop()()
        return save(states, state, over=over)

    monkeypatch.setattr(DynamoStates, "save", late)
