"""The words on the page."""

from dataclasses import replace

import pytest

from tests.unit.local.scenes import NOON
from tocsin.domain.quorum import Verdict
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
