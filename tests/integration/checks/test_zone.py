"""What a zone check says of servers that agree, differ, are behind, lame, slow, or lie."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import dns.flags
import dns.name
import dns.rcode
import dns.rrset
import pytest
from dns.dnssectypes import Algorithm, DSDigest
from dns.message import Message, QueryMessage
from dns.rdatatype import RdataType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.dnszone import Server, Spoil, flipping, serving
from tests.integration.checks.dnszone_content import Content, Key
from tests.integration.checks.servers import (
    HERE,
    LONG,
    NOW,
    assert_abstained,
    assert_failed,
    assert_passed,
    look,
    measuring,
    monitor,
)
from tocsin.checks import visit, zone
from tocsin.checks.comparing import chosen, comparison
from tocsin.checks.dial import Dialer
from tocsin.checks.nameserver import Nameserver
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import Dnssec, ZoneTarget
from tocsin.domain.target import Family

PARENT, SECOND_PARENT, NOBODY = "127.54.0.1", "127.54.0.2", "127.54.0.99"
NS = ("127.54.0.11", "127.54.0.12", "127.54.0.13", "127.54.0.14")
CHILDS, PARENTS, STRANGE = Key(), Key(), Key()
SERIAL, OLD = 2026112301, 2026112201
NAMES = tuple(f"ns{number}.shop.example." for number in range(1, 5))
HASTY, BRIEF = timedelta(seconds=2), timedelta(seconds=0.4)


def child(
    *more: str,
    servers: Sequence[str] = NAMES[:3],
    serial: int = SERIAL,
    keys: Sequence[Key] = (CHILDS,),
    addresses: Mapping[str, str] | None = None,
) -> Content:
    at = dict(zip(NAMES, NS, strict=True)) if addresses is None else addresses
    own = [f"{name} A {address}" for name, address in at.items() if name in servers]
    records = ("www A 192.0.2.80", "www A 192.0.2.81", *own, *more)
    return Content(name="shop.example.", records=records, serial=serial, servers=servers, keys=keys)


def parent(
    *more: str,
    servers: Sequence[str] = NAMES[:3],
    ds: Sequence[str] | None = None,
    glue: Mapping[str, str] | None = None,
) -> Content:
    at = dict(zip(NAMES, NS, strict=True)) if glue is None else glue
    vouched = [CHILDS.ds("shop.example.")] if ds is None else ds
    records = [
        *(f"shop NS {server}" for server in servers),
        *(f"{name} A {address}" for name, address in at.items() if name in servers),
        *(f"shop DS {record}" for record in vouched),
        f"ns1 A {PARENT}",
    ]
    return Content(name="example.", records=(*records, *more), keys=(PARENTS,))


def bed(
    *, above: Content | None = None, below: Content | None = None, count: int = 3
) -> dict[str, Server]:
    """Put up a resolver, a parent, and servers of the child; all of them well."""
    above, below = above or parent(), below or child()
    return {
        HERE: Server(zones=[above, below]),
        PARENT: Server(zones=[above]),
        **{address: Server(zones=[below]) for address in NS[:count]},
    }


async def see(
    put_up: Mapping[str, Server],
    /,
    *,
    dialer: Dialer | None = None,
    limit: timedelta = LONG,
    parents: tuple[str, ...] = (PARENT,),
    records: tuple[tuple[str, str], ...] = (),
    dnssec: Dnssec = Dnssec.AUTO,
    days: tuple[int | None, int | None] = (None, None),
    servers: int | None = None,
) -> Outcome:
    async with serving(put_up) as port:
        target = ZoneTarget(
            zone="shop.example", parents=parents, resolver=f"{HERE}:{port}", port=port,
            records=records, dnssec=dnssec, warn_days=days[0], fail_days=days[1], servers=servers,
        )  # fmt: skip
        return await look(target, dialer=dialer, limit=limit)


def warned(outcome: Outcome, reason: Reason, *phrases: str) -> None:
    assert (outcome.vote, outcome.warning) == (Vote.PASS, reason), outcome
    assert all(phrase in outcome.evidence for phrase in phrases), outcome.evidence


def with_rcode(rcode: dns.rcode.Rcode, *, to: RdataType | None = None) -> Spoil:
    def spoil(query: QueryMessage, reply: QueryMessage) -> Message:
        if to in {None, query.question[0].rdtype}:
            reply.answer[:] = []
            reply.set_rcode(rcode)
        return reply

    return spoil


def silent(_query: QueryMessage, _reply: QueryMessage) -> None:
    return None


async def test_a_healthy_zone_says_what_it_rests_on() -> None:
    outcome = await see(bed(), records=(("www.shop.example", "A"), ("shop.example", "MX")))

    assert_passed(outcome)
    assert outcome.evidence == (
        f"3 servers at 3 addresses agree on serial {SERIAL}; signed, valid for 30 days more"
    )
    assert outcome.serials == {
        f"{name} {at}": SERIAL for name, at in zip(NAMES[:3], NS[:3], strict=True)
    }
    assert list(outcome.phases_ms) == ["dns"]
    assert outcome.address is None


async def test_a_zone_that_is_not_signed_is_well_where_nobody_vouches_for_it() -> None:
    outcome = await see(bed(above=parent(ds=[]), below=child(keys=())))

    assert outcome.evidence == f"3 servers at 3 addresses agree on serial {SERIAL}"


async def test_the_parent_is_found_by_dns_where_nobody_names_it() -> None:
    servers = bed()

    outcome = await see(servers, parents=())

    assert_passed(outcome, "3 servers")
    assert "shop.example." in {name for _, name, kind in servers[PARENT].asked if kind == "NS"}


# One server that is not well is named, with what is wrong.


@pytest.mark.parametrize(
    ("spoil", "layer", "reason", "phrase"),
    [
        pytest.param(
            silent, Layer.DNS, Reason.DNS_TIMEOUT, "did not answer within", id="silent"
        ),
        pytest.param(
            with_rcode(dns.rcode.REFUSED), Layer.DNS, Reason.DNS_REFUSED,
            "does not serve the zone: answered REFUSED",
            id="lame",
        ),
        pytest.param(
            with_rcode(dns.rcode.SERVFAIL), Layer.DNS, Reason.SERVFAIL,
            "does not serve the zone: answered SERVFAIL",
            id="without a copy",
        ),
        pytest.param(
            with_rcode(dns.rcode.NXDOMAIN), Layer.DNS, Reason.WRONG_RCODE, "answered NXDOMAIN",
            id="denies the zone",
        ),
        pytest.param(
            with_rcode(dns.rcode.NOERROR), Layer.DNS, Reason.NOT_AUTHORITATIVE,
            "does not serve the zone: it gave no SOA record of it",
            id="has nothing to say",
        ),
        pytest.param(
            with_rcode(dns.rcode.SERVFAIL, to=RdataType.NS), Layer.DNS, Reason.WRONG_RCODE,
            "gave its serial but not its servers: answered SERVFAIL",
            id="does not tell the servers",
        ),
        pytest.param(
            with_rcode(dns.rcode.SERVFAIL, to=RdataType.DNSKEY), Layer.DNS, Reason.WRONG_RCODE,
            ": gave no keys: answered SERVFAIL",
            id="does not give the keys",
        ),
        pytest.param(
            lambda _query, _reply: b"noise", Layer.DNS, Reason.DNS_MALFORMED, "another id",
            id="sends noise",
        ),
    ],
)  # fmt: skip
async def test_a_server_that_is_not_well_is_named(
    spoil: Spoil, layer: Layer, reason: Reason, phrase: str
) -> None:
    servers = bed()
    servers[NS[1]].spoil = spoil

    outcome = await see(servers, limit=HASTY)

    assert_failed(outcome, layer, reason, f"{NAMES[1]} ({NS[1]}", phrase)
    assert outcome.address == NS[1]


async def test_a_server_that_has_stopped_is_named() -> None:
    servers = bed(count=2)

    outcome = await see(servers)

    assert_failed(outcome, Layer.DNS, Reason.REFUSED)
    assert outcome.evidence.startswith(f"{NAMES[2]} ({NS[2]}:")
    assert outcome.evidence.endswith(") refused the connection")


async def test_a_server_that_answers_from_memory_is_not_one_of_the_zone() -> None:
    def from_memory(_query: QueryMessage, reply: QueryMessage) -> Message:
        reply.flags &= ~dns.flags.AA
        return reply

    servers = bed()
    servers[NS[2]].spoil = from_memory

    outcome = await see(servers)

    assert_failed(outcome, Layer.DNS, Reason.NOT_AUTHORITATIVE, "its answer is not authoritative")


async def test_a_server_of_another_zone_is_not_one_of_this() -> None:
    def of_another(query: QueryMessage, reply: QueryMessage) -> Message:
        owner = dns.name.from_text("other.example.")
        reply.answer[:] = [
            dns.rrset.from_rdata_list(owner, 300, list(each)) for each in reply.answer
        ]
        return reply

    servers = bed()
    servers[NS[0]].spoil = of_another

    outcome = await see(servers)

    assert_failed(outcome, Layer.DNS, Reason.NOT_AUTHORITATIVE, NAMES[0], "no SOA record of it")


async def test_where_enough_servers_are_well_the_others_are_a_warning() -> None:
    servers = bed(count=2)

    enough = await see(servers, servers=2)
    too_few = await see(servers, servers=3)

    warned(enough, Reason.REFUSED, f"{NAMES[2]} ({NS[2]}:", "refused")
    assert_failed(too_few, Layer.DNS, Reason.REFUSED)


async def test_all_servers_down_are_all_named() -> None:
    outcome = await see(bed(count=0))

    assert_failed(outcome, Layer.DNS, Reason.REFUSED, *NAMES[:3])


async def test_an_old_serial_is_a_warning_that_says_whose_is_newer() -> None:
    servers = bed()
    servers[NS[1]].zones = [child(serial=OLD)]

    outcome = await see(servers)

    warned(outcome, Reason.SERIAL_BEHIND)
    assert outcome.evidence == (
        f"{NAMES[1]} ({NS[1]}) serves serial {OLD}, behind {SERIAL} at {NAMES[0]}"
    )
    assert outcome.serials[f"{NAMES[1]} {NS[1]}"] == OLD


# Records.


@pytest.mark.parametrize(
    ("there", "phrase"),
    [
        pytest.param(
            ("www A 192.0.2.80", "www A 192.0.2.99"), "with 192.0.2.99 instead of 192.0.2.81",
            id="another record",
        ),
        pytest.param(
            ("www A 192.0.2.80", "www A 192.0.2.81", "www A 192.0.2.99"),
            "with 192.0.2.99 as well",
            id="one more",
        ),
        pytest.param(("www A 192.0.2.80",), "without 192.0.2.81", id="one less"),
        pytest.param(
            ("www TXT x",), "with no record instead of 192.0.2.80, 192.0.2.81", id="none"
        ),
        pytest.param((), "with NXDOMAIN instead of 192.0.2.80, 192.0.2.81", id="no such name"),
    ],
)  # fmt: skip
async def test_the_odd_one_out_is_named_with_what_differs(
    there: Sequence[str], phrase: str
) -> None:
    servers = bed()
    odd = child()
    rest = [each for each in odd.records if not each.startswith("www")]
    servers[NS[2]].zones = [replace(odd, records=(*there, *rest))]

    outcome = await see(servers, records=(("www.shop.example", "A"),))

    assert_failed(outcome, Layer.CONTENT, Reason.ANSWERS_DIFFER)
    assert outcome.evidence == (
        f"{NAMES[2]} ({NS[2]}) answers www.shop.example. A {phrase}, "
        f"unlike {NAMES[0]} ({NS[0]}) and 1 other"
    )


async def test_records_of_another_serial_are_not_compared() -> None:
    servers = bed()
    odd = child("old A 192.0.2.1", serial=OLD)
    servers[NS[2]].zones = [odd]

    outcome = await see(servers, records=(("old.shop.example", "A"),))

    warned(outcome, Reason.SERIAL_BEHIND)


TWENTY = tuple((f"r{number}.shop.example", "A") for number in range(20))


async def at(
    minute: int, port: int, dialer: Dialer, records: tuple[tuple[str, str], ...]
) -> Outcome:
    """Check in a certain minute, as a probe does that goes on."""
    target = ZoneTarget(zone="shop.example", resolver=f"{HERE}:{port}", port=port, records=records)

    def clock() -> datetime:
        return NOW + timedelta(minutes=minute)

    with measuring():
        return await zone.check(monitor(target), dialer, clock)


def asked_in_all(servers: Mapping[str, Server]) -> int:
    return sum(len(server.asked) for server in servers.values())


async def test_four_servers_and_twenty_records_take_under_forty_questions() -> None:
    four = NAMES[:4]
    records = [f"r{number} A 192.0.2.{number}" for number in range(20)]
    below = child(*records, servers=four)
    servers = bed(above=parent(servers=four), below=below, count=4)
    dialer = Dialer(egress=Egress.LOOPBACK)
    compared: set[str] = set()

    async with serving(servers) as port:
        for minute in range(7):
            before = asked_in_all(servers)
            outcome = await at(minute, port, dialer, TWENTY)
            assert_passed(outcome, "4 servers at 4 addresses", "of 20 records compared")
            assert asked_in_all(servers) - before < 40
            compared = set.intersection(
                *({name for _, name, _ in servers[each].asked if name[0] == "r"} for each in NS)
            )

    assert compared == {f"{name}." for name, _ in TWENTY}


@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 30_000_000))
def test_all_records_have_their_turn_whenever_one_begins(count: int, room: int, begin: int) -> None:
    wanted = [comparison((f"r{number}.shop.example", "A")) for number in range(count)]

    turns = range(begin, begin + -(-count // room))
    seen = [each for turn in turns for each in chosen(wanted, room, turn, frozenset())]

    assert set(seen) == set(wanted)
    assert all(len(chosen(wanted, room, turn, frozenset())) <= room for turn in turns)


async def test_a_record_that_differs_is_found_in_time_and_then_kept_in_sight() -> None:
    records = [f"r{number} A 192.0.2.{number}" for number in range(20)]
    servers = bed(below=child(*records))
    servers[NS[2]].zones = [child(*records[:13], "r13 A 192.0.2.66", *records[14:])]
    dialer = Dialer(egress=Egress.LOOPBACK)

    async with serving(servers) as port:
        votes = [(await at(minute, port, dialer, TWENTY)).vote for minute in range(8)]
        first = votes.index(Vote.FAIL)
        servers[NS[2]].zones = servers[NS[1]].zones
        mended = await at(8, port, dialer, TWENTY)

    assert first < 7
    assert set(votes[first:]) == {Vote.FAIL}
    assert_passed(mended)


# The delegation.


async def test_a_server_that_only_the_zone_names_is_asked_too() -> None:
    """Resolvers learn of it from the zone, and ask it."""
    below = child(servers=NAMES[:4])

    well = await see(bed(below=below, count=4))
    stopped = await see(bed(below=below, count=3))

    warned(well, Reason.DELEGATION_DIFFERS, f"only the zone itself names {NAMES[3]}")
    assert set(well.serials.values()) == {SERIAL}
    assert len(well.serials) == 4
    assert_failed(stopped, Layer.DNS, Reason.REFUSED, f"{NAMES[3]} ({NS[3]}:", "refused")


async def test_a_server_that_only_the_parent_names_is_a_warning() -> None:
    outcome = await see(bed(above=parent(servers=NAMES[:4]), count=4))

    warned(
        outcome,
        Reason.DELEGATION_DIFFERS,
        f"parent and zone name different servers: only the parent names {NAMES[3]}",
    )


async def test_the_server_that_names_others_is_told() -> None:
    servers = bed()
    servers[NS[2]].zones = [child(servers=NAMES[:2])]

    outcome = await see(servers)

    warned(outcome, Reason.DELEGATION_DIFFERS, f"only the parent names {NAMES[2]} (at {NAMES[2]})")


async def test_an_old_address_at_the_parent_is_a_warning_and_both_are_asked() -> None:
    moved = {NAMES[0]: NS[0], NAMES[1]: NS[3], NAMES[2]: NS[2]}
    servers = bed(below=child(addresses=moved), count=4)

    outcome = await see(servers)
    del servers[NS[1]]
    stopped = await see(servers)

    warned(
        outcome,
        Reason.GLUE_DIFFERS,
        f"the parent has {NS[1]} for {NAMES[1]}, the zone itself has {NS[3]}",
    )
    assert f"{NAMES[1]} {NS[3]}" in outcome.serials
    assert_failed(stopped, Layer.DNS, Reason.REFUSED, f"{NAMES[1]} ({NS[1]}:", "refused")


async def test_an_address_that_the_parent_leaves_out_is_asked_and_no_fault() -> None:
    more = f"{NAMES[1]} A {NS[3]}"
    servers = bed(below=child(more), count=4)

    well = await see(servers)
    servers[NS[3]].spoil = with_rcode(dns.rcode.REFUSED)
    lame = await see(servers)

    assert_passed(well, "3 servers at 4 addresses")
    assert well.warning is None
    assert_failed(lame, Layer.DNS, Reason.DNS_REFUSED, f"{NAMES[1]} ({NS[3]})")


@pytest.mark.parametrize("parents", [(PARENT,), ()], ids=["a given parent", "one that is found"])
async def test_a_zone_that_the_parent_does_not_know_is_gone(parents: tuple[str, ...]) -> None:
    above = Content(name="example.", records=(f"ns1 A {PARENT}",), keys=(PARENTS,))

    outcome = await see(bed(above=above), parents=parents)

    assert_failed(outcome, Layer.DNS, Reason.NO_DELEGATION)
    assert outcome.evidence == (
        "the parent knows no zone shop.example. (NXDOMAIN): nobody is led to its servers"
    )


@pytest.mark.parametrize(
    ("spoil", "remark"),
    [
        pytest.param(silent, "did not answer within", id="silent"),
        pytest.param(with_rcode(dns.rcode.REFUSED), f"{PARENT} answered REFUSED", id="refuses"),
        pytest.param(
            with_rcode(dns.rcode.SERVFAIL), f"{PARENT} answered SERVFAIL", id="is not well"
        ),
        pytest.param(
            lambda query, _: Server(zones=[]).answer(query.to_wire(), tcp=True),
            "REFUSED",
            id="serves another zone",
        ),
    ],
)
async def test_a_parent_that_cannot_be_asked_says_nothing_of_the_zone(
    spoil: Spoil, remark: str
) -> None:
    servers = bed()
    servers[PARENT].spoil = spoil

    outcome = await see(servers, limit=HASTY)

    assert_passed(outcome, "3 servers", "the parent could not be asked (", remark)


async def test_an_empty_answer_of_a_stranger_is_no_word_of_the_parent() -> None:
    """What stands at the parent's old address may say that it knows of nothing."""

    def ignorant(_query: QueryMessage, reply: QueryMessage) -> Message:
        reply.answer[:], reply.authority[:] = [], []
        reply.flags &= ~dns.flags.AA
        return reply

    servers = bed()
    servers[PARENT].spoil = ignorant

    assert_passed(await see(servers), f"could not be asked ({PARENT} is no server of it)")


async def test_a_server_of_the_zone_itself_is_no_parent() -> None:
    servers = bed()
    servers[PARENT].zones = [child()]

    outcome = await see(servers)

    assert_passed(outcome, "signed", f"could not be asked ({PARENT} is no server of it)")


async def test_where_the_parent_serves_the_child_too_its_ds_still_counts() -> None:
    servers = bed()
    servers[PARENT].zones = [parent(), child()]

    assert_passed(await see(servers), "3 servers", "signed")


async def test_the_next_parent_is_asked_where_the_first_ones_are_silent() -> None:
    servers = bed()
    servers[SECOND_PARENT] = Server(zones=[parent()])
    parents = (NOBODY, "127.54.0.98", SECOND_PARENT)

    outcome = await see(servers, parents=parents)

    assert_passed(outcome)
    assert "parent" not in outcome.evidence


@pytest.mark.parametrize(
    ("second", "phrase"),
    [
        pytest.param(
            Content(name="example.", records=(), keys=(PARENTS,)),
            f"{SECOND_PARENT} knows no zone shop.example.",
            id="one knows no such zone",
        ),
        pytest.param(
            parent(servers=NAMES[:2]), f"only {PARENT} names {NAMES[2]}", id="one names fewer"
        ),
        pytest.param(parent(ds=[]), f"only {PARENT} vouches for key", id="one vouches for no key"),
    ],
)
@pytest.mark.parametrize("order", [1, -1], ids=["the right one first", "the wrong one first"])
async def test_servers_of_the_parent_that_disagree_are_a_warning(
    second: Content, phrase: str, order: int
) -> None:
    servers = bed()
    servers[SECOND_PARENT] = Server(zones=[second])

    outcome = await see(servers, parents=(PARENT, SECOND_PARENT)[::order])

    warned(outcome, Reason.DELEGATION_DIFFERS, "servers of the parent disagree", phrase)


async def test_where_neither_parent_nor_resolver_answers_the_zone_is_not_known() -> None:
    servers = bed()
    servers[HERE].spoil = with_rcode(dns.rcode.SERVFAIL)

    outcome = await see(servers, parents=(NOBODY,))

    assert_failed(
        outcome, Layer.DNS, Reason.SERVFAIL,
        "the servers of shop.example. are not known: the resolver answered SERVFAIL",
        f"the parent could not be asked (DNS server {NOBODY}",
    )  # fmt: skip


async def test_a_resolver_that_is_silent_is_not_taken_for_a_silent_zone() -> None:
    servers = bed()
    servers[HERE].spoil = silent

    outcome = await see(servers, parents=(NOBODY,), limit=timedelta(seconds=0.7))

    assert_failed(
        outcome, Layer.DNS, Reason.DNS_TIMEOUT,
        "the servers of shop.example. are not known: the resolver did not find shop.example.",
        f"the parent could not be asked (DNS server {NOBODY}",
    )  # fmt: skip


async def test_a_ds_that_nobody_could_be_asked_for_is_not_taken_for_none() -> None:
    servers = bed()
    servers[HERE].spoil = with_rcode(dns.rcode.SERVFAIL, to=RdataType.DS)

    outcome = await see(servers, parents=(NOBODY,), dnssec=Dnssec.VALID)

    assert_passed(outcome, "whether it is signed is not known")


# Signatures.


async def test_a_zone_that_should_be_signed_and_is_not_fails() -> None:
    outcome = await see(bed(above=parent(ds=[]), below=child(keys=())), dnssec=Dnssec.VALID)

    assert_failed(outcome, Layer.DNSSEC, Reason.UNSIGNED, "shop.example. is not signed", "no DS")


async def test_a_zone_signed_in_unknown_ways_is_well_unless_it_must_be_valid() -> None:
    """A resolver takes it for unsigned as well."""
    servers = bed(above=parent(ds=[f"12345 200 2 {'00' * 32}"]))

    told = await see(servers)
    wanted = await see(servers, dnssec=Dnssec.VALID)

    assert_passed(told, "3 servers", "it is signed only in ways that are not checked here")
    assert_failed(wanted, Layer.DNSSEC, Reason.UNSIGNED, "only in ways that cannot be checked")


async def test_signatures_that_nobody_looks_at_may_be_wrong() -> None:
    servers = bed(above=parent(ds=[STRANGE.ds("shop.example.")]))

    assert_passed(await see(servers, dnssec=Dnssec.OFF))
    assert_failed(
        await see(servers), Layer.DNSSEC, Reason.BOGUS,
        f"the parent's DS names key {STRANGE.tag}, which shop.example. does not have",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("odd", "reason", "phrase"),
    [
        pytest.param(
            replace(child(), ends=NOW - timedelta(hours=3)), Reason.SIGNATURE_EXPIRED,
            "the signature of shop.example. DNSKEY ended 3 h ago",
            id="that have ended",
        ),
        pytest.param(
            replace(child(), begins=NOW + timedelta(hours=3)), Reason.BOGUS, "valid only from",
            id="that have not begun",
        ),
        pytest.param(
            child(keys=()), Reason.BOGUS, "shop.example. has no keys at all", id="that are missing"
        ),
        pytest.param(
            child(keys=(STRANGE,)), Reason.BOGUS, "which shop.example. does not have",
            id="of another key",
        ),
    ],
)  # fmt: skip
async def test_signatures_at_one_server_are_told_from_those_at_all(
    odd: Content, reason: Reason, phrase: str
) -> None:
    one = bed()
    one[NS[1]].zones = [odd]

    at_one = await see(one)
    at_all = await see(bed(below=odd))

    assert_failed(at_one, Layer.DNSSEC, reason, f"{NAMES[1]} ({NS[1]}): ", phrase)
    assert_failed(at_all, Layer.DNSSEC, reason, phrase)
    assert "(127" not in at_all.evidence


async def test_a_server_behind_has_its_own_keys_and_is_not_bogus_for_it() -> None:
    """A rollover on its way: the old version is signed by a key that the new one has not."""
    ksk, before, after = CHILDS, Key(flags=256), Key(flags=256)
    servers = bed(below=child(keys=(ksk, after)))
    servers[NS[0]].zones = [child(keys=(ksk, before), serial=OLD)]

    warned(await see(servers), Reason.SERIAL_BEHIND)


@pytest.mark.parametrize(
    ("ends", "vote", "phrase"),
    [
        pytest.param(timedelta(days=4, hours=12), Vote.PASS, "end in 4 days (", id="in days"),
        pytest.param(timedelta(days=1, hours=12), Vote.FAIL, "end in 1 day (", id="in a day"),
        pytest.param(timedelta(hours=5), Vote.FAIL, "end in 5 h (", id="in hours"),
    ],
)
async def test_signatures_that_end_soon_warn_then_fail(
    ends: timedelta, vote: Vote, phrase: str
) -> None:
    below = replace(child(), ends=NOW + ends)

    outcome = await see(bed(below=below), days=(7, 2))

    reason = outcome.warning or outcome.reason
    assert (outcome.vote, reason) == (vote, Reason.SIGNATURE_EXPIRES_SOON), outcome
    assert f"the signatures of shop.example. {phrase}" in outcome.evidence


async def test_what_nobody_should_sign_with_any_more_is_a_warning() -> None:
    key = Key(Algorithm.RSASHA1NSEC3SHA1)
    ds = key.ds("shop.example.", DSDigest.SHA1)

    outcome = await see(bed(above=parent(ds=[ds]), below=child(keys=(key,))))

    warned(outcome, Reason.WEAK_ALGORITHM, "rests on RSASHA1NSEC3SHA1 and a DS of SHA-1")


# Hostile and unlucky.


async def test_addresses_that_this_location_does_not_dial_are_never_asked() -> None:
    """A public location, whose own resolver alone is known to it."""
    servers = bed()
    async with serving(servers) as port:
        dialer = Dialer(egress=Egress.PUBLIC, nameservers=[Nameserver(HERE, port)])
        outcome = await look(ZoneTarget(zone="shop.example", port=port), dialer=dialer)

    assert_failed(
        outcome, Layer.DNS, Reason.NO_ADDRESS,
        f"the server {NAMES[0]} has no address: ", "a public location does not dial",
        f"{NS[0]} is a loopback address",
    )  # fmt: skip
    assert not any(servers[address].asked for address in (PARENT, *NS[:3]))


@pytest.mark.parametrize(
    ("address", "kind"),
    [("169.254.169.254", "metadata"), ("0.0.0.0", "unspecified"), ("224.0.0.1", "multicast")],
)
async def test_glue_that_leads_astray_is_refused(address: str, kind: str) -> None:
    glue = {NAMES[0]: NS[0], NAMES[1]: address, NAMES[2]: NS[2]}

    outcome = await see(bed(above=parent(glue=glue)))

    assert_failed(outcome, Layer.DNS, Reason.NO_ADDRESS, f"{NAMES[1]} ({address}", kind)


async def test_glue_for_names_that_serve_nothing_is_not_looked_at() -> None:
    def generous(_query: QueryMessage, reply: QueryMessage) -> Message:
        lie = dns.rrset.from_text("www.shop.example.", 300, "IN", "A", NS[3])
        reply.additional.append(lie)
        return reply

    servers = bed(count=4)
    servers[PARENT].spoil = generous

    outcome = await see(servers)

    assert_passed(outcome, "3 servers at 3 addresses")
    assert outcome.warning is None
    assert not servers[NS[3]].asked


async def test_a_name_server_that_is_an_alias_is_asked_at_its_target() -> None:
    names = (NAMES[0], "alias.shop.example.")
    below = child(f"alias CNAME {NAMES[1]}", f"{NAMES[1]} A {NS[1]}", servers=names)
    servers = bed(above=parent(servers=names), below=below)

    outcome = await see(servers)

    assert_passed(outcome, "2 servers at 2 addresses")
    assert f"alias.shop.example. {NS[1]}" in outcome.serials


async def test_a_name_server_without_an_address_is_named() -> None:
    names = (NAMES[0], "gone.shop.example.")

    outcome = await see(bed(above=parent(servers=names), below=child(servers=names)))

    assert_failed(
        outcome, Layer.DNS, Reason.NO_ADDRESS,
        "the server gone.shop.example. has no address: ", "does not exist",
    )  # fmt: skip
    assert outcome.address is None


async def test_a_name_server_that_the_resolver_does_not_find_is_named_and_the_others_judged() -> (
    None
):
    """Its own zone is dead, and a resolver tries for longer than anybody waits."""

    def lost(query: QueryMessage, reply: QueryMessage) -> Message | None:
        return None if query.question[0].name.to_text() == "ns.dead.test." else reply

    names = (*NAMES[:2], "ns.dead.test.")
    servers = bed(above=parent(servers=names), below=child(servers=names))
    servers[HERE].spoil = lost

    outcome = await see(servers, limit=HASTY)

    assert_failed(
        outcome, Layer.DNS, Reason.DNS_TIMEOUT,
        "the server ns.dead.test. has no address that is found: the resolver did not find",
    )  # fmt: skip
    assert len(outcome.serials) == 2


async def test_five_hundred_names_are_not_all_asked() -> None:
    def crowd(query: QueryMessage, reply: QueryMessage) -> Message:
        if query.question[0].rdtype == RdataType.NS:
            zone = dns.name.from_text("shop.example.")
            names = [f"n{number:03}.shop.example." for number in range(500)]
            reply.authority[:] = [dns.rrset.from_text_list(zone, 300, "IN", "NS", names)]
            glue = [dns.rrset.from_text(name, 300, "IN", "A", NS[0]) for name in names[:5]]
            reply.additional[:] = glue
        return reply

    servers = bed(above=parent(ds=[]), below=child(keys=()))
    servers[PARENT].spoil = crowd

    outcome = await see(servers)

    resolved = {name for _, name, kind in servers[HERE].asked if kind == "A"}
    assert outcome.vote is Vote.FAIL
    assert len(resolved) <= visit.NAMES
    assert asked_in_all(servers) < 100


async def test_a_crowd_of_addresses_is_not_asked_as_a_whole() -> None:
    crowd = [f"127.54.1.{number}" for number in range(1, 31)]
    own = [f"{NAMES[0]} A {address}" for address in crowd]
    above = parent(*own, servers=NAMES[:1], glue={}, ds=[])
    below = child(*own, servers=NAMES[:1], keys=(), addresses={})
    servers = bed(above=above, below=below, count=0)
    servers |= {address: Server(zones=[below]) for address in crowd}

    outcome = await see(servers)

    asked = [address for address in crowd if servers[address].asked]
    assert_passed(outcome, f"1 server at {visit.PLACES} addresses", "only 24 of 30 addresses")
    assert len(asked) == len(outcome.serials) == visit.PLACES


async def test_ten_thousand_records_are_not_read() -> None:
    def flood(query: QueryMessage, reply: QueryMessage) -> Message:
        if query.question[0].rdtype == RdataType.NS:
            flooded = reply.answer[0]
            texts = [f"n{number}.shop.example." for number in range(2500)]
            reply.answer[0] = dns.rrset.from_text_list(flooded.name, 300, "IN", "NS", texts)
        return reply

    servers = bed(above=parent(ds=[]), below=child(keys=()))
    servers[NS[0]].spoil = flood

    outcome = await see(servers)

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, NAMES[0], "holds more than 512 records")


async def test_slow_servers_are_slow_and_not_down() -> None:
    servers = bed()
    for address in NS[:3]:
        servers[address].late = 0.3
    limit = timedelta(seconds=1.4)

    outcome = await see(servers, limit=limit, records=(("www.shop.example", "A"),))

    assert_passed(outcome, "3 servers at 3 addresses", "there was no time to ask for everything")


async def test_servers_too_slow_to_give_a_serial_are_down() -> None:
    servers = bed()
    for address in NS[:3]:
        servers[address].late = 3
    limit = timedelta(seconds=0.8)

    outcome = await see(servers, limit=limit)

    assert_failed(
        outcome, Layer.DNS, Reason.DNS_TIMEOUT, "no server of shop.example. answered in time"
    )


async def test_a_server_that_was_not_heard_in_time_is_neither_well_nor_down() -> None:
    """It would answer, but for the silent ones before it; here the others take all the time."""
    servers = bed()
    servers[NS[0]].late = servers[NS[1]].late = 0.05
    servers[NS[2]].late = 5
    limit = timedelta(seconds=0.9)

    outcome = await see(servers, limit=limit)
    del servers[NS[1]]
    one_alone = await see(servers, limit=limit, servers=2)

    warned(outcome, Reason.DNS_TIMEOUT, f"{NAMES[2]} ({NS[2]}) was not heard in the time")
    assert_failed(one_alone, Layer.DNS, Reason.REFUSED, NAMES[1])


async def test_a_zone_without_an_address_of_the_wanted_family_is_told() -> None:
    servers = bed()
    async with serving(servers) as port:
        target = ZoneTarget(
            zone="shop.example", parents=(PARENT,), resolver=f"{HERE}:{port}", port=port,
            family=Family.V6,
        )  # fmt: skip
        outcome = await look(target)

    assert_failed(
        outcome, Layer.DNS, Reason.NO_ADDRESS, "no server of shop.example. has an address of IPv6"
    )


async def test_the_root_has_no_parent_to_be_asked() -> None:
    root = Content(
        name=".", records=("a.nic.test. A 127.54.0.11",), servers=("a.nic.test.",), keys=(CHILDS,)
    )
    servers = {HERE: Server(zones=[root]), NS[0]: Server(zones=[root])}
    async with serving(servers) as port:
        outcome = await look(ZoneTarget(zone=".", resolver=f"{HERE}:{port}", port=port))

    assert_passed(outcome, "1 server at 1 address agree", "the root has no parent")


async def test_a_parent_whose_servers_have_no_address_cannot_be_asked() -> None:
    lost = replace(parent(), servers=("ns.nowhere.example.",))

    outcome = await see(bed(above=lost), parents=())

    assert_passed(outcome, "3 servers", "no server of the parent is known")


async def test_a_zone_that_the_resolver_does_not_know_either_is_gone() -> None:
    above = Content(name="example.", keys=(PARENTS,))
    servers = {HERE: Server(zones=[above])}

    outcome = await see(servers, parents=(NOBODY,))

    assert_failed(outcome, Layer.DNS, Reason.NO_DELEGATION, "(NXDOMAIN)")


async def test_a_zone_that_this_location_has_no_way_to_is_not_judged() -> None:
    """Neither a pass nor a failure; the dialer's source address is of another family."""
    six = f"{NAMES[0]} AAAA ::1"
    above = parent(six, servers=NAMES[:1], glue={}, ds=[])
    below = child(six, servers=NAMES[:1], keys=(), addresses={})
    dialer = Dialer(egress=Egress.LOOPBACK, source=HERE)

    outcome = await see(bed(above=above, below=below), dialer=dialer)

    assert_abstained(outcome, Reason.NO_ROUTE_FAMILY, "::1 is of another family")


async def test_addresses_that_this_location_has_no_way_to_are_left_out() -> None:
    six = f"{NAMES[0]} AAAA ::1"
    dialer = Dialer(egress=Egress.LOOPBACK, source=HERE)

    outcome = await see(bed(above=parent(six), below=child(six)), dialer=dialer)

    assert_passed(outcome, "3 servers at 3 addresses", "::1 is of another family")


@settings(max_examples=20, deadline=None)
@given(
    places=st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    where=st.sampled_from([HERE, PARENT, NS[0], NS[2]]),
)
def test_answers_with_flipped_bits_break_nothing(places: list[int], where: str) -> None:
    servers = bed()
    servers[where].spoil = flipping(places)

    outcome = asyncio.run(see(servers, limit=BRIEF, records=(("www.shop.example", "A"),)))

    assert outcome.reason is not Reason.PROBE_ERROR
