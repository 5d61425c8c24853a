"""What a replay announces is what the judge would have announced at that time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, TICK, monitor, shard
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.incident import Event, Incident, Kind
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.report import Report, Sighting
from tocsin.domain.window import Window
from tocsin.usecases.hindsight import Episode, episodes, paired, remembered
from tocsin.usecases.replay import INTO_THE_MINUTE, Replay, Rules

HALF = INTO_THE_MINUTE


def course(
    minutes: int,
    *,
    down: range = range(0),
    silent: range = range(0),
    names: tuple[str, ...] = ("db", "web"),
    places: tuple[str, ...] = THREE,
    home: str = "s0",
    version: int = 1,
) -> Iterator[Report]:
    """Let minutes pass in which `db` fails at these places for some of them."""
    for minute in range(minutes):
        for place in THREE if minute not in silent else ():
            failing = minute in down and place in places
            yield Report(
                location=place,
                shard=home,
                tick=TICK + minute,
                config_version=version,
                sightings={
                    name: Sighting(
                        outcome=FAIL if failing and name == "db" else PASS,
                        checked_at=TICK + minute,
                        failing_since=TICK + down.start if failing and name == "db" else None,
                    )
                    for name in names
                },
            )


def never(_cron: str, _timezone: str, _after: datetime) -> None:
    return None


def told(
    reports: Iterable[Report], *monitors: Monitor, windows: tuple[Window, ...] = ()
) -> list[tuple[str, Event, timedelta]]:
    watched = monitors or (monitor("db"), monitor("web"))
    rules = Rules.of([replace(shard(*watched), windows=windows)])
    alerts = Replay(rules, never).run(reports)
    return [
        ("+".join(s.monitor for s in a.subjects) or a.kind, a.event, a.at - NOON) for a in alerts
    ]


def test_an_outage_is_opened_in_its_first_minute_and_resolved_in_the_first_after_it() -> None:
    assert told(course(9, down=range(2, 5))) == [
        ("db", Event.OPENED, 2 * MINUTE + HALF),
        ("db", Event.RESOLVED, 5 * MINUTE + HALF),
    ]


@pytest.mark.parametrize(("child", "parent"), [("s0", "s1"), ("s1", "s0")])
def test_what_falls_with_its_parent_in_another_shard_is_one_alert(child: str, parent: str) -> None:
    above = [*course(9, down=range(2, 5), names=("db",), home=parent)]
    below = [replace(r, shard=child, sightings={"api": r.sightings["db"]}) for r in above]
    reports = sorted((*below, *above), key=lambda report: report.tick)

    found = told(reports, replace(monitor("api"), depends_on=("db",)), monitor("db"))

    assert [name for name, *_ in found] == ["db", "db"]


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        pytest.param({"need": 1}, [2 * MINUTE + HALF], id="any"),
        pytest.param({"need": 2}, [], id="majority"),
        pytest.param({"need": 1, "fail_for": 2 * MINUTE}, [4 * MINUTE + HALF], id="any, for 2m"),
        pytest.param({"need": 1, "fail_for": 3 * MINUTE}, [], id="any, for 3m"),
    ],
)
def test_another_rule_gives_other_alerts(rule: dict[str, int], opened: list[timedelta]) -> None:
    found = told(
        course(9, down=range(2, 5), places=("lima",)),
        monitor("db", **rule),  # type: ignore[arg-type]
        monitor("web"),
    )

    assert [at for _, event, at in found if event is Event.OPENED] == opened


def test_minutes_without_any_report_are_minutes_of_silence() -> None:
    found = told(course(20, silent=range(2, 15)))

    # Fresh until minute 3, unknown for three minutes, and told of once.
    assert found[0] == ("db+web", Event.OPENED, 7 * MINUTE + HALF)
    assert found[1][1:] == (Event.RESOLVED, 15 * MINUTE + HALF)


def test_what_was_not_recorded_is_not_judged() -> None:
    assert told(course(9), monitor("db"), monitor("web"), monitor("new")) == []


def test_jobs_are_left_out_since_no_location_records_them() -> None:
    job = replace(
        monitor("backup", locations=(ENDPOINT,)), target=HeartbeatTarget(period=timedelta(hours=1))
    )

    assert told(course(9), monitor("db"), monitor("web"), job) == []


def test_a_vote_of_any_version_counts_whatever_has_changed_since() -> None:
    assert told(course(5, down=range(1, 5)), monitor("db", changed_in=9), monitor("web")) == [
        ("db", Event.OPENED, MINUTE + HALF)
    ]


def test_a_monitor_that_moves_to_another_shard_is_judged_there_and_its_end_is_told() -> None:
    before = [*course(4, down=range(2, 9))]
    after = [
        replace(each, shard="s1", config_version=2, tick=each.tick)
        for each in course(9, down=range(2, 6))
        if each.tick >= TICK + 4
    ]
    found = told([*before, *after])

    assert [event for _, event, _ in found].count(Event.OPENED) == [
        event for _, event, _ in found
    ].count(Event.RESOLVED)
    assert found[0] == ("db", Event.OPENED, 2 * MINUTE + HALF)


def test_a_report_of_an_older_version_moves_nothing_back() -> None:
    newer = [*course(6, down=range(1, 6), home="s1", version=2)]
    older = [replace(each, shard="s0", config_version=1) for each in newer if each.tick == TICK + 3]
    mixed = sorted((*newer, *older), key=lambda each: each.tick)

    assert told(mixed) == [("db", Event.OPENED, MINUTE + HALF)]


def test_a_window_holds_what_it_would_have_held() -> None:
    window = Window(begin=NOON, length=timedelta(minutes=4), monitors=("db",))

    assert told(course(9, down=range(2, 7)), windows=(window,))[0] == (
        "db",
        Event.OPENED,
        4 * MINUTE + HALF,
    )


def episode(minute: int, *about: str, lasts: int | None = 5, kind: Kind = Kind.DOWN) -> Episode:
    begin = NOON + minute * MINUTE
    return Episode(
        kind=kind,
        about=about or ("db",),
        routes=(Route.PAGE,),
        opened_at=begin,
        ended_at=None if lasts is None else begin + lasts * MINUTE,
    )


@pytest.mark.parametrize(
    ("replayed", "past", "later"),
    [
        pytest.param([episode(7)], [episode(5)], [2], id="later"),
        pytest.param([episode(3)], [episode(5)], [-2], id="earlier"),
        pytest.param([episode(3, lasts=None)], [episode(600)], [-597], id="open since then"),
        pytest.param([episode(5)], [], [None], id="new"),
        pytest.param([], [episode(5)], [None], id="gone"),
        pytest.param([episode(5)], [episode(5, "web")], [None, None], id="of another monitor"),
        pytest.param(
            [episode(5)], [episode(5, kind=Kind.UNKNOWN)], [None, None], id="of another kind"
        ),
        pytest.param([episode(5)], [episode(500)], [None, None], id="hours apart"),
        pytest.param([episode(5), episode(20)], [episode(21)], [None, -1], id="the nearest"),
    ],
)
def test_an_incident_is_held_against_what_was(
    replayed: list[Episode], past: list[Episode], later: list[int | None]
) -> None:
    found = [pair.later for pair in paired(replayed, past)]

    assert found == [None if each is None else each * MINUTE for each in later]


def test_what_alerts_tell_of_is_one_episode_from_its_opening_to_its_end() -> None:
    rules = Rules.of([shard(monitor("db"), monitor("web"))])
    (found,) = episodes(Replay(rules, never).run(course(9, down=range(2, 5))))

    assert found == Episode(
        kind=Kind.DOWN,
        about=("db",),
        routes=(Route.PAGE,),
        opened_at=NOON + 2 * MINUTE + HALF,
        ended_at=NOON + 5 * MINUTE + HALF,
    )


def test_of_the_past_what_was_opened_in_that_time_counts() -> None:
    def past(minute: int) -> Incident:
        at = NOON + minute * MINUTE
        return Incident(id=f"db-{minute}", kind=Kind.DOWN, opened_at=at, routes=(Route.PAGE,))

    found = remembered(map(past, (9, -1, 3, 11)), NOON, NOON + 10 * MINUTE)

    assert [(each.opened_at - NOON) / MINUTE for each in found] == [3, 9]
