"""A location whose own resolver is broken blames no target; a name that is gone is told as that."""

import asyncio

import pytest
from dnslib import DNSRecord

from tests.fakes.make import TICK, shard
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemorySecrets
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Namer,
    monitor,
    naming,
    serving,
    silent,
    zone,
)
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.report import Report
from tocsin.domain.target import TcpTarget
from tocsin.usecases.observe import Prober

WELL = "\n".join(f"canary{n}.test. A {HERE}" for n in range(3))


def says_nothing(_query: DNSRecord, _tcp: bool) -> None:  # noqa: FBT001 - the shape of Namer
    return None


async def tick(answer: Namer) -> Report:
    """Check a monitor by name, beside canaries that are well, with this resolver of one's own."""
    async with serving(silent) as port, naming(answer) as server:
        canaries = tuple(
            monitor(TcpTarget(host=f"canary{n}.test", port=port), f"/canaries/{n}", limit=SHORT)
            for n in range(3)
        )
        watched = monitor(TcpTarget(host="db.test", port=port), "db", limit=SHORT)
        reports = InMemoryReports()
        prober = Prober(
            location="lima",
            configs=InMemoryConfigs((shard(watched),)),
            reports=reports,
            checker=Engine(Dialer(egress=Egress.LOOPBACK, nameservers=[server])),
            secrets=InMemorySecrets(),
            canaries=canaries,
        )
        await prober.observe(TICK, deadline=asyncio.get_running_loop().time() + 9)
    return reports.items["lima", "s0"][TICK]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(zone(WELL, rcode=2), "SERVFAIL", id="it fails for every name"),
        pytest.param(zone(WELL, rcode=5), "REFUSED", id="it refuses us"),
        pytest.param(says_nothing, "did not answer", id="it is silent"),
        pytest.param(zone("other.test. A 127.0.0.1"), "NXDOMAIN", id="it denies every name"),
    ],
)
async def test_a_location_whose_own_resolver_is_broken_does_not_believe_itself(
    answer: Namer, words: str
) -> None:
    report = await tick(answer)

    assert report.suspect.startswith("3 of its 3 canaries fail: ")
    assert words in report.suspect
    outcome = report.sightings["db"].outcome
    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.SUSPECT)


async def test_a_name_that_is_gone_while_the_canaries_resolve_is_the_targets_own_fault() -> None:
    report = await tick(zone(WELL))

    assert report.suspect == ""
    outcome = report.sightings["db"].outcome
    assert (outcome.vote, outcome.reason) == (Vote.FAIL, Reason.NXDOMAIN)
