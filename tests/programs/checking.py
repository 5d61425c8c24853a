"""Run the real `tocsin check` as a child, and hold it to what it promises of every target."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict

TOCSIN: Final = Path(sys.executable).with_name("tocsin")
START_S: Final = 30.0
"""What a very busy machine may need to start and end the command itself."""
SPARE_S: Final = 2.0
"""What the command adds to the timeouts, for moments in which this machine stands still."""
EXIT: Final = {"up": 0, "degraded": 1, "down": 2, "unknown": 3}
EVIDENCE_LIMIT: Final = 256
_PAUSE_S: Final = 1.0
_SIDE_BY_SIDE: Final = 3

# The phases of a journey, in their order.
ASKED: Final = ["dns"]
DIALLED: Final = ["connect"]
UNSECURED: Final = ["connect", "tls"]
UNGREETED: Final = ["connect", "first_byte"]
GREETED: Final = [*UNGREETED, "transfer"]
UNANSWERED: Final = ["connect", "send", "first_byte"]
ANSWERED: Final = [*UNANSWERED, "transfer"]


class Shown(BaseModel):
    """The certificate that a target showed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    fingerprint: str
    issuer: str
    expires_at: datetime


class Finding(BaseModel):
    """The JSON document of one check."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    target: str
    status: Literal["up", "degraded", "down", "unknown"]
    layer: str | None
    reason: str | None
    evidence: str
    address: str | None
    phases_ms: dict[str, float]
    attempts: int
    certificate: Shown | None
    warning: str | None

    @property
    def total_ms(self) -> float:
        return sum(self.phases_ms.values())


def check(
    target: str,
    *options: str,
    timeout_s: float = 5,
    retries: int = 0,
    before: Sequence[str] = (),
) -> Finding:
    """Check a target from a child process, which the command `before` it makes another one of."""
    with checking(target, *options, timeout_s=timeout_s, retries=retries, before=before) as end:
        pass
    return end[0]


def check_all(targets: Sequence[str], *options: str, timeout_s: float = 5) -> list[Finding]:
    """Check targets side by side, so that they wait together."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda each: check(each, *options, timeout_s=timeout_s), targets))


@contextmanager
def checking(
    target: str,
    *options: str,
    timeout_s: float = 5,
    retries: int = 0,
    before: Sequence[str] = (),
) -> Iterator[list[Finding]]:
    """Check while the body runs; afterwards the list holds the finding.

    It is held to what is promised of all: exit code, deadline, inert evidence, plausible times.
    """
    findings: list[Finding] = []
    words = [*before, *command(target, "--json", *options, timeout_s=timeout_s, retries=retries)]
    limit_s = timeout_s * (retries + 1) + _PAUSE_S * retries + SPARE_S + START_S
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own list of arguments
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield findings
            # Raises TimeoutExpired where the check outlives its own budget.
            out, err = child.communicate(timeout=limit_s)
        finally:
            child.kill()
    took_s = time.monotonic() - began

    assert not err
    finding = Finding.model_validate_json(out)
    assert child.returncode == EXIT[finding.status], finding
    assert target.startswith(finding.target)
    assert finding.evidence.isprintable()
    assert 0 < len(finding.evidence) <= EVIDENCE_LIMIT
    assert 1 <= finding.attempts <= retries + 1
    assert finding.phases_ms.get("connect", 1) > 0, "the kernel's round trip is never nothing"
    assert min(finding.phases_ms.values(), default=0) >= 0
    # What this machine itself cannot do takes no time of the target's.
    assert finding.total_ms > 0 or finding.status == "unknown"
    assert finding.total_ms < min(timeout_s + SPARE_S, took_s) * 1000
    findings.append(finding)


def command(target: str, *options: str, timeout_s: float = 5, retries: int = 0) -> list[str]:
    """Write the command as one types it."""
    limits = ("--timeout", f"{timeout_s * 1000:.0f}ms", "--retries", str(retries))
    return [str(TOCSIN), "check", target, *limits, *options]


def question(name: str, kind: str, server: str, *equals: str, **options: str) -> str:
    """Write a DNS target."""
    query = {"type": kind, "resolver": server, "equals": equals, **options}
    return f"dns://{name}?{urlencode(query, doseq=True, safe=':', quote_via=quote)}"


def assert_up(finding: Finding, phrase: str, phases: list[str]) -> None:
    assert (finding.status, finding.layer, finding.reason) == ("up", None, None), finding
    assert phrase in finding.evidence
    assert list(finding.phases_ms) == phases


def assert_down(finding: Finding, fault: str, phrase: str, phases: list[str]) -> None:
    """See that it is down for this `layer/reason`, in these words, after these phases."""
    assert (finding.status, f"{finding.layer}/{finding.reason}") == ("down", fault), finding
    assert phrase in finding.evidence
    assert list(finding.phases_ms) == phases


def assert_waited(finding: Finding, timeout_s: float) -> None:
    """See that the target got its time."""
    # Before TLS some of it goes into loading the authorities, which belongs to no phase.
    assert finding.total_ms > timeout_s * 1000 / 2
