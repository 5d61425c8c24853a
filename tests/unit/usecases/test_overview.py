"""What is looked over first: which monitors, in which order, with which past."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON, TICK
from tests.unit.pages.scenes import HOUSE, PLACES, Scene, many
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR, Looks, Rollup, Row
from tocsin.domain.uptime import DAY, Digest
from tocsin.usecases.overview import DAYS, PAGE, TROUBLED, WAITING, Overview, Wish, framed

NOW = TICK // HOUR
TODAY = NOW // DAY
SCENE = Scene()


def names(seen: Overview) -> list[str]:
    return [line.sight.monitor.id for line in seen.lines]


def test_the_worst_comes_first_and_each_by_its_name() -> None:
    seen = SCENE.overview()

    assert names(seen)[:9] == [
        "db",
        "mx",
        "ldap",
        "shop",
        "zone",
        "backup",
        "new",
        "vpn",
        "a-monitor-with-a-name-of-sixty-three-letters-is-the-longest-one",
    ]
    assert dict(seen.counts) == {
        Verdict.DOWN: 2,
        Verdict.UNKNOWN: 1,
        Verdict.DEGRADED: 2,
        WAITING: 2,
        Verdict.PAUSED: 1,
        Verdict.UP: 6,
    }


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        pytest.param(Wish(state="down"), ["db", "mx"], id="a state"),
        pytest.param(Wish(state=WAITING), ["backup", "new"], id="those never judged"),
        pytest.param(Wish(tag="dns"), ["mx", "zone"], id="a tag"),
        pytest.param(Wish(tag="shop", state=TROUBLED), ["db", "shop"], id="a tag of the troubled"),
        pytest.param(Wish(tag="shop", state="up"), ["cart"], id="a tag and a state"),
        pytest.param(Wish(tag="none"), [], id="a tag that there is not"),
    ],
)
def test_a_filter_leaves_what_fits_and_counts_all(wish: Wish, found: list[str]) -> None:
    seen = SCENE.overview(wish)

    assert names(seen) == found
    assert seen.found == len(found)
    assert sum(seen.counts.values()) == 14


def test_a_large_house_is_shown_page_by_page() -> None:
    large = many(PAGE + 3)

    first, second, beyond = (large.overview(Wish(page=page)) for page in (1, 2, 99))

    assert (len(first.lines), len(second.lines), first.pages) == (PAGE, 4, 2)
    assert (first.found, sum(first.counts.values())) == (PAGE + 4, PAGE + 4)
    assert {*names(first)}.isdisjoint(names(second))
    assert (beyond.wish.page, names(beyond)) == (2, names(second))


def test_a_location_tells_when_it_was_heard_and_what_it_fails() -> None:
    places = {place.name: place for place in SCENE.overview().locations}

    assert places.keys() == {*PLACES, ENDPOINT}
    assert places["eu-west-1"].heard_at == NOON
    assert (places["eu-west-1"].failing, places["ap-southeast-1"].failing) == (2, 3)
    assert places["ap-southeast-1"].doubt is not None
    assert not places["eu-west-1"].silent(NOON + timedelta(seconds=150))
    assert places["eu-west-1"].silent(NOON + timedelta(seconds=151))


@pytest.mark.parametrize(
    ("wish", "hourly", "numbers"),
    [
        pytest.param(Wish(), True, range(NOW - 23, NOW + 1), id="a day by the hour"),
        pytest.param(
            Wish(span=timedelta(minutes=30)), True, range(NOW - 5, NOW + 1), id="at least six hours"
        ),
        pytest.param(
            Wish(span=timedelta(hours=48)),
            True,
            range(NOW - 47, NOW + 1),
            id="two days by the hour",
        ),
        pytest.param(
            Wish(span=timedelta(days=7)), False, range(TODAY - 6, TODAY + 1), id="a week by the day"
        ),
        pytest.param(
            Wish(span=timedelta(days=900)),
            False,
            range(TODAY - DAYS + 1, TODAY + 1),
            id="no more than is drawn",
        ),
        pytest.param(
            Wish(until=NOON - timedelta(days=3)),
            True,
            range(NOW - 95, NOW - 71),
            id="a time that is over",
        ),
        pytest.param(
            Wish(until=NOON + timedelta(days=3)),
            True,
            range(NOW - 23, NOW + 1),
            id="nothing is known of the future",
        ),
    ],
)
def test_the_shown_time_is_laid_over_hours_or_days(
    wish: Wish,
    hourly: bool,  # noqa: FBT001 - a case
    numbers: range,
) -> None:
    frame = framed(wish, NOON)

    assert (frame.hourly, frame.numbers) == (hourly, numbers)
    assert frame.over == (wish.until is not None and wish.until < NOON)


def lonely(verdict: Verdict = Verdict.UP) -> Scene:
    """Make a house with one monitor of which nothing is remembered."""
    scene = Scene(house=((replace(HOUSE[0][0], id="db"), verdict, 5, HOUSE[2][3]),))
    scene.past.rolled.clear()
    scene.past.dated.clear()
    return scene


def hour(number: int, up: int = 3600, ms: float = 40) -> Rollup:
    looks = {PLACES[0]: Looks(checks=60, p50_ms=ms, p95_ms=90)}
    seconds = {Verdict.UP: up, Verdict.DOWN: 3600 - up}
    return Rollup(shard="s0", hour=number, monitors={"db": Row(seconds=seconds, locations=looks)})


def test_uptime_is_of_hours_for_a_day_and_of_days_for_longer() -> None:
    scene = lonely()
    for number in range(NOW - 30, NOW):
        scene.past.keep(hour(number, up=0 if number == NOW - 25 else 3600))
    for number, down in ((TODAY - 6, 43_200), (TODAY - 7, 86_400), (TODAY - 89, 8640)):
        seconds = {"db": {Verdict.UP: 86_400 - down, Verdict.DOWN: down}}
        scene.past.keep_day(Digest(shard="s0", number=number, seconds=seconds))

    _, line = scene.overview().lines

    just_now = 300
    assert line.uptime == (
        1.0,
        pytest.approx(1 - 43_200 / (86_400 + just_now)),
        pytest.approx(1 - 129_600 / (172_800 + just_now)),
        pytest.approx(1 - 138_240 / (259_200 + just_now)),
    )
    assert [place for place, tone in enumerate(line.days) if tone] == [
        0,
        DAYS - 8,
        DAYS - 7,
        DAYS - 1,
    ]


def test_the_last_24_hours_that_are_known_are_the_last_day() -> None:
    scene = lonely(Verdict.UNKNOWN)
    for number in range(NOW - 24, NOW):
        scene.past.keep(hour(number, up=0 if number == NOW - 24 else 3600))

    assert scene.overview().lines[0].uptime[0] == pytest.approx(23 / 24)


def test_what_has_been_down_for_minutes_is_not_up_all_the_time() -> None:
    scene = lonely(Verdict.DOWN)
    for number in range(NOW - 24, NOW - 1):
        scene.past.keep(hour(number))
    whole_day = {"db": {Verdict.UP: 86_400}}
    scene.past.keep_day(Digest(shard="s0", number=TODAY - 1, seconds=whole_day))

    line = next(each for each in scene.overview().lines if each.sight.monitor.id == "db")
    _, drawn = scene.closeup("db")

    assert [*line.uptime] == [
        pytest.approx(82_800 / 83_100),  # the hour before is not known yet but for these minutes
        *[pytest.approx(86_400 / 86_700)] * 3,
    ]
    assert [line.days[-2], line.days[-1]] == [Verdict.UP, Verdict.DEGRADED]
    assert (drawn.line.uptime, drawn.line.days) == (line.uptime, line.days)


def test_an_hour_that_is_known_already_does_not_go_on_as_well() -> None:
    scene = lonely(Verdict.DOWN)
    for number in range(NOW - 24, NOW):
        scene.past.keep(hour(number))

    assert scene.overview().lines[0].uptime[0] == 1


def test_the_present_hour_shows_what_the_votes_of_now_took() -> None:
    scene = lonely()
    scene.past.keep(hour(NOW - 2, ms=33))

    (_, line), (_, over) = (
        scene.overview().lines,
        scene.overview(Wish(until=NOON - timedelta(hours=2))).lines,
    )

    assert line.times[-3] == 33
    assert line.times[-2] is None
    present = line.times[-1]
    assert present is not None
    assert 20 < present < 300
    assert over.times[-1] == 33


def test_what_is_open_is_seen_though_it_is_filtered_out_and_what_nobody_took_on_first() -> None:
    seen = SCENE.overview(Wish(tag="mail", state="up"))

    assert [incident.monitors for incident in seen.incidents] == [{"mx"}, {"ldap"}, {"db"}]
    assert seen.tags == ("dns", "front", "mail", "office", "shop", "team:data")
