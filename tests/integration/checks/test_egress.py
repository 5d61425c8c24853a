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
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.script import greeting
from tocsin.domain.target import Family, HttpTarget, TcpTarget


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
