"""`tocsin rebuild` on moto tables: what it writes again, and what it says."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fakes.make import FAIL, PASS, THREE, report, sighting
from tests.integration.cli.stage import Stage
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.uptime import DAY
from tocsin_cli.main import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def reported(stage: Stage, ago: int = 2) -> int:
    """Report an hour, in which `mail` fails for ten minutes, and the present minute."""
    now = tick_of(datetime.now(UTC))
    hour = now // HOUR - ago
    for tick in (*range(hour * HOUR, hour * HOUR + HOUR), now):
        failing = {"mail"} if 20 <= tick - hour * HOUR < 30 else set()
        for shard in stage.shards:
            sightings = {
                m.id: sighting(FAIL if m.id in failing else PASS, at=tick) for m in shard.monitors
            }
            for place in THREE:
                whole = replace(report(place, tick=tick), shard=shard.id, sightings=sightings)
                stage.home.reports.add(whole)
    stage.judge()
    return hour


def between(first: int, last: int) -> tuple[str, ...]:
    """Ask for a time, from a tick to another."""
    begin, end = instant_of(first), instant_of(last)
    return "--from", f"{begin:%Y-%m-%dT%H:%M}", "--to", f"{end:%Y-%m-%dT%H:%M}"


def test_statuses_and_hours_are_written_again_and_again(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = reported(stage)
    watched = sum(len(shard.monitors) for shard in stage.shards)
    kept = stage.home.projections
    times = between(hour * HOUR - 90, hour * HOUR + HOUR)

    assert run("rebuild", "--json", *times) == 0
    said = json.loads(capsys.readouterr().out)
    (shop,) = kept.rollups("s0", 0, hour)
    (post,) = kept.rollups("s1", 0, hour)
    mail = kept.status("mail")
    (day,) = kept.days("s1", hour // DAY, hour // DAY)

    assert (said["statuses"], said["hours"], said["shards"]) == (watched, 2, 2)
    assert shop.monitors["db"].seconds == {Verdict.UP: 3600}
    assert post.monitors["mail"].seconds == {Verdict.DOWN: 600, Verdict.UP: 3000}
    assert post.monitors["mail"].locations["lima"].failures == 10
    assert day.seconds["mail"] == post.monitors["mail"].seconds
    assert mail is not None
    assert (mail.verdict, mail.incident) == (Verdict.UP, None)

    assert run("rebuild", *times) == 0
    out = capsys.readouterr().out.splitlines()

    assert [*kept.rollups("s1", 0, hour)] == [post]
    assert out[0] == f"wrote the status of {watched} monitors in 2 shards"
    assert out[1].startswith("wrote 2 hourly rollups, ")


def test_only_whole_hours_of_the_time_that_is_asked_for_are_written(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = reported(stage)

    assert run("rebuild", *between(hour * HOUR + 1, hour * HOUR + HOUR)) == 0
    assert "wrote 0 hourly rollups" in capsys.readouterr().out


def test_the_last_hour_is_left_to_the_aggregator_until_it_has_rolled_it_up(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = reported(stage, ago=1)
    times = between(hour * HOUR, hour * HOUR + HOUR)

    assert run("rebuild", *times) == 0
    assert "wrote 0 hourly rollups" in capsys.readouterr().out

    for shard in stage.shards:
        stored = stage.home.states.load(shard.id)
        stage.home.states.save(replace(stored.state, rolled=hour), over=stored.revision)

    assert run("rebuild", *times) == 0
    assert "wrote 2 hourly rollups" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("--from", "2020-01-01"), 1, "kept for 14 days", id="long ago"),
        pytest.param(
            ("--from", "2020-01-02", "--to", "2020-01-01"), 64, "before --to", id="back in time"
        ),
    ],
)
def test_what_cannot_be_made_again_is_said(
    stage: Stage,
    arguments: tuple[str, ...],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("rebuild", *arguments) == code
    assert said in capsys.readouterr().err
