"""Which addresses may be dialled from where; no name, redirect or trick leads elsewhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.checks.servers import (
    HERE,
    SHORT,
    assert_abstained,
    assert_failed,
    assert_passed,
    look,
    naming,
    page,
    saying,
    serving,
    silent,
    zone,
)
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress, refusal
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.script import greeting
from tocsin.domain.target import Family, HttpTarget, TcpTarget

EVERYWHERE = frozenset(Egress)
PRIVATE = frozenset({Egress.PRIVATE, Egress.LOOPBACK})
LOCAL = frozenset({Egress.LOOPBACK})
NOWHERE: frozenset[Egress] = frozenset()

ZOO = {
    # public
    "1.1.1.1": EVERYWHERE,
    "9.255.255.255": EVERYWHERE,
    "11.0.0.0": EVERYWHERE,
    "100.63.255.255": EVERYWHERE,
    "100.128.0.0": EVERYWHERE,
    "126.255.255.255": EVERYWHERE,
    "128.0.0.0": EVERYWHERE,
    "169.253.255.255": EVERYWHERE,
    "169.255.0.0": EVERYWHERE,
    "172.15.255.255": EVERYWHERE,
    "172.32.0.0": EVERYWHERE,
    "192.167.255.255": EVERYWHERE,
    "192.169.0.0": EVERYWHERE,
    "198.20.0.0": EVERYWHERE,
    "223.255.255.255": EVERYWHERE,
    "2600::1": EVERYWHERE,
    "2a00:1450:4001::8a": EVERYWHERE,
    "64:ff9b::101:101": EVERYWHERE,  # NAT64 of 1.1.1.1, where DNS64 is all there is
    # private networks and what is reserved for use inside of them
    "10.0.0.0": PRIVATE,
    "10.255.255.255": PRIVATE,
    "172.16.0.0": PRIVATE,
    "172.31.255.255": PRIVATE,
    "192.168.0.1": PRIVATE,
    "100.64.0.0": PRIVATE,
    "100.127.255.255": PRIVATE,
    "192.0.0.8": PRIVATE,
    "192.0.2.1": PRIVATE,
    "198.51.100.1": PRIVATE,
    "203.0.113.1": PRIVATE,
    "198.18.0.1": PRIVATE,
    "198.19.255.255": PRIVATE,
    "fc00::1": PRIVATE,
    "fdff::1": PRIVATE,
    "2001:db8::1": PRIVATE,
    "3fff::1": PRIVATE,
    "2001:10::1": PRIVATE,
    "100::1": PRIVATE,
    "5f00::1": PRIVATE,
    "4000::1": PRIVATE,
    "64:ff9b::a00:1": PRIVATE,  # NAT64 of 10.0.0.1
    # this machine
    "127.0.0.1": LOCAL,
    "127.255.255.255": LOCAL,
    "::1": LOCAL,
    "64:ff9b::7f00:1": LOCAL,  # NAT64 of 127.0.0.1
    # never
    "0.0.0.0": NOWHERE,
    "0.1.2.3": NOWHERE,
    "169.254.169.254": NOWHERE,
    "169.254.170.2": NOWHERE,
    "169.254.100.1": NOWHERE,
    "168.63.129.16": NOWHERE,
    "100.100.100.200": NOWHERE,
    "192.0.0.192": NOWHERE,
    "224.0.0.1": NOWHERE,
    "239.255.255.255": NOWHERE,
    "240.0.0.1": NOWHERE,
    "255.255.255.255": NOWHERE,
    "192.88.99.1": NOWHERE,
    "::": NOWHERE,
    "::127.0.0.1": NOWHERE,
    "::ffff:169.254.169.254": NOWHERE,
    "::ffff:127.0.0.1": NOWHERE,
    "::ffff:1.1.1.1": NOWHERE,
    "::ffff:0:127.0.0.1": NOWHERE,
    "64:ff9b::a9fe:a9fe": NOWHERE,
    "64:ff9b:1::7f00:1": NOWHERE,
    "2002:a9fe:a9fe::": NOWHERE,
    "2002:101:101::1": NOWHERE,
    "2001:0:a9fe:a9fe::1": NOWHERE,
    "fd00:ec2::254": NOWHERE,
    "fd00:ec2::253": NOWHERE,
    "fd20:ce::254": NOWHERE,
    "fe80::1": NOWHERE,
    "fe80::1%eth0": NOWHERE,
    "febf::1": NOWHERE,
    "fec0::1": NOWHERE,
    "ff02::1": NOWHERE,
    "ff0e::1": NOWHERE,
}


@pytest.mark.parametrize(("address", "allowed"), ZOO.items(), ids=list(ZOO))
def test_the_address_zoo(address: str, allowed: frozenset[Egress]) -> None:
    assert {egress for egress in Egress if refusal(address, egress) is None} == allowed


@pytest.mark.parametrize("egress", [Egress.PUBLIC, Egress.PRIVATE])
async def test_a_name_cannot_lead_to_loopback(egress: Egress) -> None:
    async with serving(saying(b"secret\n")) as port, naming(zone("a.test. A 127.0.0.1")) as server:
        dialer = Dialer(egress=egress, nameservers=[server])
        target = TcpTarget(host="a.test", port=port, script=greeting("secret"))
        outcome = await look(target, dialer=dialer)

    text = f"a.test leads only to what a {egress} location does not dial: 127.0.0.1 is a loopback"
    assert_failed(outcome, Layer.DNS, Reason.NO_ADDRESS, text)
    assert outcome.address is None
    assert "secret" not in outcome.evidence


async def test_of_several_addresses_only_the_permitted_ones_are_dialled() -> None:
    text = "a.test. A 0.0.0.0\na.test. A 127.0.0.1\na.test. AAAA fe80::1"
    async with serving(silent) as port, naming(zone(text)) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        outcome = await look(TcpTarget(host="a.test", port=port), dialer=dialer)
        only6 = await look(
            TcpTarget(host="a.test", port=port, family=Family.V6), dialer=dialer, limit=SHORT
        )

    assert_passed(outcome)
    assert outcome.address == HERE
    assert_failed(only6, Layer.DNS, Reason.NO_ADDRESS, "fe80::1 is a link-local")


@pytest.mark.parametrize("address", ["0.0.0.0", "169.254.169.254"])
async def test_a_name_of_a_sinkhole_is_down_and_not_unknown(address: str) -> None:
    async with naming(zone(f"a.test. A {address}")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        outcome = await look(TcpTarget(host="a.test", port=9001), dialer=dialer)

    assert_failed(outcome, Layer.DNS, Reason.NO_ADDRESS, "a.test leads only to what", address)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "db.localhost", HERE, "::1"])
async def test_loopback_by_any_name_is_refused_in_public(host: str) -> None:
    outcome = await look(TcpTarget(host=host, port=1), dialer=Dialer(egress=Egress.PUBLIC))

    assert_abstained(outcome, Reason.FORBIDDEN_ADDRESS, "is a loopback address")


@pytest.mark.parametrize("host", ["0177.0.0.1", "2130706433", "0x7f.1", "127.1"])
async def test_numbers_that_c_libraries_take_for_addresses_are_names_to_us(host: str) -> None:
    async with serving(silent) as port, naming(zone("other.test. A 127.0.0.1")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        outcome = await look(TcpTarget(host=host, port=port), dialer=dialer)

    assert outcome.reason is Reason.NXDOMAIN


async def test_what_was_judged_is_what_is_dialled() -> None:
    asked: list[str] = []
    first, then = zone("a.test. A 127.0.0.1"), zone("a.test. A 169.254.169.254")

    async with serving(silent) as port:

        def rebinding(query: object, tcp: object) -> object:
            asked.append("asked")
            return (first if len(asked) == 1 else then)(query, tcp)  # type: ignore[arg-type]

        async with naming(rebinding) as server:  # type: ignore[arg-type]
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
            target = TcpTarget(host="a.test", port=port, family=Family.V4)
            outcome = await look(target, dialer=dialer)
            again = await look(target, dialer=dialer)

    assert_passed(outcome)
    assert outcome.address == HERE
    assert len(asked) == 2  # one look at the name per attempt
    assert_failed(again, Layer.DNS, Reason.NO_ADDRESS, "cloud metadata")


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "//0.0.0.0:9001/"],
)
async def test_a_redirect_passes_the_guard_too(location: str) -> None:
    async with serving(page("302 Found", headers=(f"Location: {location}",))) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/", redirects=3))

    phrases = ("redirects to ", "which a loopback location does not dial")
    assert_failed(outcome, Layer.HTTP, Reason.BAD_REDIRECT, *phrases)


async def test_a_location_without_a_route_of_that_family_abstains() -> None:
    async with naming(zone("v6.test. AAAA ::1")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, source=HERE, nameservers=[server])
        outcome = await look(TcpTarget(host="v6.test", port=1), dialer=dialer)

    assert_abstained(outcome, Reason.NO_ROUTE_FAMILY, "::1 is of another family")


UNROUTED = """
import asyncio, json, os
flags = os.CLONE_NEWNET | (0 if os.geteuid() == 0 else os.CLONE_NEWUSER)
os.unshare(flags)
from tests.integration.checks.servers import look
from tocsin.domain.target import TcpTarget
async def main():
    return [await look(TcpTarget(host=host, port=1)) for host in ("::1", "127.0.0.1")]
print(json.dumps([[o.vote, o.reason, o.evidence] for o in asyncio.run(main())]))
"""


def test_a_machine_without_routes_blames_no_target() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(  # noqa: S603 - this very interpreter, in a network of its own
        [sys.executable, "-c", UNROUTED],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if "PermissionError" in ran.stderr and "CI" not in os.environ:
        pytest.skip("this machine allows no network namespaces")
    assert json.loads(ran.stdout) == [
        ["abstain", "no_route_family", "this location has no IPv6 route to [::1]:1"],
        ["abstain", "no_route_family", "this location has no IPv4 route to 127.0.0.1:1"],
    ], ran.stderr
