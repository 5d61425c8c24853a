"""What the public sees of a house: which monitors, in which words, and what stays inside."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.make import NOON, TICK, monitor
from tests.fakes.projections import InMemoryProjections
from tocsin.adapters.calendar import next_start
from tocsin.domain.incident import Ending, Incident, Kind, Subject, Trouble
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.publicity import Public
from tocsin.domain.quorum import Ballot, Delay, Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.shard import Shard
from tocsin.domain.standing import FLIPS, Standing
from tocsin.domain.state import ShardState
from tocsin.domain.uptime import DAY, Digest
from tocsin.domain.window import Window
from tocsin.usecases.board import AHEAD, MOST, Board, Episode, Mood, Part, present, remembering
from tocsin.usecases.overview import DAYS
from tocsin.usecases.survey import Known

MINUTE, DAILY = timedelta(minutes=1), timedelta(days=1)
TODAY = TICK // HOUR // DAY


class Filed:
    """A history of incidents."""

    def __init__(self, *incidents: Incident) -> None:
        self._incidents = incidents

    def of_month(self, at: datetime) -> Iterator[Incident]:
        found = (i for i in self._incidents if f"{i.opened_at:%Y-%m}" == f"{at:%Y-%m}")
        yield from sorted(found, key=lambda each: each.opened_at)


def shown(name: str = "api", called: str = "", group: str = "", was: str | None = None) -> Monitor:
    return replace(monitor(name), public=Public(name=called or f"The {name}", group=group), was=was)


def standing(verdict: Verdict = Verdict.UP, ago: timedelta = 5 * MINUTE) -> Standing:
    return Standing(verdict=verdict, since=NOON - ago)


def incident(
    *names: str,
    kind: Kind = Kind.DOWN,
    ago: timedelta = 5 * MINUTE,
    lasted: timedelta | None = None,
    fallen: tuple[str, ...] = (),
    back: tuple[str, ...] = (),
    flapping: bool = False,
) -> Incident:
    opened = NOON - ago
    return Incident(
        id=f"{names[0]}-{opened:%Y%m%dT%H%M%SZ}-abcdef",
        kind=kind,
        opened_at=opened,
        routes=(Route.PAGE,),
        subjects=tuple(
            Subject(monitor=name, target=f"{name}:1", need=2, ballots=(), fallen=fallen)
            for name in names
        ),
        back=back,
        flapping=flapping,
        ended_at=None if lasted is None else opened + lasted,
        ending=None if lasted is None else Ending.RECOVERED,
    )


def known(
    *monitors: Monitor,
    standings: dict[str, Standing] | None = None,
    incidents: tuple[Incident, ...] = (),
    closed: tuple[Incident, ...] = (),
    windows: tuple[Window, ...] = (),
) -> Known:
    shard = Shard(id="s0", version=1, monitors=monitors, windows=windows)
    found = standings or {each.id: standing() for each in monitors}
    state = ShardState(shard="s0", standings=found, incidents=incidents, closed=closed)
    return Known(
        shards={"s0": (shard, state)},
        monitors={each.id: each for each in monitors},
        standings=found,
    )


def seen(house: Known) -> Board:
    return present(house, next_start, NOON)


def only(house: Known) -> Part:
    (part,) = seen(house).parts
    return part


def remembered(
    house: Known, *history: Incident, days: dict[int, dict[str, dict[Verdict, int]]] | None = None
) -> Board:
    past = InMemoryProjections()
    for ago, seconds in (days or {}).items():
        past.keep_day(Digest(shard="s0", number=TODAY - ago, seconds=seconds))
    return remembering(seen(house), house, past, Filed(*history))


def test_only_what_was_made_public_is_shown_by_its_public_name() -> None:
    board = seen(known(shown("api", "Customer API", "APIs"), monitor("db")))

    assert [(p.slug, p.name, p.group) for p in board.parts] == [
        ("customer-api", "Customer API", "APIs")
    ]


def test_services_stand_by_group_and_name_and_those_without_a_group_come_first() -> None:
    house = known(
        shown("a", "zeta"), shown("b", "Beta", "Shop"), shown("c", "alpha", "shop"), shown("d", "x")
    )

    assert [p.name for p in seen(house).parts] == ["x", "zeta", "alpha", "Beta"]


def test_two_of_one_name_are_told_apart_also_where_no_file_would_pass_with_them() -> None:
    board = seen(known(shown("a", "Shop"), shown("b", "shop!"), shown("c", "SHOP")))

    assert [p.slug for p in board.parts] == ["shop", "shop-2", "shop-3"]


@pytest.mark.parametrize(
    ("verdict", "mood"),
    [
        (Verdict.UP, Mood.OPERATIONAL),
        (Verdict.DOWN, Mood.OUTAGE),
        (Verdict.UNKNOWN, Mood.UNKNOWN),
        (Verdict.PAUSED, Mood.UNKNOWN),
    ],
)
def test_a_verdict_has_a_word_for_the_public(verdict: Verdict, mood: Mood) -> None:
    part = only(known(shown(), standings={"api": standing(verdict)}))

    assert (part.mood, part.since) == (mood, NOON - 5 * MINUTE)


SLOW = Delay(phase=None, ms=9.0, limit_ms=1.0)
WARNS = Ballot(location="lima", counted=True, vote=Vote.PASS, warning=Reason.SERIAL_BEHIND)
FAILS = Ballot(location="mike", counted=True, vote=Vote.FAIL)


@pytest.mark.parametrize(
    ("failing", "ballots", "slow", "felt"),
    [
        pytest.param((), (WARNS, WARNS), (), False, id="what warns serves everybody"),
        pytest.param(("mike",), (WARNS, FAILS), (), True, id="some locations fail"),
        pytest.param((), (WARNS,), (SLOW,), True, id="it is slow"),
        pytest.param((), (WARNS, replace(FAILS, counted=False)), (), False, id="none that counts"),
        pytest.param((), (), (), True, id="the votes were too many to keep"),
    ],
)
def test_only_what_users_feel_is_called_degraded(
    failing: tuple[str, ...], ballots: tuple[Ballot, ...], slow: tuple[Delay, ...], *, felt: bool
) -> None:
    found = incident("api", kind=Kind.DEGRADED)
    (subject,) = found.subjects
    found = replace(found, subjects=(replace(subject, ballots=ballots, slow=slow),))
    degraded = replace(standing(Verdict.DEGRADED), failing=failing)

    board = seen(known(shown(), standings={"api": degraded}, incidents=(found,)))

    assert board.parts[0].mood is (Mood.DEGRADED if felt else Mood.OPERATIONAL)
    assert len(board.episodes) == felt


@pytest.mark.parametrize(("failing", "mood"), [(("mike",), Mood.DEGRADED), ((), Mood.OPERATIONAL)])
def test_what_fails_somewhere_is_degraded_before_anybody_is_told(
    failing: tuple[str, ...], mood: Mood
) -> None:
    degraded = replace(standing(Verdict.DEGRADED), failing=failing)

    assert only(known(shown(), standings={"api": degraded})).mood is mood


def test_nothing_is_claimed_of_what_was_never_judged() -> None:
    house = replace(known(shown()), standings={})

    assert (only(house).mood, only(house).since) == (Mood.UNKNOWN, None)


def test_an_outage_that_nobody_sees_the_end_of_is_still_one() -> None:
    unknown = {"api": standing(Verdict.UNKNOWN)}

    assert only(known(shown(), standings=unknown, incidents=(incident("api"),))).mood is Mood.OUTAGE
    back = incident("api", back=("api",))
    assert only(known(shown(), standings=unknown, incidents=(back,))).mood is Mood.UNKNOWN


def test_what_comes_and_goes_is_not_called_operational_in_between() -> None:
    part = only(known(shown(), incidents=(incident("api", flapping=True),)))

    assert (part.mood, part.unsteady) == (Mood.DEGRADED, True)


def test_what_flips_too_often_is_unsteady_without_an_incident_too() -> None:
    flips = tuple(NOON - n * MINUTE for n in range(FLIPS + 1))
    flipping = replace(standing(Verdict.DOWN), flips=flips)

    part = only(known(shown(), standings={"api": flipping}))

    assert (part.mood, part.unsteady) == (Mood.OUTAGE, True)


WEEKLY = Window(length=timedelta(hours=2), cron="0 11 * * *", monitors=("api",))


@pytest.mark.parametrize(
    ("verdict", "incidents", "mood"),
    [
        pytest.param(Verdict.UP, (), Mood.MAINTENANCE, id="it is up all the same"),
        pytest.param(Verdict.DOWN, (), Mood.MAINTENANCE, id="it is down for that"),
        pytest.param(Verdict.DOWN, (incident("api"),), Mood.OUTAGE, id="it was down before"),
    ],
)
def test_maintenance_hides_no_outage_that_was_told_of(
    verdict: Verdict, incidents: tuple[Incident, ...], mood: Mood
) -> None:
    house = known(
        shown(), standings={"api": standing(verdict)}, incidents=incidents, windows=(WEEKLY,)
    )

    assert only(house).mood is mood


def test_maintenance_is_announced_with_its_times() -> None:
    (work,) = seen(known(shown(), monitor("db"), windows=(WEEKLY,))).works

    assert work.parts == ("the-api",)
    assert (work.begins, work.ends) == (NOON - timedelta(hours=1), NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("window", "found"),
    [
        pytest.param(replace(WEEKLY, monitors=("db",)), 0, id="of what is not public"),
        pytest.param(replace(WEEKLY, monitors=()), 1, id="of everything"),
        pytest.param(replace(WEEKLY, cron="0 11 1 3 *"), 0, id="too far ahead"),
        pytest.param(Window(length=MINUTE, begin=NOON + AHEAD), 1, id="once, as far as is told"),
        pytest.param(Window(length=MINUTE, begin=NOON - MINUTE), 0, id="over"),
        pytest.param(Window(length=2 * MINUTE, begin=NOON - MINUTE), 1, id="once, under way"),
    ],
)
def test_maintenance_that_is_near_and_of_the_public_is_announced(
    window: Window, found: int
) -> None:
    assert len(seen(known(shown(), monitor("db"), windows=(window,))).works) == found


def test_an_incident_is_told_of_by_what_the_public_knows() -> None:
    house = known(shown(), monitor("db"), incidents=(incident("db", "api"),))

    assert seen(house).episodes == (
        Episode(
            id="20260101T1155Z-outage-the-api",
            mood=Mood.OUTAGE,
            parts=("the-api",),
            began=NOON - 5 * MINUTE,
        ),
    )


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(incident("db"), id="of what is not public"),
        pytest.param(incident("api", kind=Kind.UNKNOWN), id="that Tocsin cannot see"),
        pytest.param(
            Incident(
                id="eu-1",
                kind=Kind.LOCATION,
                opened_at=NOON,
                routes=(),
                troubles=(Trouble(location="eu-west-1", since=NOON, text="silent"),),
            ),
            id="of a location",
        ),
    ],
)
def test_some_incidents_are_nobody_elses_business(inside: Incident) -> None:
    assert seen(known(shown(), monitor("db"), incidents=(inside,))).episodes == ()


def test_what_fell_with_something_inside_is_told_of_and_the_cause_is_not() -> None:
    house = known(shown(), monitor("db"), incidents=(incident("db", fallen=("api",)),))

    (episode,) = seen(house).episodes

    assert episode.parts == ("the-api",)
    assert "db" not in repr(episode)


def test_an_episode_keeps_its_name_when_more_falls_with_it() -> None:
    monitors = (shown("web"), shown("api"))

    ids = {
        seen(known(*monitors, incidents=(incident("web", fallen=fallen),))).episodes[0].id
        for fallen in ((), ("api",))
    }

    assert len(ids) == 1


def test_the_past_is_told_once_also_while_it_is_being_filed() -> None:
    over = incident("api", ago=60 * MINUTE, lasted=30 * MINUTE)

    board = remembered(known(shown(), closed=(over,)), over)

    assert [(e.began, e.ended) for e in board.episodes] == [
        (NOON - 60 * MINUTE, NOON - 30 * MINUTE)
    ]


def test_the_past_of_a_renamed_monitor_is_its_own() -> None:
    house = known(shown("api", was="old"))

    (episode,) = remembered(house, incident("old", ago=timedelta(days=40), lasted=MINUTE)).episodes

    assert episode.parts == ("the-api",)


def test_what_is_long_over_is_not_told_any_more() -> None:
    old = incident("api", ago=DAYS * DAILY + 2 * MINUTE, lasted=MINUTE)
    young = incident("api", ago=DAYS * DAILY, lasted=MINUTE)

    board = remembered(known(shown()), old, young)

    assert [e.began for e in board.episodes] == [young.opened_at]


def test_of_many_episodes_the_latest_are_told() -> None:
    many = [incident("api", ago=n * timedelta(hours=1), lasted=MINUTE) for n in range(1, MOST + 9)]

    board = remembered(known(shown()), *many)

    assert len(board.episodes) == MOST
    assert board.episodes[0].began == NOON - timedelta(hours=1)


def test_a_day_says_what_it_was_like_and_nothing_where_nothing_is_known() -> None:
    board = remembered(
        known(shown()),
        days={
            3: {"api": {Verdict.UP: 80_000, Verdict.DOWN: 120}},
            2: {"api": {Verdict.UP: 80_000, Verdict.DOWN: 3600}},
            1: {"api": {Verdict.UP: 86_400}},
        },
    )

    (part,) = board.parts
    assert len(part.days) == DAYS
    assert [(day.tone, day.down) for day in part.days[-5:]] == [
        (None, timedelta()),
        (Verdict.DEGRADED, 2 * MINUTE),
        (Verdict.DOWN, 60 * MINUTE),
        (Verdict.UP, timedelta()),
        (Verdict.UP, timedelta()),
    ]
    assert part.days[-1].number == TODAY
    assert part.uptime == pytest.approx(246_700 / 250_420)  # five minutes of it just now


@pytest.mark.parametrize(
    ("verdict", "tone"),
    [
        (Verdict.UP, Verdict.UP),
        (Verdict.DOWN, Verdict.DOWN),
        (Verdict.UNKNOWN, None),
    ],
)
def test_today_shows_what_goes_on_before_its_hour_is_over(
    verdict: Verdict, tone: Verdict | None
) -> None:
    (part,) = remembered(known(shown(), standings={"api": standing(verdict)})).parts

    assert part.days[-1].tone is tone


def test_what_is_down_right_now_is_not_up_all_the_time() -> None:
    (part,) = remembered(
        known(shown(), standings={"api": standing(Verdict.DOWN, ago=7 * MINUTE)}),
        days={1: {"api": {Verdict.UP: 86_400}}},
    ).parts

    assert part.uptime == pytest.approx(86_400 / 86_820)
    assert part.days[-1].down == 7 * MINUTE


def test_the_whole_does_as_its_worst_part() -> None:
    house = known(
        shown("a"),
        shown("b"),
        standings={"a": standing(), "b": replace(standing(Verdict.DEGRADED), failing=("mike",))},
    )

    assert seen(house).mood is Mood.DEGRADED
    assert seen(known(monitor("db"))).mood is Mood.UNKNOWN


def test_times_are_in_utc_and_whole_minutes() -> None:
    odd = replace(standing(Verdict.DOWN), since=NOON - timedelta(seconds=30.5))

    part = only(known(shown(), standings={"api": odd}))

    assert part.since == datetime(2026, 1, 1, 11, 59, tzinfo=UTC)
