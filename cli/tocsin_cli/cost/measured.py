"""What was measured: how much of everything an invocation, a check and an incident take.

`python -m benchmarks.metering` writes the file by running the functions on the local stack's AWS;
a test does so again and compares.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

FILE: Final = Path(__file__).with_name("measured.json")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Invocation(_Strict):
    """Of a function: processor time, calls to AWS, bytes of log and to AWS, steady metrics."""

    cpu_ms: float
    calls: int
    log_bytes: int
    sent_bytes: int
    metrics: tuple[str, ...]


class Call(Invocation):
    """Of the heartbeat endpoint: what it reads and writes besides."""

    writes: int
    reads: int


class Kind(_Strict):
    """What a check of a kind takes, and what it adds to report and state."""

    cpu_ms: float
    report_bytes: float
    state_bytes: float
    sent_bytes: float


class Hour(_Strict):
    """What rolling up an hour takes, of a shard of as many monitors as were measured."""

    cpu_ms: float
    rollup_bytes: float
    day_bytes: float
    calls: int


class Incident(_Strict):
    """What an incident takes from its beginning to its end, over what a quiet time does."""

    reads: int
    writes: int
    publishes: int
    log_bytes: int
    metrics: tuple[str, ...]


class Handover(_Strict):
    """What handing an alert on takes."""

    cpu_ms: float
    log_bytes: int
    invocations: int
    metrics: tuple[str, ...]


class Beats(_Strict):
    """A job's report, and a probe's canary."""

    beat: Call
    canary: Call


class Measured(_Strict):
    """All of it; `shard_cpu_ms` is for judging a shard of the measured size."""

    date: str
    processor: str
    shard: int
    probe: Invocation
    ring: Invocation
    sweep: Invocation
    shard_cpu_ms: float
    report_bytes: float
    state_bytes: float
    kinds: Mapping[str, Kind]
    hour: Hour
    incident: Incident
    notifier: Handover
    heartbeat: Beats


@cache
def measured() -> Measured:
    """Read what was measured."""
    return Measured.model_validate_json(FILE.read_text("utf-8"))
