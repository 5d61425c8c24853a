"""What `tocsin status` says of a monitor beyond its verdict."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON, TICK, monitor, world
from tests.unit.messages import cases
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict, ballots, count
from tocsin.domain.standing import Standing
from tocsin_cli import documents
from tocsin_cli.status import row
from tocsin_cli.survey import Sight, Survey

LAZY = monitor(slow_phases=(("connect", timedelta(milliseconds=1)),))
JOB = Sight(
    monitor=monitor(),
    standing=Standing(verdict=Verdict.UP, since=NOON),
    ballots=(cases.reported("reported success at 02:04 UTC"),),
    slow=(),
)


def sight(votes: str, verdict: Verdict, watched: Monitor = monitor()) -> Sight:  # noqa: B008 - frozen
    reports = world(votes, tick=TICK)
    return Sight(
        monitor=watched,
        standing=Standing(verdict=verdict, since=NOON),
        ballots=ballots(watched, reports, NOON),
        slow=count(watched, reports, NOON).slow,
    )


def notes(shown: Sight) -> str:
    return row(shown, NOON)[-1]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param(sight("ppp", Verdict.UP), "", id="all is well"),
        pytest.param(
            sight("ppp", Verdict.DEGRADED, LAZY),
            "slow, connect takes 1.5 ms, limit 1.0 ms",
            id="slow",
        ),
        pytest.param(
            sight("www", Verdict.DEGRADED),
            "certificate expires soon (9 days left)",
            id="warned",
        ),
        pytest.param(
            sight("ppf", Verdict.DEGRADED), "1 of 3 locations fails (refused)", id="regional"
        ),
        pytest.param(
            sight("pwf", Verdict.DEGRADED, LAZY),
            "1 of 3 locations fails (refused); certificate expires soon (9 days left) at 1 of 2"
            " locations; slow, connect takes 1.5 ms, limit 1.0 ms",
            id="all of it",
        ),
        pytest.param(sight("ppp", Verdict.UP, LAZY), "", id="not yet judged to be slow"),
        pytest.param(JOB, "reported success at 02:04 UTC", id="a job"),
    ],
)
def test_it_says_why_a_monitor_is_degraded(shown: Sight, said: str) -> None:
    assert notes(shown) == said


def test_it_says_how_long_the_certificate_is_good_for_that_ends_first() -> None:
    shown = tuple(
        replace(cases.passes(place), certificate=cases.certificate(days=days))
        for place, days in (("a", 80.5), ("b", 30.5), ("c", 90.5))
    )
    stale = replace(cases.silent("d"), certificate=cases.certificate(days=1))

    said = notes(replace(sight("ppp", Verdict.UP), ballots=(*shown, stale)))

    assert said == "certificate: 30 days left"


def test_a_job_that_has_reported_has_no_time_of_ours() -> None:
    assert row(JOB, NOON)[3] == "heartbeat:in_time"


def test_the_json_has_the_cause_the_certificate_and_the_warning() -> None:
    seen = Survey(
        at=NOON, version=1, sights=(sight("wpp", Verdict.DEGRADED, LAZY),), incidents=(), owed=()
    )

    (told,) = json.loads(json.dumps(documents.survey(seen)))["monitors"]

    assert told["cause"].startswith("certificate expires soon (9 days left) at 1 of 3 locations")
    assert told["slow"] == [{"phase": "connect", "ms": 1.5, "limit_ms": 1.0}]
    assert told["votes"][0]["warning"] == "certificate_expires_soon"
    assert told["votes"][0]["certificate"] == {
        "fingerprint": "a1b2c3d4e5f60718",
        "issuer": "CN=R11",
        "expires_at": "2026-01-10T12:00:00+00:00",
        "days_left": 9,
    }
    assert told["votes"][1]["certificate"] is None
