"""Pings of real hosts: on loopback, and behind a router in namespaces of the network."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.checks.namespaces import (
    ECHO,
    HOST,
    HOST_V6,
    ROUTER,
    ROUTER_V6,
    Network,
    Reply,
    Request,
    answering,
    ip,
    network,
)
from tests.integration.checks.servers import naming, zone
from tocsin.checks import icmp
from tocsin.checks.dial import Dialer
from tocsin.checks.echo import STRAYS
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.target import Family, IcmpTarget

NOBODY = 65534
ROUND_TRIP = r"round trip \d+(\.\d+)? ms \(\d+(\.\d+)?-\d+(\.\d+)?\)"


@pytest.fixture(scope="module")
def made() -> Iterator[Network]:
    with network() as net:
        yield net


@pytest.fixture
def net(made: Network) -> Network:
    """Give the network as it was in the beginning."""
    made.set(made.host, "net.ipv4.icmp_echo_ignore_all=0")
    made.set(made.host, "net.ipv6.icmp.echo_ignore_all=0")
    return made


def monitor(target: IcmpTarget, timeout: float = 2.0) -> Monitor:
    return Monitor(
        id="gw",
        target=target,
        locations=("office",),
        need=1,
        timeout=timedelta(seconds=timeout),
        retries=0,
    )


async def ping(
    host: str,
    *,
    timeout: float = 2.0,  # noqa: ASYNC109 - the monitor's
    egress: Egress = Egress.LOOPBACK,
    source: str | None = None,
    **more: int | timedelta | Family,
) -> Outcome:
    target = replace(IcmpTarget(host=host), **more)  # type: ignore[arg-type]
    dialer = Dialer(egress=egress, source=source)
    return await icmp.check(monitor(target, timeout), dialer, lambda: datetime.now(UTC))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_a_host_that_answers_passes(host: str) -> None:
    outcome = await ping(host)

    assert outcome.vote is Vote.PASS
    assert matches(rf"4 of 4 answered, {ROUND_TRIP}", outcome)
    assert 0 < outcome.phases_ms["connect"] < 1000
    assert outcome.address == ("::1" if host == "::1" else "127.0.0.1")


async def test_the_family_chooses_the_address() -> None:
    assert (await ping("localhost", family=Family.V6)).address == "::1"


async def test_one_request_has_no_range_of_round_trips() -> None:
    outcome = await ping("127.0.0.1", count=1)

    assert matches(r"1 of 1 answered, round trip \d+(\.\d+)? ms", outcome)


async def test_what_this_location_may_not_reach_is_not_pinged() -> None:
    outcome = await ping("127.0.0.1", egress=Egress.PRIVATE)

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.FORBIDDEN_ADDRESS)


async def test_a_location_without_the_library_sends_none_and_does_not_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The layer of Lambda has none, and Lambda no such sockets."""
    monkeypatch.setitem(sys.modules, "icmplib", None)

    outcome = await ping("127.0.0.1")

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NOT_CAPABLE)
    assert outcome.evidence == "this location sends no echo requests: agents do (`tocsin agent`)"


async def test_many_pings_at_once_do_not_take_each_others_answers() -> None:
    outcomes = await asyncio.gather(*(ping("127.0.0.1", timeout=20) for _ in range(100)))

    assert {outcome.evidence.partition(",")[0] for outcome in outcomes} == {"4 of 4 answered"}


@pytest.mark.parametrize("host", [HOST, HOST_V6])
def test_a_host_behind_a_router_answers(net: Network, host: str) -> None:
    outcome = net.run(ping(host))

    assert matches(rf"4 of 4 answered, {ROUND_TRIP}", outcome)
    assert outcome.address == host


@pytest.mark.parametrize("host", [HOST, HOST_V6])
def test_a_host_that_does_not_answer_fails_when_the_time_is_up(net: Network, host: str) -> None:
    net.set(net.host, "net.ipv4.icmp_echo_ignore_all=1")
    net.set(net.host, "net.ipv6.icmp.echo_ignore_all=1")

    outcome = net.run(ping(host, timeout=1))

    assert failed(outcome) == (
        Reason.NO_ECHO,
        f"4 of 4 echo requests to {host} stayed unanswered within 1 s",
    )
    assert outcome.layer is Layer.CONNECT


def test_a_loss_that_is_allowed_passes_and_is_told(net: Network) -> None:
    with answering(net, lambda request: Reply() if request.nth != 1 else None):
        outcome = net.run(ping(HOST, timeout=1, loss=25))

    assert matches(rf"3 of 4 answered, {ROUND_TRIP}", outcome)


@pytest.mark.parametrize(
    ("answered", "loss", "vote"),
    [
        pytest.param(4, 0, Vote.PASS, id="none lost where none may be"),
        pytest.param(3, 0, Vote.FAIL, id="one lost where none may be"),
        pytest.param(3, 24, Vote.FAIL, id="a quarter lost where a little less may be"),
        pytest.param(3, 25, Vote.PASS, id="a quarter lost where as much may be"),
        pytest.param(1, 75, Vote.PASS, id="one answered where that is enough"),
        pytest.param(0, 99, Vote.FAIL, id="none answered, which never is enough"),
    ],
)
def test_a_loss_fails_from_the_first_request_above_what_is_allowed(
    net: Network, answered: int, loss: int, vote: Vote
) -> None:
    with answering(net, lambda request: Reply() if request.nth < answered else None):
        outcome = net.run(ping(HOST, timeout=1, loss=loss))

    assert outcome.vote is vote


def test_a_loss_of_more_fails(net: Network) -> None:
    with answering(net, lambda request: Reply() if request.nth % 2 else None):
        outcome = net.run(ping(HOST, timeout=1, loss=25))

    assert failed(outcome) == (Reason.PACKET_LOSS, "2 of 4 lost (50 %), at most 25 % may be")
    assert outcome.phases_ms["connect"] < 900


def test_a_slow_host_fails_where_a_round_trip_is_limited(net: Network) -> None:
    with answering(net, lambda _: Reply(after=0.03)):
        slow = net.run(ping(HOST, rtt=timedelta(milliseconds=20)))
        quick = net.run(ping(HOST, rtt=timedelta(milliseconds=900)))

    assert slow.reason is Reason.TOO_SLOW
    assert matches(r"mean round trip \d+ ms, at most 20 ms", slow)
    assert slow.phases_ms["connect"] >= 30
    assert quick.vote is Vote.PASS


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("unreachable", "host unreachable, says 10.0.0.1"),
        ("prohibit", "forbidden by a filter, says 10.0.0.1"),
    ],
)
def test_a_router_that_knows_better_is_quoted_at_once(net: Network, kind: str, said: str) -> None:
    net.route(kind, "192.0.2.77/32")

    outcome = net.run(ping("192.0.2.77", source=net.another_address(), timeout=30, count=2))

    assert failed(outcome) == (Reason.UNREACHABLE, said)
    assert outcome.phases_ms["connect"] < 15_000


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ((3, 0), "network unreachable"),
        ((3, 1), "host unreachable"),
        ((3, 3), "port unreachable"),
        ((3, 9), "network forbidden"),
        ((3, 13), "forbidden by a filter"),
        ((11, 0), "too many hops, a loop of routes"),
        ((3, 14), "ICMP type 3, code 14"),
    ],
)
def test_what_was_wrong_is_quoted_with_who_said_it(
    net: Network, complaint: tuple[int, int], said: str
) -> None:
    with answering(net, lambda _: Reply(complaint=complaint, times=0)):
        outcome = net.run(ping(HOST, count=2, timeout=30))

    assert failed(outcome) == (Reason.UNREACHABLE, f"{said}, says {HOST}")


@pytest.mark.parametrize("later", [0.0, 0.4], ids=["at once", "after the last request"])
@pytest.mark.parametrize("privileged", [True, False], ids=["raw", "without privileges"])
def test_an_answer_outdoes_what_anybody_says_of_that_request(
    net: Network, *, privileged: bool, later: float
) -> None:
    """Anybody can say that there is no way; only the host can repeat what nobody can guess."""
    reply = Reply(complaint=(3, 1), later=later)
    with permitted(net, privileged=privileged), answering(net, lambda _: reply):
        outcome = net.run(ping(HOST, loss=0))

    assert matches(rf"4 of 4 answered, {ROUND_TRIP}", outcome)


def test_what_is_said_of_anothers_request_is_nothing_to_us(net: Network) -> None:
    def of_another(request: Request) -> Reply:
        return Reply(complaint=(3, 1), id=request.id ^ 1)

    with permitted(net, privileged=True), answering(net, of_another):
        outcome = net.run(ping(HOST, timeout=0.5))

    assert outcome.reason is Reason.NO_ECHO


def test_a_router_that_complains_of_some_requests_only_is_enough(net: Network) -> None:
    net.route("unreachable", "192.0.2.78/32")

    outcome = net.run(ping("192.0.2.78", source=net.another_address(), timeout=30, count=20))

    assert failed(outcome) == (Reason.UNREACHABLE, "host unreachable, says 10.0.0.1")
    assert outcome.phases_ms["connect"] < 15_000


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("unreachable", f"no route to the host, says {ROUTER_V6}"),
        ("prohibit", f"forbidden by a filter, says {ROUTER_V6}"),
    ],
)
def test_so_is_one_of_ipv6(net: Network, kind: str, said: str) -> None:
    net.route(kind, "2001:db8:2::77/128")

    outcome = net.run(ping("2001:db8:2::77", timeout=30, count=2))

    assert failed(outcome) == (Reason.UNREACHABLE, said)


def test_a_loop_of_routes_is_told(net: Network) -> None:
    net.route("198.51.100.0/24", "via", HOST)
    net.set(net.host, "net.ipv4.ip_forward=1")

    outcome = net.run(ping("198.51.100.7", timeout=3, count=1))

    assert outcome.reason is Reason.UNREACHABLE
    assert re.fullmatch(r"too many hops, a loop of routes, says [\d.]+", outcome.evidence)


def test_a_redirect_is_no_loss(net: Network) -> None:
    """A router that knows of a better way sends the request on, and says so."""
    ip("-n", net.client, "address", "replace", "10.0.0.3/24", "dev", "out")
    net.route("203.0.113.0/24", "via", "10.0.0.3")

    outcome = net.run(ping("203.0.113.9", source=net.another_address(), timeout=0.5, count=2))

    assert outcome.reason is Reason.NO_ECHO


def test_nobody_at_an_address_of_our_own_network_is_told(net: Network) -> None:
    net.set(net.client, "net.ipv4.neigh.out.mcast_solicit=1")
    net.set(net.client, "net.ipv4.neigh.out.retrans_time_ms=50")

    outcome = net.run(ping("10.0.0.99", timeout=30, count=1))

    assert failed(outcome) == (Reason.UNREACHABLE, "host unreachable, says this location itself")


def test_without_a_route_this_location_does_not_judge(net: Network) -> None:
    ip("-n", net.client, "route", "del", "default")
    try:
        outcome = net.run(ping(HOST))
    finally:
        ip("-n", net.client, "route", "add", "default", "via", ROUTER)

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NO_ROUTE_FAMILY)
    assert outcome.evidence == f"this location has no IPv4 route to {HOST}"


async def by_name() -> Outcome:
    """Ping a name that leads to both families."""
    async with naming(zone(f"gw.test. A {HOST}\ngw.test. AAAA {HOST_V6}")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        pinged = monitor(IcmpTarget(host="gw.test"))
        return await icmp.check(pinged, dialer, lambda: datetime.now(UTC))


def test_of_both_families_the_first_is_pinged(net: Network) -> None:
    outcome = net.run(by_name())

    assert (outcome.vote, outcome.address) == (Vote.PASS, HOST)
    assert list(outcome.phases_ms) == ["dns", "connect"]


def test_of_both_families_one_is_enough_for_a_way(net: Network) -> None:
    ip("-n", net.client, "route", "del", "default")
    try:
        outcome = net.run(by_name())
    finally:
        ip("-n", net.client, "route", "add", "default", "via", ROUTER)

    assert (outcome.vote, outcome.address) == (Vote.PASS, HOST_V6)


def test_routes_of_our_own_that_lead_nowhere_are_told(net: Network) -> None:
    ip("-n", net.client, "route", "add", "unreachable", "192.0.2.90/32")

    outcome = net.run(ping("192.0.2.90"))

    assert failed(outcome) == (
        Reason.UNREACHABLE,
        "host unreachable, say this location's own routes to 192.0.2.90",
    )


def test_routes_of_our_own_that_forbid_it_do_not_judge(net: Network) -> None:
    ip("-n", net.client, "route", "add", "prohibit", "192.0.2.91/32")

    outcome = net.run(ping("192.0.2.91"))

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NOT_CAPABLE)
    assert outcome.evidence == "192.0.2.91: this location's own routes forbid it"


def test_a_source_address_is_used(net: Network) -> None:
    source = net.another_address()
    with answering(net, lambda _: Reply()) as responder:
        outcome = net.run(ping(HOST, source=source))

    assert outcome.vote is Vote.PASS
    assert {request.source for request in responder.heard} == {source}


def test_a_source_address_of_the_other_family_does_not_judge(net: Network) -> None:
    outcome = net.run(ping(HOST, source="2001:db8:1::2"))

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NO_ROUTE_FAMILY)


def test_a_source_address_that_is_not_here_does_not_judge(net: Network) -> None:
    outcome = net.run(ping(HOST, source="10.0.0.77"))

    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NOT_CAPABLE)


@contextmanager
def permitted(net: Network, *, privileged: bool) -> Iterator[None]:
    """Have the client open raw sockets, or those for which no privileges are needed."""
    net.set(net.client, f"net.ipv4.ping_group_range={'1 0' if privileged else '0 2147483647'}")
    try:
        yield
    finally:
        net.set(net.client, "net.ipv4.ping_group_range=0 2147483647")


def other(request: Request) -> bytes:
    return bytes(len(request.payload))


WRONG = {
    "another id": lambda request: Reply(id=request.id ^ 1),
    "a number that was not sent": lambda request: Reply(sequence=request.sequence + 40),
    "another payload": lambda request: Reply(payload=other(request)),
    "a payload cut short": lambda request: Reply(payload=request.payload[:8]),
    "the request itself": lambda _: Reply(kind=ECHO),
    "another address": lambda _: Reply(source="192.0.2.2"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("privileged", [True, False], ids=["raw", "without privileges"])
def test_what_is_no_answer_to_us_does_not_count(
    net: Network, wrong: str, *, privileged: bool
) -> None:
    with permitted(net, privileged=privileged), answering(net, WRONG[wrong]) as responder:
        outcome = net.run(ping(HOST, timeout=0.5))

    assert len(responder.heard) == 4
    assert outcome.reason is Reason.NO_ECHO


def test_an_answer_that_comes_twice_counts_once(net: Network) -> None:
    with answering(net, lambda request: Reply(times=3) if request.nth == 0 else None):
        outcome = net.run(ping(HOST, timeout=0.5, loss=25))

    assert failed(outcome) == (Reason.PACKET_LOSS, "3 of 4 lost (75 %), at most 25 % may be")


def test_a_flood_ends_the_attempt(net: Network) -> None:
    # So many that enough are heard also where the machine is busy and most of them are dropped.
    with answering(net, lambda request: Reply(times=20 * STRAYS) if request.nth == 0 else None):
        outcome = net.run(ping(HOST, timeout=30, count=2))

    assert failed(outcome) == (
        Reason.TOO_MUCH_DATA,
        f"{HOST} sent over 1,000 answers that nobody asked for",
    )


def test_the_answers_to_others_are_no_flood_though_a_raw_socket_hears_them(net: Network) -> None:
    def others(request: Request) -> Reply:
        return Reply(id=request.id ^ 1, times=2 * STRAYS) if request.nth == 0 else Reply()

    with permitted(net, privileged=True), answering(net, others):
        outcome = net.run(ping(HOST, loss=25))

    assert matches(rf"3 of 4 answered, {ROUND_TRIP}", outcome)


def test_all_requests_leave_in_the_first_half_of_the_time(net: Network) -> None:
    with answering(net, lambda _: None) as responder:
        outcome = net.run(ping(HOST, timeout=0.4, count=20))

    assert len(responder.heard) == 20
    assert outcome.reason is Reason.NO_ECHO
    assert [request.sequence for request in responder.heard] == list(range(20))


AS_NOBODY = """
import asyncio, json, os, sys
from tests.integration.checks.namespaces import enter
from tests.integration.checks.test_icmp import ping
import icmplib  # it may lie where nobody can read
namespace, host = sys.argv[1:]
enter(namespace)
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
outcome = asyncio.run(ping(host))
print(json.dumps([outcome.vote, outcome.reason, outcome.evidence]))
"""


def as_nobody(net: Network, host: str) -> list[str | None]:
    """Ping without any privileges."""
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", AS_NOBODY, net.client, host],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("host", [HOST, HOST_V6])
def test_no_privileges_are_needed_where_the_system_allows_it(net: Network, host: str) -> None:
    vote, _, evidence = as_nobody(net, host)

    assert vote == Vote.PASS
    assert str(evidence).startswith("4 of 4 answered")


@pytest.mark.parametrize("host", [HOST, HOST_V6])
def test_where_it_does_not_the_location_abstains_and_says_what_would_help(
    net: Network, host: str
) -> None:
    with permitted(net, privileged=True):
        found = as_nobody(net, host)

    assert found == [
        "abstain",
        "not_capable",
        (
            "this location may not send echo requests: let net.ipv4.ping_group_range (sysctl) hold "
            f"the agent's group {NOBODY}, or give the agent CAP_NET_RAW"
        ),
    ]


@pytest.mark.parametrize("host", [HOST, HOST_V6])
def test_root_needs_no_permission_of_the_system(net: Network, host: str) -> None:
    with permitted(net, privileged=True):
        outcome = net.run(ping(host))

    assert matches(rf"4 of 4 answered, {ROUND_TRIP}", outcome)


def matches(pattern: str, outcome: Outcome) -> bool:
    return re.fullmatch(pattern, outcome.evidence) is not None


def failed(outcome: Outcome) -> tuple[Reason | None, str]:
    assert outcome.vote is Vote.FAIL
    return outcome.reason, outcome.evidence
