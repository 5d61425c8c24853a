"""How a service is reached through its name: one address or all of them, and the last good ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from dnslib import DNSRecord

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    LONG,
    NOW,
    SHORT,
    Behaviour,
    Namer,
    assert_abstained,
    assert_failed,
    assert_passed,
    closed_port,
    closing,
    deaf,
    look,
    naming,
    saying,
    serving,
    silent,
    zone,
)
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.lastgood import LastGood
from tocsin.checks.reach import KNOWN, MOST
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import EVIDENCE_LIMIT, Layer, Outcome, Reason
from tocsin.domain.script import Step, greeting
from tocsin.domain.target import Addresses, Family, TcpTarget, Tls

WELL, WRONG = saying(b"well\n"), saying(b"wrong\n", closing)
WELCOME = greeting("^well")
NAME = "a.test"


def names(*addresses: str) -> str:
    kinds = {address: "AAAA" if ":" in address else "A" for address in addresses}
    return "\n".join(f"{NAME}. {kind} {address}" for address, kind in kinds.items())


@asynccontextmanager
async def hosts(*behaviours: Behaviour | None) -> AsyncIterator[tuple[list[str], int]]:
    """Serve on one port of 127.0.0.2, 127.0.0.3 …; nothing is there for None."""
    addresses = [f"127.0.0.{2 + position}" for position in range(len(behaviours))]
    async with AsyncExitStack() as stack:
        port = 0
        for address, behaviour in zip(addresses, behaviours, strict=True):
            if behaviour is not None:
                here = serving(behaviour, host=address, port=port)
                port = await stack.enter_async_context(here)
        yield addresses, port or closed_port()


async def visit(
    *behaviours: Behaviour | None,
    addresses: Addresses = Addresses.ANY,
    script: tuple[Step, ...] = WELCOME,
    limit: timedelta = LONG,
) -> Outcome:
    async with hosts(*behaviours) as (all_of_them, port), naming(zone(names(*all_of_them))) as ns:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
        target = TcpTarget(
            host=NAME, port=port, script=script, addresses=addresses, family=Family.V4
        )
        return await look(target, dialer=dialer, limit=limit)


async def test_one_address_that_passes_the_whole_check_is_enough() -> None:
    outcome = await visit(None, WRONG, WELL, WELL)

    assert_passed(outcome, 'said "well"; but 127.0.0.2:', "refused the connection")
    assert outcome.address == "127.0.0.4"


async def test_what_failed_on_the_way_is_told_however_much_the_other_says() -> None:
    wordy = "".join(f"(?P<part_{part}>!{{60}})" for part in range(9))
    outcome = await visit(None, saying(b"!" * 999), script=greeting(wordy))

    assert_passed(outcome, 'part 0 "!!!', "…; but 127.0.0.2:", "refused the connection")


async def test_the_certificate_is_that_of_the_address_that_passed(
    issue: Issue, ca_file: str
) -> None:
    async with (
        serving(WRONG, tls=issue(NAME, until=NOW + timedelta(days=30)), host="127.0.0.2") as port,
        serving(WELL, tls=issue(NAME, until=NOW + timedelta(days=90)), host="127.0.0.3", port=port),
        naming(zone(names("127.0.0.2", "127.0.0.3"))) as ns,
    ):
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns], ca_file=ca_file)
        target = TcpTarget(host=NAME, port=port, script=WELCOME, tls=Tls(warn_days=60))
        outcome = await look(target, dialer=dialer)

    assert_passed(outcome, "certificate valid for 90 more days", "; but 127.0.0.2:")
    assert outcome.warning is None
    assert outcome.certificate is not None
    assert outcome.certificate.expires_at == NOW + timedelta(days=90)


async def test_where_none_passes_each_is_told() -> None:
    outcome = await visit(WRONG, None)

    phrases = ("127.0.0.2:", 'said "wrong", which', "; 127.0.0.3:", "refused the connection")
    assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, *phrases)
    assert outcome.address == "127.0.0.2"


async def test_a_deadline_does_not_hide_what_failed_before_it() -> None:
    outcome = await visit(WRONG, silent, limit=SHORT)

    phrases = ('said "wrong", which', "; 127.0.0.3:", "said nothing within 0.5 s")
    assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, *phrases)


async def test_where_all_must_pass_all_are_looked_at() -> None:
    outcome = await visit(WELL, WELL, WELL, addresses=Addresses.ALL)

    assert_passed(outcome)
    assert outcome.evidence == 'said "well"; all 3 addresses'


async def test_where_all_must_pass_one_is_passed_as_ever() -> None:
    assert (await visit(WELL, addresses=Addresses.ALL)).evidence == 'said "well"'
    assert_failed(
        await visit(None, addresses=Addresses.ALL), Layer.CONNECT, Reason.REFUSED, "127.0.0.2:"
    )


async def test_where_all_must_pass_the_failing_ones_are_counted_and_named() -> None:
    long = saying(b"wrong" * 50, closing)
    one = await visit(WELL, None, WELL, addresses=Addresses.ALL)
    two = await visit(long, WELL, long, addresses=Addresses.ALL)

    phrase = "1 of 3 addresses fails: 127.0.0.3:"
    assert_failed(one, Layer.CONNECT, Reason.REFUSED, phrase, "refused the connection")
    assert one.address == "127.0.0.3"
    phrases = ("2 of 3 addresses fail: 127.0.0.2:", "; 127.0.0.4:")
    assert_failed(two, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, *phrases)


@pytest.mark.parametrize(("last", "failing"), [(WELL, "1 of 2"), (silent, "2 of 2")])
async def test_where_all_must_pass_a_silent_one_leaves_the_others_their_time(
    last: Behaviour, failing: str
) -> None:
    outcome = await visit(silent, last, addresses=Addresses.ALL, limit=SHORT)

    phrases = (f"{failing} addresses fail", "127.0.0.2:", "said nothing within 0.")
    assert_failed(outcome, Layer.PROTOCOL, Reason.SILENT, *phrases)


async def test_the_phases_of_all_are_those_of_the_slowest() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await WELL(reader, writer)

    outcome = await visit(slow, slow, WELL, addresses=Addresses.ALL)

    assert_passed(outcome)
    assert 250 < outcome.phases_ms["first_byte"] < 550
    assert list(outcome.phases_ms) == ["dns", "connect", "first_byte", "transfer"]


async def test_a_connection_that_failed_is_timed_as_its_own_address() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await WELL(reader, writer)

    there = ("127.0.0.2", "127.0.0.3")
    async with serving(slow, host=there[1]) as port, naming(zone(names(*there))) as ns:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
        target = TcpTarget(host=NAME, port=port, script=WELCOME, addresses=Addresses.ALL)
        with deaf(there[0], port):
            outcome = await look(target, dialer=dialer, limit=SHORT)

    assert_failed(outcome, Layer.CONNECT, Reason.CONNECT_TIMEOUT, "1 of 2 addresses fails")
    assert list(outcome.phases_ms) == ["dns", "connect"]


async def test_an_address_that_this_location_cannot_judge_is_told_and_blames_nobody() -> None:
    async with serving(WELL) as port, naming(zone(names(HERE, "::1"))) as ns:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns], source="127.0.0.77")
        target = TcpTarget(host=NAME, port=port, script=WELCOME, addresses=Addresses.ALL)
        outcome = await look(target, dialer=dialer)
        gone = TcpTarget(host=NAME, port=closed_port(), addresses=Addresses.ALL)
        failing = await look(gone, dialer=dialer)

    assert_passed(outcome, "1 of 2 addresses; ::1 is of another family")
    assert_failed(failing, Layer.CONNECT, Reason.REFUSED, "1 of 2 addresses fails: 127.0.0.1:")


async def test_where_no_address_can_be_judged_the_location_abstains() -> None:
    async with naming(zone(names("::1"))) as ns:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns], source=HERE)
        target = TcpTarget(host=NAME, port=1, addresses=Addresses.ALL)
        assert_abstained(await look(target, dialer=dialer), Reason.NO_ROUTE_FAMILY)


async def test_all_are_all_and_a_pass_says_where_they_are_too_many() -> None:
    met: set[str] = set()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.add(writer.get_extra_info("sockname")[0])
        await WELL(reader, writer)

    async with serving(note, host="0.0.0.0") as port:
        for count, told in ((12, "all 12 addresses"), (40, f"{MOST} of 40 addresses")):
            met.clear()
            many = zone(names(*(f"127.0.1.{n}" for n in range(count))))
            async with naming(many) as ns:
                dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
                target = TcpTarget(host=NAME, port=port, script=WELCOME, addresses=Addresses.ALL)
                outcome = await look(target, dialer=dialer)
                again = await look(target, dialer=dialer)

            assert_passed(outcome, told)
            assert again.evidence == outcome.evidence
            assert len(met) == min(count, MOST)


class Names:
    """A server of names that can be told to answer otherwise from now on."""

    def __init__(self, namer: Namer) -> None:
        self.now = namer

    def __call__(self, query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - the shape of Namer
        return self.now(query, tcp)


def unanswered(_query: DNSRecord, _tcp: bool) -> None:  # noqa: FBT001 - the shape of Namer
    return None


NOTHING = zone("b.test. A 127.0.0.1")
BROKEN: dict[Reason, tuple[Namer, str]] = {
    Reason.NXDOMAIN: (NOTHING, "a.test does not exist (NXDOMAIN)"),
    Reason.SERVFAIL: (zone(names(HERE), rcode=2), "a.test could not be resolved (SERVFAIL)"),
    Reason.DNS_REFUSED: (zone(names(HERE), rcode=5), "a.test was refused by the DNS server"),
    Reason.DNS_TIMEOUT: (unanswered, "did not answer within"),
    Reason.NO_ADDRESS: (zone(names("0.0.0.0")), "a.test leads only to what"),
}


@asynccontextmanager
async def known(
    behaviour: Behaviour, *, passing: bool = True
) -> AsyncIterator[tuple[Names, Dialer, TcpTarget]]:
    """Look at a service once by its name, and give the way to look again."""
    asked = Names(zone(names(HERE)))
    async with serving(behaviour) as port, naming(asked) as ns:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
        target = TcpTarget(host=NAME, port=port, script=WELCOME, family=Family.V4)
        outcome = await look(target, dialer=dialer, limit=SHORT)
        assert (outcome.reason is None) == passing, outcome
        yield asked, dialer, target


@pytest.mark.parametrize("reason", BROKEN)
async def test_a_service_that_answers_is_told_from_its_name_that_does_not_resolve(
    reason: Reason,
) -> None:
    async with known(WELL) as (asked, dialer, target):
        asked.now, cause = BROKEN[reason]
        outcome = await look(target, dialer=dialer, limit=SHORT)

    told = "the service answers at 127.0.0.1; its name does not resolve: "
    assert_failed(outcome, Layer.DNS, reason, told, cause)
    assert outcome.evidence.startswith(told)
    assert outcome.address == HERE
    assert list(outcome.phases_ms) == ["dns", "connect", "first_byte", "transfer"]


@pytest.mark.parametrize(
    ("later", "why"),
    [
        pytest.param(WRONG, 'said "wrong", which does not match', id="wrong"),
        pytest.param(silent, "said nothing within 0.5 s", id="silent to the deadline"),
    ],
)
@pytest.mark.parametrize("reason", [Reason.NXDOMAIN, Reason.DNS_TIMEOUT])
async def test_a_service_that_is_down_as_well_is_told_so(
    reason: Reason, later: Behaviour, why: str
) -> None:
    turns = [WELL]

    async def changing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (turns.pop() if turns else later)(reader, writer)

    async with known(changing) as (asked, dialer, target):
        asked.now, cause = BROKEN[reason]
        outcome = await look(target, dialer=dialer, limit=SHORT)

    told = ", and it does not answer at 127.0.0.1, its last address, either: 127.0.0.1:"
    assert_failed(outcome, Layer.DNS, reason, cause, told, why)


async def test_an_address_at_which_the_check_never_passed_is_no_good_one() -> None:
    met: list[int] = []

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(1)
        await WRONG(reader, writer)

    async with known(counted, passing=False) as (asked, dialer, target):
        asked.now = NOTHING
        outcome = await look(target, dialer=dialer)

    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN)
    assert outcome.evidence == "a.test does not exist (NXDOMAIN)"
    assert len(met) == 1


async def test_of_all_addresses_those_that_passed_are_the_good_ones() -> None:
    async with hosts(None, WELL) as (there, port):
        asked = Names(zone(names(*there)))
        async with naming(asked) as ns:
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
            target = TcpTarget(host=NAME, port=port, script=WELCOME, addresses=Addresses.ALL)
            assert_failed(await look(target, dialer=dialer), Layer.CONNECT, Reason.REFUSED)
            asked.now = NOTHING
            outcome = await look(target, dialer=dialer)

    phrase = "the service answers at 127.0.0.3; its name does not resolve"
    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN, phrase)


async def test_of_many_good_addresses_a_few_are_tried_again() -> None:
    async with hosts(*[WELL] * 6) as (there, port):
        asked = Names(zone(names(*there)))
        async with naming(asked) as ns:
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[ns])
            target = TcpTarget(host=NAME, port=port, script=WELCOME, addresses=Addresses.ALL)
            assert_passed(await look(target, dialer=dialer))
            asked.now = NOTHING
            gone = replace(target, script=greeting("^gone"))
            outcome = await look(gone, dialer=dialer)

    told = f"it does not answer at {', '.join(there[:KNOWN])}, its last addresses, either: "
    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN, told)


async def test_a_location_that_cannot_resolve_at_all_says_nothing_of_the_name() -> None:
    class Exhausted(Dialer):
        async def resolve(self, *_: object, **__: object) -> tuple[str, ...]:
            raise CheckFailedError(Layer.DNS, Reason.OUT_OF_SOCKETS, "no file descriptor left")

    async with serving(WELL) as port:
        dialer = Exhausted(egress=Egress.LOOPBACK)
        dialer.last_good.note((NAME, port, Family.ANY), (HERE,))
        outcome = await look(TcpTarget(host=NAME, port=port, script=WELCOME), dialer=dialer)

    assert_abstained(outcome, Reason.OUT_OF_SOCKETS)
    assert outcome.evidence == "no file descriptor left"


async def test_the_guard_holds_for_addresses_that_are_remembered() -> None:
    met: list[int] = []

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(1)
        await WELL(reader, writer)

    async with serving(counted) as port, naming(NOTHING) as ns:
        dialer = Dialer(egress=Egress.PUBLIC, nameservers=[ns])
        dialer.last_good.note((NAME, port, Family.ANY), (HERE,))
        outcome = await look(TcpTarget(host=NAME, port=port, script=WELCOME), dialer=dialer)

    assert outcome.evidence == "a.test does not exist (NXDOMAIN)"
    assert not met


async def test_what_is_its_own_name_is_not_remembered() -> None:
    dialer = Dialer(egress=Egress.LOOPBACK)
    async with serving(WELL) as port:
        assert_passed(await look(TcpTarget(host=HERE, port=port, script=WELCOME), dialer=dialer))

    assert not dialer.last_good.at((HERE, port, Family.ANY))


async def test_a_name_is_the_same_in_any_case_and_with_its_dot() -> None:
    async with known(WELL) as (asked, dialer, target):
        asked.now = NOTHING
        again = TcpTarget(host="A.Test.", port=target.port, script=WELCOME, family=Family.V4)
        outcome = await look(again, dialer=dialer)

    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN, "the service answers at 127.0.0.1")


async def test_evidence_of_many_failures_stays_in_its_bounds() -> None:
    outcome = await visit(*[WRONG] * 8, addresses=Addresses.ALL)

    assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, "8 of 8 addresses fail")
    assert all(f"127.0.0.{n}" in outcome.evidence for n in range(2, 10))
    assert len(outcome.evidence) <= EVIDENCE_LIMIT


def test_what_passed_longest_ago_is_forgotten_first() -> None:
    good = LastGood(most=2)
    one, two, three = (("a.test", port, Family.ANY) for port in (1, 2, 3))
    for place in (one, two, one, three):
        good.note(place, (HERE,))

    assert [good.at(place) for place in (one, two, three)] == [(HERE,), (), (HERE,)]
