"""The words of the console."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import NOON
from tests.unit.messages import cases
from tests.unit.pages.scenes import Scene, replace_calm
from tocsin.domain.quorum import Ballot
from tocsin.pages import showing
from tocsin.usecases.overview import Place


@pytest.mark.parametrize(
    ("ballot", "state", "text"),
    [
        (cases.passes("a", ms=2.31), "pass", "2.3 ms"),
        (cases.passes("a", ms=1480), "pass", "1.5 s"),
        (cases.reported("reported success"), "pass", "in time"),
        (cases.warns("a"), "warn", "certificate expires soon"),
        (replace(cases.warns("a"), counted=False), "abstain", "not counted"),
        (cases.fails("a"), "fail", "refused"),
        (cases.silent("a"), "abstain", "not counted"),
        (Ballot(location="a", counted=False), "abstain", "no vote"),
        (replace(cases.fails("a"), counted=False), "abstain", "not counted"),
    ],
)
def test_only_a_vote_that_counts_looks_like_one(ballot: Ballot, state: str, text: str) -> None:
    assert showing.vote(ballot) == showing.Word(state=state, text=text)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "100"),
        (0.99999, "99.99"),
        (0.9999, "99.99"),
        (0.5, "50.00"),
        (0.0, "0.00"),
        (None, "-"),
    ],
)
def test_an_uptime_is_never_rounded_up(share: float | None, said: str) -> None:
    assert showing.percent(share) == said


def test_the_worst_is_said_first() -> None:
    assert showing.overall(Scene().overview().counts) == showing.Word(
        state="down", text="2 of 14 monitors are down"
    )
    calm = replace_calm().overview()
    assert showing.overall(calm.counts).text == "1 of 7 monitors is waiting for votes"


@pytest.mark.parametrize(
    ("counts", "state", "text"),
    [
        pytest.param({}, "waiting", "Nothing is watched yet", id="none"),
        pytest.param({"waiting": 1}, "waiting", "The monitor is waiting for votes", id="the first"),
        pytest.param({"waiting": 3}, "waiting", "All 3 monitors are waiting for votes", id="fresh"),
        pytest.param({"up": 1}, "up", "The monitor is up", id="the only one"),
        pytest.param({"up": 1_234}, "up", "All 1,234 monitors are up", id="all well"),
        pytest.param({"down": 1}, "down", "The monitor is down", id="the only one, down"),
        pytest.param({"unknown": 2}, "unknown", "All 2 monitors are unknown", id="nobody sees"),
        pytest.param({"paused": 2}, "paused", "All 2 monitors are paused", id="all at rest"),
        pytest.param({"up": 1, "paused": 1}, "paused", "1 of 2 monitors is paused", id="one rests"),
        pytest.param(
            {"paused": 1, "waiting": 1},
            "waiting",
            "1 of 2 monitors is waiting for votes",
            id="what waits may turn out worse than what rests",
        ),
        pytest.param(
            {"degraded": 1, "unknown": 2},
            "unknown",
            "2 of 3 monitors are unknown",
            id="unseen is worse than partly down",
        ),
    ],
)
def test_one_many_all_and_none_are_each_said_as_they_are(
    counts: dict[str, int], state: str, text: str
) -> None:
    assert showing.overall(counts) == showing.Word(state=state, text=text)


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (NOON - timedelta(seconds=70), showing.Word(state="up", text="heard 1 min ago, 3 failing")),
        (NOON - timedelta(minutes=3), showing.Word(state="unknown", text="silent for 3 min")),
        (None, showing.Word(state="waiting", text="never heard from")),
    ],
)
def test_a_silent_location_is_not_a_healthy_one(heard: datetime | None, said: showing.Word) -> None:
    place = Place(name="lima", monitors=9, failing=3, heard_at=heard)

    assert showing.places(place, NOON) == said


def test_names_that_differ_have_anchors_that_differ() -> None:
    names = ["a b", "a-b", "A b", "\N{PILE OF POO}", "", "x" * 99, "x" * 98]

    anchors = {showing.anchor(name) for name in names}

    assert len(anchors) == len(names)
    assert all(anchor.isascii() and " " not in anchor for anchor in anchors)


def test_why_a_vote_is_stale_does_not_change_every_second() -> None:
    ballot = cases.silent("a")

    texts = {showing.absence(ballot, NOON + timedelta(seconds=s)) for s in range(90)}

    assert texts == {"silent, too old to count"}


def test_a_monitor_that_is_gone_is_said_to_be() -> None:
    seen = Scene().overview()

    gone = replace(seen, standings={}, monitors={})

    assert {showing.standing(each, gone) for each in seen.incidents} == {"no longer watched"}


def test_an_incident_of_several_counts_them_by_state() -> None:
    seen = Scene().overview()
    first = seen.incidents[0]
    both = replace(first, subjects=(*first.subjects, *seen.incidents[2].subjects))

    assert showing.standing(both, seen) == "2 down"
