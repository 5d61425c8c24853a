"""The address zoo: who may dial which address, and what it is called when it is refused."""

import pytest

from tocsin.domain.egress import Egress, refusal, seclusion

EVERYWHERE = frozenset(Egress)
PRIVATE = frozenset({Egress.PRIVATE, Egress.LOOPBACK})
LOCAL = frozenset({Egress.LOOPBACK})
NOWHERE: frozenset[Egress] = frozenset()

ZOO: list[tuple[frozenset[Egress], str | None, str]] = [
    (EVERYWHERE, None, "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0"),
    (EVERYWHERE, None, "126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255"),
    (EVERYWHERE, None, "172.32.0.0 191.255.255.255 192.0.1.0 192.167.255.255 192.169.0.0"),
    (EVERYWHERE, None, "198.17.255.255 198.20.0.0 223.255.255.255"),
    (EVERYWHERE, None, "2600::1 2a00:1450:4001::8a 3ffe:ffff::1"),
    # NAT64 of 1.1.1.1, where DNS64 is all there is
    (EVERYWHERE, None, "64:ff9b::101:101"),
    # private networks and what is reserved for use inside of them
    (PRIVATE, "a private address", "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255"),
    (PRIVATE, "a private address", "192.168.0.1 fc00::1 fdff::1"),
    (PRIVATE, "a carrier-grade NAT address", "100.64.0.0 100.127.255.255"),
    (PRIVATE, "a protocol assignment address", "192.0.0.8 2001:10::1"),
    (PRIVATE, "a documentation address", "192.0.2.1 198.51.100.1 203.0.113.1"),
    (PRIVATE, "a documentation address", "2001:db8::1 3fff::1"),
    (PRIVATE, "a benchmarking address", "198.18.0.1 198.19.255.255"),
    (PRIVATE, "not a global unicast address", "100::1 5f00::1 4000::1"),
    (PRIVATE, "NAT64 for a private address", "64:ff9b::10.0.0.1"),
    # this machine
    (LOCAL, "a loopback address", "127.0.0.0 127.0.0.1 127.255.255.255 ::1"),
    (LOCAL, "NAT64 for a loopback address", "64:ff9b::127.0.0.1"),
    # never
    (NOWHERE, "an unspecified address", "0.0.0.0 0.1.2.3 ::"),
    (NOWHERE, "a link-local or cloud metadata address", "169.254.169.254 169.254.170.2"),
    (NOWHERE, "a link-local or cloud metadata address", "169.254.100.1"),
    (NOWHERE, "NAT64 for a link-local or cloud metadata address", "64:ff9b::a9fe:a9fe"),
    (NOWHERE, "a cloud metadata address", "168.63.129.16 100.100.100.200 192.0.0.192"),
    (NOWHERE, "a cloud metadata address", "fd00:ec2::254 fd00:ec2::253 fd20:ce::254"),
    (NOWHERE, "a multicast address", "224.0.0.1 239.255.255.255 ff02::1 ff0e::1"),
    (NOWHERE, "a reserved address", "240.0.0.1 255.255.255.255"),
    (NOWHERE, "a 6to4 relay address", "192.88.99.1"),
    (NOWHERE, "a 6to4 address", "2002:a9fe:a9fe:: 2002:101:101::1"),
    (NOWHERE, "a Teredo address", "2001:0:a9fe:a9fe::1"),
    (NOWHERE, "an IPv4-compatible address", "::127.0.0.1"),
    (NOWHERE, "an IPv4-mapped address", "::ffff:169.254.169.254 ::ffff:127.0.0.1"),
    (NOWHERE, "an IPv4-mapped address", "::ffff:1.1.1.1"),
    (NOWHERE, "an IPv4-translated address", "::ffff:0:127.0.0.1"),
    (NOWHERE, "a local NAT64 address", "64:ff9b:1::7f00:1"),
    (NOWHERE, "a link-local address", "fe80::1 fe80::1%eth0 febf::1"),
    (NOWHERE, "a site-local address", "fec0::1"),
]


@pytest.mark.parametrize(
    ("allowed", "kind", "address"),
    [
        pytest.param(allowed, kind, address, id=address)
        for allowed, kind, addresses in ZOO
        for address in addresses.split()
    ],
)
def test_an_address_is_dialled_from_where_it_may_be_and_told_by_its_kind(
    allowed: frozenset[Egress], kind: str | None, address: str
) -> None:
    said = f"{address} is {kind}"

    for egress in Egress:
        refused = egress not in allowed
        assert seclusion(address, egress) == (kind if refused else None)
        assert refusal(address, egress) == (said if refused else None)


def test_what_is_no_address_is_not_judged() -> None:
    with pytest.raises(ValueError, match="localhost"):
        refusal("localhost", Egress.LOOPBACK)
