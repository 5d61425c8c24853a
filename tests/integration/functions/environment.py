"""What the template and Lambda tell the functions, for the time of one test."""

from dataclasses import dataclass

import pytest

from tests.integration.adapters.conftest import REGION
from tocsin.wiring import (
    aggregator,
    heartbeat,
    home,
    links,
    notifier,
    probe,
    publisher,
    standby,
    widget,
)

COMMON = {
    "AWS_REGION": REGION,
    "TOCSIN_HOME_REGION": REGION,
    "TOCSIN_REPORTS_TABLE": "reports",
    "TOCSIN_STATE_TABLE": "state",
    "POWERTOOLS_METRICS_NAMESPACE": "Tocsin/tocsin",
}


def tell(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """Set the environment and forget everything that was built from an earlier one."""
    for name, value in (COMMON | more).items():
        monkeypatch.setenv(name, value)
    forget()


def forget() -> None:
    """Drop what the wiring keeps for the life of a process."""
    for place, names in (
        (home, ("configs", "reports", "metrics", "tables")),
        (probe, ("prober", "late", "showcase")),
        (
            aggregator,
            ("bench", "states", "alerts", "ear", "watchdog", "progress", "hearers", "asking"),
        ),
        (links, ("links",)),
        (heartbeat, ("heartbeats",)),
        (widget, ("console",)),
        (standby, ("post",)),
        (publisher, ("publisher",)),
        (notifier, ("hands", "handovers", "queues")),
    ):
        for name in names:
            getattr(place, name).cache_clear()


@dataclass
class Context:
    """As much of Lambda's context as a handler may use."""

    remaining_ms: int = 58_000
    function_version: str = "7"
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:customWidget-tocsin"
    aws_request_id: str = "c0ffee00-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class Waning(Context):
    """A wake-up that has much time at first, and this much from then on."""

    left_ms: int = 19_900

    def get_remaining_time_in_millis(self) -> int:
        now, self.remaining_ms = self.remaining_ms, self.left_ms
        return now
