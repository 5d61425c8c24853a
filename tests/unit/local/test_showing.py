"""The words on the page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.local.scenes import NOON, everything
from tests.unit.messages import cases
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.domain.standing import Standing
from tocsin_cli.local import showing
from tocsin_cli.local.view import MonitorView, Snapshot


def stack(*verdicts: Verdict | None) -> Snapshot:
    return Snapshot(
        at=NOON,
        monitors=tuple(
            MonitorView(
                id=str(n),
                target="tcp://a:1",
                standing=Standing(verdict=verdict, since=NOON) if verdict else None,
            )
            for n, verdict in enumerate(verdicts)
        ),
    )


@pytest.mark.parametrize(
    ("snapshot", "state", "text"),
    [
        (stack(Verdict.UP, Verdict.UP), "up", "All 2 monitors are up"),
        (stack(Verdict.UP), "up", "The monitor is up"),
        (stack(Verdict.UP, Verdict.DEGRADED), "degraded", "1 of 2 monitors is degraded"),
        (stack(Verdict.DEGRADED, Verdict.UNKNOWN), "unknown", "1 of 2 monitors is unknown"),
        (stack(Verdict.UNKNOWN, Verdict.DOWN, Verdict.DOWN), "down", "2 of 3 monitors are down"),
        (stack(Verdict.UP, None), "waiting", "Waiting for votes on 1 monitor"),
        (stack(), "waiting", "No monitors yet"),
        (replace(stack(Verdict.UP), busy_with="Building"), "waiting", "Building"),
    ],
)
def test_the_worst_is_told_first(snapshot: Snapshot, state: str, text: str) -> None:
    assert showing.overall(snapshot) == showing.Said(state=state, text=text)


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
    assert showing.vote(ballot) == showing.Said(state=state, text=text)


def test_the_bars_of_a_check_fill_its_picture_in_order() -> None:
    bars = list(showing.bars(cases.passes("a", ms=5)))

    assert [(bar.phase, bar.start, bar.width) for bar in bars] == [
        ("dns", 0, 25),
        ("connect", 25, 75),
    ]


def test_names_that_differ_have_anchors_that_differ() -> None:
    names = ["a b", "a-b", "A b", "\N{PILE OF POO}", "", "x" * 99, "x" * 98]

    anchors = {showing.anchor(name) for name in names}

    assert len(anchors) == len(names)
    assert all(anchor.isascii() and " " not in anchor for anchor in anchors)


def test_an_incident_shows_the_votes_of_now() -> None:
    whole = everything()

    assert showing.votes(whole.incidents[0], whole) == "3 fail"
    assert showing.votes(whole.incidents[0], replace(whole, monitors=())) == "3 fail, 1 not counted"


def test_why_a_vote_is_stale_does_not_change_every_second() -> None:
    ballot = cases.silent("a")

    texts = {showing.absence(ballot, NOON + timedelta(seconds=s)) for s in range(90)}

    assert texts == {"silent, too old to count"}
