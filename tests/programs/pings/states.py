"""Every state that a ping can tell, and what `tocsin check` says of it.

`docs/icmp.md` is written from this list, and a test holds the list against networks of our own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.integration.checks.namespaces import (
    HOST,
    HOST_V6,
    ROUTER,
    ROUTER_V6,
    Answering,
    Network,
    Reply,
    Request,
    ip,
)

PATIENCE_S: Final = 1.0
ROUTED: Final = 5.0
"""For what a router says: it is waited a second for an answer all the same."""
WITHOUT_RIGHTS: Final = ("setpriv", "--bounding-set=-net_raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state: `arrange` puts it up in a network that answers, and gives the target to check.

    `answers` are given in place of the host's own. `found` is the status, and `layer/reason` where
    there is one; `says` is a part of the sentence. `before` stands before the command.
    """

    name: str
    arrange: Callable[[Network], str]
    found: str
    says: str
    answers: Answering | None = None
    timeout_s: float = PATIENCE_S
    before: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """States that belong together, with what a reader should know first."""

    title: str
    text: str
    states: tuple[State, ...]


def pinging(host: str, **options: object) -> Callable[[Network], str]:
    """Change nothing of the network."""

    def arrange(_: Network) -> str:
        return target(host, **options)

    return arrange


def routing(host: str, *route: str) -> Callable[[Network], str]:
    """Give the router a route."""

    def arrange(net: Network) -> str:
        net.route(*route)
        return target(host, count=1)

    return arrange


def target(host: str, **options: object) -> str:
    """Write a target."""
    place = f"[{host}]" if ":" in host else host
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"icmp://{place}?{query}" if query else f"icmp://{place}"


def deaf(host: str) -> Callable[[Network], str]:
    """Let the host ignore all requests."""

    def arrange(net: Network) -> str:
        net.set(net.host, "net.ipv4.icmp_echo_ignore_all=1")
        net.set(net.host, "net.ipv6.icmp.echo_ignore_all=1")
        return target(host)

    return arrange


def looping(net: Network) -> str:
    """Let router and host send what they have no better way for to each other."""
    net.route("198.51.100.0/24", "via", HOST)
    net.set(net.host, "net.ipv4.ip_forward=1")
    return target("198.51.100.7", count=1)


def unknown_to_the_router(net: Network) -> str:
    return target("198.51.100.7", count=1)


def nobody_near(net: Network) -> str:
    """Ask for an address of our own network that nobody has, and ask but once."""
    net.set(net.client, "net.ipv4.neigh.out.mcast_solicit=1")
    net.set(net.client, "net.ipv4.neigh.out.retrans_time_ms=50")
    return target("10.0.0.99", count=1)


def without_a_route(net: Network) -> str:
    ip("-n", net.client, "route", "del", "default")
    return target(HOST)


def without_permission(net: Network) -> str:
    net.set(net.client, "net.ipv4.ping_group_range=1 0")
    return target(HOST)


def all_but_the_second(request: Request) -> Reply | None:
    return None if request.nth == 1 else Reply()


def the_first(request: Request) -> Reply | None:
    return Reply() if request.nth == 0 else None


def late(_: Request) -> Reply:
    return Reply(after=0.03)


CHAPTERS: Final = (
    Chapter(
        title="Answers",
        text=(
            "A monitor sends four requests, or as many as its `count` says, in the first half of "
            "its time. Of a name that leads to IPv4 and IPv6 it pings the first address for which "
            "there is a route; `family` chooses."
        ),
        states=(
            State(
                name="the host answers",
                arrange=pinging(HOST),
                found="up",
                says="4 of 4 answered, round trip",
            ),
            State(
                name="it answers over IPv6",
                arrange=pinging(HOST_V6),
                found="up",
                says="4 of 4 answered, round trip",
            ),
            State(
                name="a single request is answered",
                arrange=pinging(HOST, count=1),
                found="up",
                says="1 of 1 answered, round trip",
            ),
            State(
                name="no more are lost than may be",
                arrange=pinging(HOST, loss=25),
                answers=all_but_the_second,
                found="up",
                says="3 of 4 answered, round trip",
            ),
        ),
    ),
    Chapter(
        title="Losses and delays",
        text=(
            "Half of the requests may be lost, or what `loss` says in percent; a host of which "
            "none is answered is down, whatever it says. `rtt` bounds the mean round trip of those "
            "that were."
        ),
        states=(
            State(
                name="the host does not answer",
                arrange=deaf(HOST),
                found="down connect/no_echo",
                says=f"4 of 4 echo requests to {HOST} stayed unanswered",
            ),
            State(
                name="it does not answer over IPv6",
                arrange=deaf(HOST_V6),
                found="down connect/no_echo",
                says=f"4 of 4 echo requests to {HOST_V6} stayed unanswered",
            ),
            State(
                name="more are lost than may be",
                arrange=pinging(HOST, loss=25),
                answers=the_first,
                found="down connect/packet_loss",
                says="3 of 4 lost (75 %), at most 25 % may be",
            ),
            State(
                name="the answers are slow",
                arrange=pinging(HOST, rtt="20ms"),
                answers=late,
                timeout_s=ROUTED,
                found="down connect/too_slow",
                says="at most 20 ms",
            ),
        ),
    ),
    Chapter(
        title="What routers say",
        text=(
            "A router that cannot or may not pass a request on says so, and is quoted. An answer "
            "of the host outdoes it: anybody can say that there is no way, and only the host can "
            "repeat what nobody can guess."
        ),
        states=(
            State(
                name="a router has no way to the network",
                arrange=unknown_to_the_router,
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says=f"network unreachable, says {ROUTER}",
            ),
            State(
                name="a router knows that the host is away",
                arrange=routing("192.0.2.77", "unreachable", "192.0.2.77/32"),
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says=f"host unreachable, says {ROUTER}",
            ),
            State(
                name="a filter forbids it",
                arrange=routing("192.0.2.77", "prohibit", "192.0.2.77/32"),
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says=f"forbidden by a filter, says {ROUTER}",
            ),
            State(
                name="a router of IPv6 has no way",
                arrange=routing("2001:db8:2::77", "unreachable", "2001:db8:2::77/128"),
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says=f"no route to the host, says {ROUTER_V6}",
            ),
            State(
                name="a filter of IPv6 forbids it",
                arrange=routing("2001:db8:2::77", "prohibit", "2001:db8:2::77/128"),
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says=f"forbidden by a filter, says {ROUTER_V6}",
            ),
            State(
                name="routers send it to each other",
                arrange=looping,
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says="too many hops, a loop of routes, says ",
            ),
            State(
                name="nobody has that address in the location's own network",
                arrange=nobody_near,
                timeout_s=ROUTED,
                found="down connect/unreachable",
                says="host unreachable, says this location itself",
            ),
        ),
    ),
    Chapter(
        title="Where a location does not judge",
        text=(
            "What the location itself cannot do says nothing of the host: it abstains, and the "
            "sentence says what would help."
        ),
        states=(
            State(
                name="it may not send echo requests",
                arrange=without_permission,
                before=WITHOUT_RIGHTS,
                found="unknown connect/not_capable",
                says="this location may not send echo requests: let net.ipv4.ping_group_range",
            ),
            State(
                name="it has no route",
                arrange=without_a_route,
                found="unknown connect/no_route_family",
                says=f"this location has no IPv4 route to {HOST}",
            ),
        ),
    ),
)
