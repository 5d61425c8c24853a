"""Which addresses a location may reach: judged for the file, and again at every dialled address.

The list is our own, since `ipaddress.is_global` differs between Python releases and lets NAT64,
IPv4-compatible, site-local and multicast addresses pass. Sources: the IANA special-purpose address
registries (RFC 6890) and the metadata addresses of AWS, Azure, Google, Alibaba and Oracle.
"""

from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final


class Egress(StrEnum):
    """What kind of place a location is, and thereby which addresses it may reach.

    `public`: the internet only (Lambda). `private`: private networks too (agents, probes in a VPC).
    `loopback`: this machine too, for the local stack only.
    """

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


class _Scope(StrEnum):
    """Who may reach an address that is not simply public."""

    NEVER = "never"
    LOOPBACK = "loopback"
    PRIVATE = "private"


_N, _L, _P = _Scope.NEVER, _Scope.LOOPBACK, _Scope.PRIVATE

# The first network that holds an address decides, so exceptions stand before what they are in.
_IPV4: Final[tuple[tuple[IPv4Network, _Scope | None, str], ...]] = tuple(
    (IPv4Network(network), scope, name)
    for network, scope, name in (
        ("100.100.100.200/32", _N, "a cloud metadata address"),
        ("168.63.129.16/32", _N, "a cloud metadata address"),
        ("192.0.0.192/32", _N, "a cloud metadata address"),
        ("169.254.0.0/16", _N, "a link-local or cloud metadata address"),
        ("0.0.0.0/8", _N, "an unspecified address"),  # Linux connects 0.0.0.0 to loopback
        ("127.0.0.0/8", _L, "a loopback address"),
        ("224.0.0.0/4", _N, "a multicast address"),
        ("240.0.0.0/4", _N, "a reserved address"),
        ("10.0.0.0/8", _P, "a private address"),
        ("172.16.0.0/12", _P, "a private address"),
        ("192.168.0.0/16", _P, "a private address"),
        ("100.64.0.0/10", _P, "a carrier-grade NAT address"),
        ("192.0.0.0/24", _P, "a protocol assignment address"),
        ("192.0.2.0/24", _P, "a documentation address"),
        ("198.51.100.0/24", _P, "a documentation address"),
        ("203.0.113.0/24", _P, "a documentation address"),
        ("198.18.0.0/15", _P, "a benchmarking address"),
        ("192.88.99.0/24", _N, "a 6to4 relay address"),
    )
)
_IPV6: Final[tuple[tuple[IPv6Network, _Scope | None, str], ...]] = tuple(
    (IPv6Network(network), scope, name)
    for network, scope, name in (
        ("::1/128", _L, "a loopback address"),
        ("::/128", _N, "an unspecified address"),
        # Each of these carries an IPv4 address inside. Nobody's service is known by one.
        ("::ffff:0:0/96", _N, "an IPv4-mapped address"),
        ("::ffff:0:0:0/96", _N, "an IPv4-translated address"),
        ("::/96", _N, "an IPv4-compatible address"),
        ("64:ff9b:1::/48", _N, "a local NAT64 address"),
        ("2001::/32", _N, "a Teredo address"),
        ("2002::/16", _N, "a 6to4 address"),
        ("fd00:ec2::/32", _N, "a cloud metadata address"),
        ("fd20:ce::254/128", _N, "a cloud metadata address"),
        ("fc00::/7", _P, "a private address"),
        ("fe80::/10", _N, "a link-local address"),
        ("fec0::/10", _N, "a site-local address"),
        ("ff00::/8", _N, "a multicast address"),
        ("2001::/23", _P, "a protocol assignment address"),
        ("2001:db8::/32", _P, "a documentation address"),
        ("3fff::/20", _P, "a documentation address"),
        ("2000::/3", None, ""),
        ("::/0", _P, "not a global unicast address"),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")

_ALLOWED: Final = {
    Egress.PUBLIC: frozenset({None}),
    Egress.PRIVATE: frozenset({None, _P}),
    Egress.LOOPBACK: frozenset({None, _P, _L}),
}


@lru_cache(maxsize=8192)
def refusal(address: str, egress: Egress) -> str | None:
    """Say why an address may not be dialled from such a place; None if it may.

    ValueError where it is no address.
    """
    name = seclusion(address, egress)
    return None if name is None else f"{address} is {name}"


def seclusion(address: str, egress: Egress) -> str | None:
    """Say what kind of address it is that such a place may not reach: `a loopback address`."""
    scope, name = _scope(ip_address(address))
    return None if scope in _ALLOWED[egress] else name


def _scope(address: IPv4Address | IPv6Address) -> tuple[_Scope | None, str]:
    if isinstance(address, IPv4Address):
        found = ((scope, name) for network, scope, name in _IPV4 if address in network)
        return next(found, (None, ""))
    if address in _NAT64:
        # Networks with DNS64 see the whole IPv4 internet so: what counts is the address inside.
        scope, name = _scope(IPv4Address(int(address) & 0xFFFF_FFFF))
        return scope, f"NAT64 for {name}"
    found = ((scope, name) for network, scope, name in _IPV6 if address in network)
    return next(found)
