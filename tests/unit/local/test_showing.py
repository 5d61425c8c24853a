"""The words on the page."""

from dataclasses import replace

import pytest

from tests.unit.local.scenes import NOON
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing
from tocsin.pages.showing import Word
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
        (stack(Verdict.UP, None), "waiting", "1 of 2 monitors is waiting for votes"),
        (stack(), "waiting", "Nothing is watched yet"),
        (replace(stack(Verdict.UP), busy_with="Building"), "waiting", "Building"),
    ],
)
def test_the_head_says_what_the_console_says_unless_the_stack_is_at_something(
    snapshot: Snapshot, state: str, text: str
) -> None:
    assert showing.overall(snapshot) == Word(state=state, text=text)
