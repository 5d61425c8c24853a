"""What is validated here holds, is proven to need no signature, or is bogus: nothing in between."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import dns.dnssec
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rrset
import pytest
from dns.dnssectypes import Algorithm, DSDigest
from dns.message import QueryMessage
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rrset import RRset
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.dnszone import Server, Spoil, flipping, serving
from tests.integration.checks.dnszone_content import OPT_OUT, REVOKED, Content, Hashing, Key, twins
from tests.integration.checks.servers import (
    HERE,
    LONG,
    NOW,
    assert_failed,
    assert_passed,
    look,
)
from tocsin.checks import denial, dnssec, signatures
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Record
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.questions import DnsTarget

PARENTS, CHILDS, STRANGE = Key(), Key(), Key()
SHOP = dns.name.from_text("shop.example.")
RECORDS = (
    "www A 192.0.2.80",
    "alias CNAME www",
    "far CNAME www.other.example.",
    "lost CNAME nowhere",
    "*.wild A 192.0.2.81",
    "here.wild A 192.0.2.82",
    "deep.empty TXT x",
    "moved DNAME www.shop.example.",
)
HASHING = Hashing(iterations=2, salt=b"\xab")
NSEC, NSEC3 = None, HASHING
BRIEF = timedelta(seconds=0.2)
KSK_2017 = (
    "257 3 8 "
    "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5e"
    "mLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF"
    "0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1"
    "uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwN"
    "R1AkUTV74bU="
)
KSK_2024 = (
    "257 3 8 "
    "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU"
    "5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+s"
    "iFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxl"
    "FzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUe"
    "ayffKC73PYc="
)


def child(
    name: str = "shop.example.", *, keys: Sequence[Key] = (CHILDS,), hashing: Hashing | None = NSEC
) -> Content:
    return Content(name=name, records=RECORDS, keys=keys, hashing=hashing)


def parent(
    *more: str,
    shop: Sequence[str] | None = None,
    hashing: Hashing | None = NSEC,
    keys: Sequence[Key] = (PARENTS,),
) -> Content:
    """Give the zone above: `shop` and `other` are signed, `plain` is not."""
    vouched = [CHILDS.ds("shop.example.")] if shop is None else shop
    records = [
        *("shop NS ns1.shop", "other NS ns1.other", "plain NS ns1.plain"),
        *(f"shop DS {record}" for record in vouched),
        f"other DS {CHILDS.ds('other.example.')}",
        *more,
    ]
    return Content(name="example.", records=records, keys=keys, hashing=hashing)


PLAIN = Content(name="plain.example.", records=("www A 192.0.2.90",))
OTHER = Content(
    name="other.example.", records=("www A 192.0.2.91", "*.wild A 192.0.2.92"), keys=(CHILDS,)
)


async def ask(
    name: str,
    kind: str = "A",
    *,
    zones: Iterable[Content] | None = None,
    rcode: str = "NOERROR",
    nothing: bool = False,
    spoil: Spoil | None = None,
    anchors: tuple[str, ...] | None = None,
    limit: timedelta = LONG,
    aliases: int = 8,
) -> Outcome:
    """Ask a resolver that has the zones, and validate from the parent's key on."""
    server = Server(zones=list(zones or (parent(), child(), OTHER, PLAIN)), spoil=spoil)
    async with serving({HERE: server}) as port:
        target = DnsTarget(
            name=name,
            type=kind,
            resolver=f"{HERE}:{port}",
            rcode=rcode,
            equals=() if nothing else None,
            dnssec=True,
            aliases=aliases,
            anchors=(f"example. DS {PARENTS.ds('example.')}",) if anchors is None else anchors,
        )
        return await look(target, limit=limit)


def bogus(outcome: Outcome, *phrases: str) -> None:
    assert_failed(outcome, Layer.DNSSEC, Reason.BOGUS, *phrases)


def unsigned(outcome: Outcome, *phrases: str) -> None:
    assert_failed(outcome, Layer.DNSSEC, Reason.UNSIGNED, *phrases)


def without(*kinds: RdataType, of: RdataType | None = None, at: str | None = None) -> Spoil:
    """Leave sets of these types out of answers: all, to questions of one type, or of one name."""

    def spoil(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        (asked,) = query.question
        if of in {None, asked.rdtype} and at in {None, asked.name.to_text()}:
            for section in (reply.answer, reply.authority):
                section[:] = [each for each in section if each.rdtype not in kinds]
        return reply

    return spoil


def test_the_anchors_of_the_root_are_those_that_its_keys_give() -> None:
    keys = [dns.rdata.from_text("IN", "DNSKEY", key) for key in (KSK_2017, KSK_2024)]

    made = {dns.dnssec.make_ds(dns.name.root, key, DSDigest.SHA256) for key in keys}

    (roots,) = dnssec.anchors(()).values()
    assert {ds.key_tag for ds in roots} == {20326, 38696}
    assert set(roots) == made


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
@pytest.mark.parametrize(
    ("name", "kind", "rcode", "nothing"),
    [
        pytest.param("www.shop.example", "A", "NOERROR", False, id="a record"),
        pytest.param("shop.example", "SOA", "NOERROR", False, id="the apex"),
        pytest.param("shop.example", "DS", "NOERROR", False, id="what the parent says"),
        pytest.param("alias.shop.example", "A", "NOERROR", False, id="an alias"),
        pytest.param("alias.shop.example", "CNAME", "NOERROR", False, id="the alias itself"),
        pytest.param("far.shop.example", "A", "NOERROR", False, id="an alias to another zone"),
        pytest.param("lost.shop.example", "A", "NXDOMAIN", False, id="an alias to nowhere"),
        pytest.param("x.wild.shop.example", "A", "NOERROR", False, id="a wildcard's answer"),
        pytest.param("a.b.wild.shop.example", "A", "NOERROR", False, id="a wildcard far above"),
        pytest.param("*.wild.shop.example", "A", "NOERROR", False, id="the wildcard itself"),
        pytest.param("x.wild.shop.example", "TXT", "NOERROR", True, id="a wildcard without it"),
        pytest.param("here.wild.shop.example", "A", "NOERROR", False, id="beside a wildcard"),
        pytest.param("www.shop.example", "TXT", "NOERROR", True, id="no such type"),
        pytest.param("empty.shop.example", "A", "NOERROR", True, id="a part of other names"),
        pytest.param("nowhere.shop.example", "A", "NXDOMAIN", False, id="no such name"),
        pytest.param("a.b.c.shop.example", "A", "NXDOMAIN", False, id="nothing far below"),
        pytest.param("zzz.shop.example", "A", "NXDOMAIN", False, id="behind the last name"),
        pytest.param("x.www.shop.example", "A", "NXDOMAIN", False, id="below a name"),
    ],
)
async def test_what_is_signed_and_what_is_proven_not_to_be_there_is_valid(
    name: str,
    kind: str,
    rcode: str,
    nothing: bool,  # noqa: FBT001 - a case
    hashing: Hashing | None,
) -> None:
    zones = (parent(hashing=hashing), child(hashing=hashing), OTHER, PLAIN)

    outcome = await ask(name, kind, zones=zones, rcode=rcode, nothing=nothing)

    assert_passed(outcome, "; signed, valid until ")


async def test_an_alias_that_a_dname_makes_is_valid_without_a_signature_of_its_own() -> None:
    zones = (
        parent(),
        replace(child(), records=("moved DNAME new.shop.example.", "x.new A 192.0.2.1")),
    )

    assert_passed(await ask("x.moved.shop.example", zones=zones), "192.0.2.1; signed")


async def test_an_alias_that_does_not_follow_from_its_dname_is_bogus() -> None:
    target = dns.name.from_text("www.other.example.")

    def lead_astray(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            made = [each for each in reply.answer if each.name == query.question[0].name]
            lie = dns.rrset.from_text(made[0].name, 300, "IN", "CNAME", "www.other.example.")
            rule = [each for each in reply.answer if each.name != query.question[0].name][:2]
            reply.answer[:] = [*rule, lie, *OTHER.found(target, RdataType.A)]
        return reply

    zones = (
        parent(),
        OTHER,
        replace(child(), records=("moved DNAME new.shop.example.", "x.new A 192.0.2.1")),
    )

    outcome = await ask("x.moved.shop.example", zones=zones, spoil=lead_astray)

    bogus(outcome, "x.moved.shop.example. CNAME does not follow from the DNAME of moved.shop")


@pytest.mark.parametrize(
    "algorithm",
    [
        Algorithm.RSASHA1NSEC3SHA1,
        Algorithm.RSASHA256,
        Algorithm.RSASHA512,
        Algorithm.ECDSAP384SHA384,
        Algorithm.ED25519,
        Algorithm.ED448,
    ],
)
async def test_every_algorithm_that_is_in_use_is_checked(algorithm: Algorithm) -> None:
    key = Key(algorithm)
    zones = (parent(shop=[key.ds("shop.example.")]), child(keys=(key,)))

    assert_passed(await ask("www.shop.example", zones=zones), "signed")


async def test_a_key_that_signs_keys_may_be_another_than_the_one_that_signs_the_rest() -> None:
    ksk, zsk = Key(), Key(flags=256)
    zones = (parent(shop=[ksk.ds("shop.example.")]), child(keys=(ksk, zsk)))

    assert_passed(await ask("www.shop.example", zones=zones), "signed")


# What need not be signed is proven not to, and fails for that alone.


@pytest.mark.parametrize(
    "hashing",
    [
        pytest.param(NSEC, id="NSEC"),
        pytest.param(NSEC3, id="NSEC3"),
        pytest.param(Hashing(flags=OPT_OUT), id="NSEC3 that leaves it out"),
    ],
)
@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [("www.plain.example", "A", "NOERROR"), ("nowhere.plain.example", "A", "NXDOMAIN")],
    ids=["what is there", "what is not"],
)
async def test_a_zone_that_its_parent_proves_unsigned_is_just_that(
    name: str, kind: str, rcode: str, hashing: Hashing | None
) -> None:
    zones = (parent(hashing=hashing), PLAIN)

    outcome = await ask(name, kind, zones=zones, rcode=rcode)

    unsigned(outcome, "example. vouches for no key of plain.example. (no DS record)")


async def test_an_island_of_signatures_that_nobody_vouches_for_is_unsigned() -> None:
    zones = (parent(shop=[]), child())

    outcome = await ask("www.shop.example", zones=zones)

    unsigned(outcome, "shop.example. is not signed: example. vouches for no key")


@pytest.mark.parametrize(
    "ds",
    [
        pytest.param("12345 13 3 " + "00" * 32, id="a digest that nobody has any more"),
        pytest.param("12345 200 2 " + "00" * 32, id="an unknown algorithm"),
        pytest.param("12345 254 2 " + "00" * 32, id="a private algorithm"),
        pytest.param("12345 1 2 " + "00" * 32, id="RSA with MD5"),
        pytest.param("12345 3 2 " + "00" * 32, id="DSA"),
        pytest.param("12345 12 2 " + "00" * 32, id="GOST"),
    ],
)
async def test_what_is_signed_in_ways_that_are_not_checked_is_as_if_unsigned(ds: str) -> None:
    zones = (parent(shop=[ds]), child())

    outcome = await ask("www.shop.example", zones=zones)

    unsigned(outcome, "shop.example. is signed only in ways that cannot be checked here")


async def test_above_the_anchors_nothing_is_known() -> None:
    unsigned(await ask("www.shop.example", anchors=(f"net. DS {PARENTS.ds('net.')}",)), "no anchor")


async def test_an_anchor_may_lie_in_the_middle() -> None:
    anchor = f"shop.example. DS {CHILDS.ds('shop.example.')}"
    zones = (parent(shop=[STRANGE.ds("shop.example.")]), child())

    assert_passed(await ask("www.shop.example", zones=zones, anchors=(anchor,)), "signed")


async def test_more_rounds_of_hashing_than_are_done_leave_a_zone_unsigned() -> None:
    zones = (parent(), child(hashing=Hashing(iterations=denial.ITERATIONS + 1)))

    outcome = await ask("nowhere.shop.example", zones=zones, rcode="NXDOMAIN")

    unsigned(outcome, "101 rounds of hashing, more than 100", "RFC 9276")


async def test_as_many_rounds_of_hashing_as_are_done_are_valid() -> None:
    zones = (parent(), child(hashing=Hashing(iterations=denial.ITERATIONS)))

    outcome = await ask("nowhere.shop.example", zones=zones, rcode="NXDOMAIN")

    assert_passed(outcome, "signed")


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        pytest.param("nowhere.shop.example", "A", "NXDOMAIN", id="no such name"),
        pytest.param("x.wild.shop.example", "TXT", "NOERROR", id="a wildcard without it"),
        pytest.param("x.wild.shop.example", "A", "NOERROR", id="a wildcard's answer"),
    ],
)
async def test_what_a_chain_may_have_left_out_is_not_proven_absent(
    name: str, kind: str, rcode: str
) -> None:
    zones = (parent(), child(hashing=Hashing(flags=OPT_OUT)))

    outcome = await ask(name, kind, zones=zones, rcode=rcode, nothing=kind == "TXT")

    unsigned(outcome, f"that there is no {name}. is not proven", "opt-out")


# What a resolver would refuse.


@pytest.mark.parametrize(
    ("name", "spoil", "phrase"),
    [
        pytest.param(
            "www.plain.example", without(RdataType.NSEC),
            "www.plain.example. A is not signed, and example. does not prove that plain.example. "
            "need not be signed",
            id="an unsigned zone without a proof",
        ),
        pytest.param(
            "www.shop.example", without(RdataType.DS, RdataType.NSEC),
            "shop.example. is not signed, and example. does not prove",
            id="a DS that was taken away",
        ),
        pytest.param(
            "www.shop.example", without(RdataType.RRSIG, of=RdataType.A),
            "www.shop.example. A is not signed, though shop.example. is",
            id="signatures that were taken away",
        ),
        pytest.param(
            "alias.shop.example", without(RdataType.RRSIG, of=RdataType.A),
            "alias.shop.example. CNAME is not signed, though shop.example. is",
            id="an alias without its signature",
        ),
        pytest.param(
            "www.shop.example", without(RdataType.DNSKEY, at="shop.example."),
            "but shop.example. has no keys at all",
            id="no keys",
        ),
        pytest.param(
            "www.shop.example", without(RdataType.RRSIG, of=RdataType.DNSKEY, at="shop.example."),
            "shop.example. DNSKEY is not signed",
            id="keys without signatures",
        ),
        pytest.param(
            "www.shop.example", without(RdataType.RRSIG, of=RdataType.DS),
            "the DS of shop.example. is not signed by a zone above it",
            id="a DS without a signature",
        ),
        pytest.param(
            "x.wild.shop.example", without(RdataType.NSEC),
            "x.wild.shop.example. came from a wildcard, and nothing proves that it may",
            id="a wildcard's answer without a proof",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_proven_is_bogus(name: str, spoil: Spoil, phrase: str) -> None:
    bogus(await ask(name, spoil=spoil), phrase)


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [("nowhere.shop.example", "A", "NXDOMAIN"), ("www.shop.example", "TXT", "NOERROR")],
    ids=["no such name", "no such type"],
)
async def test_that_something_is_not_there_wants_a_proof(
    name: str, kind: str, rcode: str, hashing: Hashing | None
) -> None:
    zones = (parent(), child(hashing=hashing))
    spoil = without(RdataType.NSEC, RdataType.NSEC3, of=RdataType.make(kind))

    outcome = await ask(name, kind, zones=zones, rcode=rcode, nothing=True, spoil=spoil)

    bogus(outcome, f"the signatures of shop.example. do not prove that there is no {name}. {kind}")


@pytest.mark.parametrize("lacking", [RdataType.SOA, RdataType.RRSIG], ids=["SOA", "signatures"])
async def test_an_empty_answer_that_proves_nothing_is_bogus(lacking: RdataType) -> None:
    spoil = without(lacking, of=RdataType.TXT)

    outcome = await ask("www.shop.example", "TXT", nothing=True, spoil=spoil)

    bogus(outcome, "that there is no www.shop.example. TXT is not", "though shop.example. is")


def answering_with(lie: Sequence[RRset], rcode: dns.rcode.Rcode) -> Spoil:
    """Answer questions for an address with nothing, and with a proof of something else."""

    def spoil(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            reply.answer[:] = []
            reply.authority[:] = lie
            reply.set_rcode(rcode)
        return reply

    return spoil


def true_of(zone: Content, name: str) -> list[RRset]:
    return zone.nothing(dns.name.from_text(name))


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR])
@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
@pytest.mark.parametrize(
    ("name", "lie"),
    [
        pytest.param(
            "www.shop.example",
            lambda hashing: true_of(child(hashing=hashing), "nowhere.shop.example."),
            id="of another name",
        ),
        pytest.param(
            "www.shop.example",
            lambda hashing: true_of(child(hashing=hashing), "x.wild.shop.example."),
            id="of what a wildcard lacks",
        ),
        pytest.param(
            "www.shop.example",
            lambda hashing: true_of(parent(hashing=hashing), "shop.example."),
            id="of a delegation",
        ),
        pytest.param(
            "www.shop.example",
            lambda hashing: true_of(parent(hashing=hashing), "www.shop.example."),
            id="of what the parent does not have below a delegation",
        ),
        pytest.param(
            "x.moved.shop.example",
            lambda hashing: true_of(child(hashing=hashing), "x.moved.shop.example."),
            id="of what is not below a DNAME",
        ),
        pytest.param(
            "alias.shop.example",
            lambda hashing: true_of(child(hashing=hashing), "alias.shop.example."),
            id="of an alias",
        ),
    ],
)
async def test_a_true_proof_of_something_else_proves_nothing(
    name: str,
    lie: Callable[[Hashing | None], list[RRset]],
    hashing: Hashing | None,
    rcode: dns.rcode.Rcode,
) -> None:
    spoil = answering_with(lie(hashing), rcode)

    outcome = await ask(name, rcode=dns.rcode.to_text(rcode), nothing=True, spoil=spoil)

    bogus(outcome, f"do not prove that there is no {name}. A")


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
async def test_a_wildcard_does_not_stand_for_what_is_below_a_name_beside_it(
    hashing: Hashing | None,
) -> None:
    """`here.wild` exists, so `*.wild` says nothing of what is below it."""
    zone = child(hashing=hashing)
    wild, name = (dns.name.from_text(f"{n}.wild.shop.example.") for n in ("*", "x.here"))

    def expand(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            reply.answer[:] = zone.found(wild, RdataType.A, name)
            reply.authority[:] = true_of(zone, "x.here.wild.shop.example.")
            reply.set_rcode(dns.rcode.NOERROR)
        return reply

    outcome = await ask("x.here.wild.shop.example", spoil=expand)

    bogus(outcome, "came from a wildcard, and nothing proves that it may")


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
async def test_what_a_wildcard_beside_lacks_says_nothing_of_what_is_below_a_name(
    hashing: Hashing | None,
) -> None:
    zone = child(hashing=hashing)
    lie = true_of(zone, "x.here.wild.shop.example.")
    lie += zone.denied(dns.name.from_text("x.wild.shop.example."))

    def deny(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.TXT:
            reply.authority[:] = [each for at, each in enumerate(lie) if each not in lie[:at]]
            reply.set_rcode(dns.rcode.NOERROR)
        return reply

    outcome = await ask("x.here.wild.shop.example", "TXT", nothing=True, spoil=deny)

    bogus(outcome, "do not prove that there is no x.here.wild.shop.example. TXT")


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
async def test_a_zone_does_not_say_what_its_parent_has_of_it(hashing: Hashing | None) -> None:
    """What is at the top of a zone has no DS, and is no word of whether the parent has one."""
    zone = child(hashing=hashing)
    anchor = f"shop.example. DS {CHILDS.ds('shop.example.')}"

    outcome = await ask("shop.example", "DS", zones=[zone], nothing=True, anchors=(anchor,))

    bogus(outcome, "do not prove that there is no shop.example. DS")


@pytest.mark.parametrize("hashing", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
async def test_a_name_is_not_absent_where_a_wildcard_may_stand_for_it(
    hashing: Hashing | None,
) -> None:
    zone, name = child(hashing=hashing), dns.name.from_text("x.wild.shop.example.")
    lie = [*zone.found(zone.origin, RdataType.SOA), *zone.denied(name, expanded=True)]
    lie += zone.found(dns.name.from_text("wild.shop.example."), RdataType.NSEC)

    outcome = await ask(
        "x.wild.shop.example",
        rcode="NXDOMAIN",
        spoil=answering_with(lie, dns.rcode.NXDOMAIN),
    )

    bogus(outcome, "do not prove that there is no x.wild.shop.example. A")


async def test_a_name_that_is_denied_compactly_is_absent() -> None:
    """RFC 9824: the name's own record says that there is none."""
    name = dns.name.from_text("nowhere.shop.example.")
    zone = child()
    nsec = dns.rrset.from_text(
        name, 300, "IN", "NSEC", r"\000.nowhere.shop.example. NSEC RRSIG TYPE128"
    )
    signature = CHILDS.sign(nsec, zone.origin, ends=NOW + timedelta(days=1))
    signed = dns.rrset.from_rdata_list(name, 300, [signature])
    compact = [*zone.found(zone.origin, RdataType.SOA), nsec, signed]

    denied = await ask(
        "nowhere.shop.example",
        rcode="NXDOMAIN",
        spoil=answering_with(compact, dns.rcode.NXDOMAIN),
    )
    empty = await ask(
        "nowhere.shop.example", nothing=True, spoil=answering_with(compact, dns.rcode.NOERROR)
    )

    assert_passed(denied, "NXDOMAIN; signed")
    assert_passed(empty, "signed")


async def test_an_alias_that_is_too_long_for_a_name_does_not_follow_from_its_dname() -> None:
    long = ".".join(["a" * 60] * 3)
    name = f"{'b' * 60}.moved.shop.example"
    zones = (
        parent(),
        OTHER,
        replace(child(), records=(f"moved DNAME {long}.shop.example.",)),
    )

    def answer(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        (asked,) = query.question
        if asked.rdtype == RdataType.A:
            moved = dns.name.from_text("moved.shop.example.")
            reply.set_rcode(dns.rcode.NOERROR)
            reply.answer[:] = [
                *zones[2].found(moved, RdataType.DNAME),
                dns.rrset.from_text(asked.name, 300, "IN", "CNAME", "www.other.example."),
                *OTHER.found(dns.name.from_text("www.other.example."), RdataType.A),
            ]
        return reply

    bogus(await ask(name, zones=zones, spoil=answer), "does not follow from the DNAME of moved")


async def test_as_many_aliases_as_a_monitor_may_allow_are_validated() -> None:
    chain = [f"c{number} CNAME c{number + 1}" for number in range(16)]
    zones = (parent(), replace(child(), records=(*chain, "c16 A 192.0.2.1")))

    assert_passed(await ask("c0.shop.example", zones=zones, aliases=16), "192.0.2.1; signed")


@pytest.mark.parametrize(
    ("anchor", "phrase"),
    [("example. A 192.0.2.1", "expected `owner DS"), ("example. DS 1 2", "is no DS record")],
    ids=["another type", "cut short"],
)
def test_an_anchor_that_is_none_is_refused(anchor: str, phrase: str) -> None:
    with pytest.raises(ValueError, match=phrase):
        dnssec.anchors((anchor,))


async def test_what_is_answered_does_not_count_as_absent() -> None:
    def deny(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    outcome = await ask("www.shop.example", rcode="NXDOMAIN", spoil=deny)

    bogus(outcome, "www.shop.example. is said not to exist, and is answered")


async def test_signatures_that_have_ended_say_when() -> None:
    zones = (parent(), replace(child(), ends=NOW - timedelta(hours=3)))

    outcome = await ask("www.shop.example", zones=zones)

    assert_failed(outcome, Layer.DNSSEC, Reason.SIGNATURE_EXPIRED, "DNSKEY ended 3 h ago")


async def test_signatures_that_have_not_begun_say_when() -> None:
    begins = NOW + timedelta(hours=3)
    zones = (parent(), replace(child(), begins=begins))

    outcome = await ask("www.shop.example", zones=zones)

    bogus(outcome, f"valid only from {begins:%Y-%m-%d %H:%M} UTC on")


async def test_the_end_of_the_shortest_signature_is_what_counts() -> None:
    soon = NOW + timedelta(days=2)
    at_the_parent = (replace(parent(), ends=soon), child(), OTHER)
    behind_an_alias = (parent(), child(), replace(OTHER, ends=soon))

    for zones in (at_the_parent, behind_an_alias):
        outcome = await ask("far.shop.example", zones=zones)

        assert_passed(outcome, f"valid until {soon:%Y-%m-%d %H:%M} UTC")


def resigned(key: Key, signer: str = "shop.example.", at: RdataType = RdataType.A) -> Spoil:
    """Sign answers of one type anew, by this key and in this name."""

    def spoil(_query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        (asked,) = reply.question
        if asked.rdtype != at or not asked.name.is_subdomain(SHOP):
            return reply
        made = []
        for each in reply.answer:
            if each.rdtype != RdataType.RRSIG:
                signature = key.sign(each, dns.name.from_text(signer), ends=NOW + timedelta(days=9))
                made += [each, dns.rrset.from_rdata_list(each.name, each.ttl, [signature])]
        reply.answer[:] = made
        return reply

    return spoil


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        pytest.param(
            resigned(STRANGE), "is signed by key", id="a key that the zone does not have"
        ),
        pytest.param(
            resigned(CHILDS, "other.example."), "is signed by other.example., which is not above",
            id="a zone beside",
        ),
        pytest.param(
            resigned(STRANGE, "example."), "which example. does not have",
            id="a strange key in the parent's name",
        ),
        pytest.param(
            resigned(STRANGE, "shop.example.", RdataType.DS),
            "the DS of shop.example. is not signed by a zone above it",
            id="a DS that the child signs",
        ),
        pytest.param(
            resigned(STRANGE, "shop.example.", RdataType.DNSKEY),
            f"names key {CHILDS.tag}, but the keys of shop.example. are signed by key",
            id="keys that a strange key signs",
        ),
        pytest.param(
            resigned(CHILDS, "other.example.", RdataType.DNSKEY),
            "shop.example. DNSKEY is not signed by shop.example.",
            id="the right key in another name",
        ),
    ],
)  # fmt: skip
async def test_nobody_else_can_sign(spoil: Spoil, phrase: str) -> None:
    bogus(await ask("www.shop.example", spoil=spoil), phrase)


def changed(**fields: object) -> Spoil:
    """Change each signature of an address."""

    def spoil(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            for each in reply.answer:
                if each.rdtype == RdataType.RRSIG:
                    data = [one.replace(**fields) for one in each]
                    each.items.clear()
                    for one in data:
                        each.add(one)
        return reply

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(changed(signature=bytes(64)), id="another signature"),
        pytest.param(changed(signature=b""), id="no signature at all"),
        pytest.param(changed(signature=b"\xff" * 300), id="a signature too long"),
        pytest.param(changed(original_ttl=5), id="another TTL"),
        pytest.param(changed(labels=200), id="more labels than the name has"),
        pytest.param(changed(key_tag=(CHILDS.tag + 1) % 65536), id="a wrong key tag"),
        pytest.param(changed(algorithm=8), id="another algorithm"),
        pytest.param(changed(algorithm=254), id="a private algorithm"),
        pytest.param(changed(expiration=(1 << 32) - 1), id="a longer life"),
    ],
)
async def test_a_signature_that_was_touched_does_not_match(spoil: Spoil) -> None:
    bogus(await ask("www.shop.example", spoil=spoil), "www.shop.example. A")


@pytest.mark.parametrize(
    ("ds", "phrase"),
    [
        pytest.param(STRANGE.ds("shop.example."), "which shop.example. does not have", id="key"),
        pytest.param(
            CHILDS.ds("other.example."), "by another digest than shop.example. has it", id="digest"
        ),
    ],
)
async def test_a_ds_of_another_key_is_bogus(ds: str, phrase: str) -> None:
    zones = (parent(shop=[ds]), child())

    bogus(await ask("www.shop.example", zones=zones), "the DS at example. names key", phrase)


async def test_an_anchor_of_another_key_is_bogus() -> None:
    outcome = await ask("www.shop.example", anchors=(f"example. DS {STRANGE.ds('example.')}",))

    bogus(outcome, "the anchor names key", "which example. does not have")


async def test_a_ds_for_a_key_that_does_not_sign_the_keys_is_bogus() -> None:
    zones = (
        parent(shop=[STRANGE.ds("shop.example.")]),
        replace(child(), published=[STRANGE.public]),
    )

    outcome = await ask("www.shop.example", zones=zones)

    bogus(outcome, f"names key {STRANGE.tag}, but the keys of shop.example. are signed by key")


async def test_a_revoked_key_vouches_for_nothing() -> None:
    revoked = Key(flags=REVOKED)
    zones = (parent(shop=[revoked.ds("shop.example.")]), child(keys=(revoked,)))

    bogus(await ask("www.shop.example", zones=zones), f"names key {revoked.tag}")


async def test_a_key_that_is_no_zone_key_vouches_for_nothing() -> None:
    host = Key(flags=0)
    zones = (parent(shop=[host.ds("shop.example.")]), child(keys=(host,)))

    bogus(await ask("www.shop.example", zones=zones), f"names key {host.tag}")


async def test_better_digests_are_not_talked_down() -> None:
    """RFC 4509, 3: where there is a DS of SHA-256 that does not match, one of SHA-1 is no help."""
    weak = CHILDS.ds("shop.example.", DSDigest.SHA1)
    strong = f"{CHILDS.tag} 13 2 {'00' * 32}"

    alone = await ask("www.shop.example", zones=(parent(shop=[weak]), child()))
    beside = await ask("www.shop.example", zones=(parent(shop=[weak, strong]), child()))

    assert_passed(alone, "signed")
    bogus(beside, "by another digest")


async def test_known_algorithms_are_not_talked_down_by_unknown_ones() -> None:
    """RFC 6840, 5.11: as long as one way can be checked, the zone is not taken for unsigned."""
    known, unknown = CHILDS.ds("shop.example."), f"12345 200 2 {'00' * 32}"
    zones = (parent(shop=[known, unknown]), child())

    assert_passed(await ask("www.shop.example", zones=zones), "signed")
    bogus(await ask("www.shop.example", zones=zones, spoil=changed(algorithm=200)), "signed by key")


async def test_keys_with_the_same_tag_are_all_tried() -> None:
    one, two = twins()
    published = [one.public, two.public]
    ds = [one.ds("shop.example."), two.ds("shop.example.")]

    for key in (one, two):
        zones = (parent(shop=ds), replace(child(keys=(key,)), published=published))
        assert_passed(await ask("www.shop.example", zones=zones), "signed")


async def test_a_resolver_that_does_not_give_the_keys_is_named_as_the_cause() -> None:
    def fail(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.DNSKEY:
            reply.set_rcode(dns.rcode.SERVFAIL)
        return reply

    outcome = await ask("www.shop.example", spoil=fail)

    assert_failed(outcome, Layer.DNS, Reason.WRONG_RCODE, "DNSKEY: answered SERVFAIL")


async def test_a_server_of_one_zone_cannot_tell_what_is_above_it() -> None:
    outcome = await ask("www.shop.example", zones=[child()])

    assert_failed(
        outcome, Layer.DNS, Reason.WRONG_RCODE, "example. DNSKEY: answered REFUSED",
        "it takes a resolver, or an anchor of the zone's own",
    )  # fmt: skip


async def test_a_proof_in_an_unknown_hash_is_no_proof() -> None:
    hashing = Hashing(algorithm=7)
    zones = (parent(), child(hashing=hashing))

    outcome = await ask("nowhere.shop.example", zones=zones, rcode="NXDOMAIN")

    bogus(outcome, "do not prove")


async def test_proofs_of_two_zones_in_one_answer_are_told_apart() -> None:
    zones = (
        parent(),
        OTHER,
        replace(child(), records=("*.wild CNAME x.wild.other.example.",)),
    )

    outcome = await ask("y.wild.shop.example", zones=zones)

    assert_passed(outcome, "192.0.2.92; signed")


# Hostile zones.


def crowd(tag: int, count: int) -> list[DNSKEY]:
    """Make keys of one tag: real ones, whose flags that mean nothing are chosen so."""
    found: list[DNSKEY] = []
    while len(found) < count:
        public = Key(flags=256).public
        flags = 256 + (tag - public.key_id())
        if 0 <= flags < 1 << 16 and flags & 0x100 and not flags & 0x80:
            made = public.replace(flags=flags)
            assert isinstance(made, DNSKEY)
            found += [made] * (made.key_id() == tag)
    return found


async def test_many_keys_and_signatures_of_one_tag_do_not_hold_up_the_location() -> None:
    """CVE-2023-50387 (KeyTrap): each of them against each would be 22,500 verifications."""
    keys = crowd(STRANGE.tag, 150)

    def trap(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        if query.question[0].rdtype == RdataType.A:
            (signed,) = [each for each in reply.answer if each.rdtype == RdataType.RRSIG]
            true = signed[0]
            signed.items.clear()
            for number in range(150):
                signature = number.to_bytes(32) + bytes(31) + b"1"
                signed.add(true.replace(signature=signature, key_tag=STRANGE.tag))
        return reply

    zones = (parent(), replace(child(), published=keys))
    began = time.process_time()
    assert_passed(await ask("www.shop.example", zones=zones), "signed")
    usual = time.process_time() - began

    began = time.process_time()
    outcome = await ask("www.shop.example", zones=zones, spoil=trap)
    took = time.process_time() - began

    bogus(outcome, "8 signatures are wrong, the last one of www.shop.example. A")
    assert took < usual + 0.5, "150 x 150 verifications take more than two seconds"


def test_signatures_that_are_wrong_are_not_tried_for_ever() -> None:
    tries = signatures.Tries()

    for _ in range(signatures.WRONG_AT_MOST - 1):
        tries.wrong("it")

    with pytest.raises(CheckFailedError, match="8 signatures are wrong, the last one of it"):
        tries.wrong("it")


def test_many_ds_records_and_keys_are_not_all_hashed() -> None:
    key = CHILDS.public
    ds = [
        dns.rdata.from_text("IN", "DS", f"{CHILDS.tag} 13 2 {number:064x}") for number in range(500)
    ]
    made = [key.replace(key=bytes(60) + n.to_bytes(4)) for n in range(500)]
    keys = [each for each in made if isinstance(each, DNSKEY)]

    began = time.process_time()
    usable = signatures.usable(each for each in ds if isinstance(each, DS))
    signatures.ring([key, *keys])
    took = time.process_time() - began

    assert len(usable) <= 16
    assert took < 0.5


def hashed(name: str, hashing: Hashing) -> list[Record]:
    zone = child(hashing=hashing)
    return [
        Record(each.name, each.rdtype, each.ttl, each[0])
        for each in zone.denied(dns.name.from_text(name))
        if each.rdtype == RdataType.NSEC3
    ]


def test_the_longest_name_in_the_dearest_hash_takes_little_time() -> None:
    """CVE-2023-50868: each ancestor of a name is hashed, as often as the zone likes."""
    shop = dns.name.from_text("shop.example.")
    hashing = Hashing(iterations=denial.ITERATIONS, salt=bytes(255))
    records = hashed("nowhere.shop.example.", hashing)
    longest = dns.name.from_text("a." * 120 + "shop.example.")

    began = time.process_time()
    for _ in range(4):
        denial.proof(shop, records).absent(longest)
        denial.proof(shop, records).lacks(longest, RdataType.DS)
    took = time.process_time() - began

    assert took < 1.0, "well under a tenth of a second for each"


async def test_zones_that_lead_ever_further_up_are_left_after_a_while() -> None:
    """Each says that the one above signs it, up through a name as long as a name can be."""
    deep = "a." * 100 + "shop.example."

    def lead_on(query: QueryMessage, reply: QueryMessage) -> QueryMessage:
        (asked,) = query.question
        if asked.name.is_subdomain(dns.name.from_text("a.shop.example.")):
            kind = RdataType.make(asked.rdtype)
            text = CHILDS.ds("example.") if kind == RdataType.DS else "192.0.2.1"
            made = dns.rrset.from_text(asked.name, 300, "IN", kind, text)
            above = asked.name.parent() if kind == RdataType.DS else asked.name
            signature = STRANGE.sign(made, above, ends=NOW + timedelta(days=1))
            signed = dns.rrset.from_rdata_list(asked.name, 300, [signature])
            reply.set_rcode(dns.rcode.NOERROR)
            reply.answer[:], reply.authority[:] = [made, signed], []
        return reply

    outcome = await ask(deep, spoil=lead_on)

    bogus(outcome, f"it takes more than {dnssec.QUESTIONS} questions to get from an anchor to")


@settings(max_examples=30, deadline=None)
@given(
    places=st.lists(st.integers(0, 5000), min_size=1, max_size=6),
    name=st.sampled_from(["www", "alias", "nowhere", "x.wild", "x.moved"]),
)
def test_answers_with_flipped_bits_break_nothing(places: list[int], name: str) -> None:
    zones = (parent(hashing=HASHING), child(hashing=HASHING))

    outcome = asyncio.run(
        ask(f"{name}.shop.example", zones=zones, spoil=flipping(places), limit=BRIEF)
    )

    assert outcome.reason is not Reason.PROBE_ERROR


@given(
    algorithm=st.sampled_from([*signatures.CHECKED, 1, 3, 12, 200, 253, 254]),
    key=st.binary(max_size=300),
    signature=st.binary(max_size=300),
    flags=st.sampled_from([256, 257]),
)
def test_keys_and_signatures_of_noise_are_bogus_and_break_nothing(
    algorithm: int, key: bytes, signature: bytes, flags: int
) -> None:
    www = dns.name.from_text("www.shop.example.")
    address = dns.rrset.from_text(www, 300, "IN", "A", "192.0.2.80")
    made = CHILDS.sign(address, dns.name.from_text("shop.example."), ends=NOW + timedelta(days=1))
    noise = CHILDS.public.replace(algorithm=algorithm, key=key, flags=flags)
    assert isinstance(noise, DNSKEY)
    broken = made.replace(algorithm=algorithm, signature=signature, key_tag=noise.key_id())
    records = [
        Record(www, RdataType.A, 300, address[0]),
        Record(www, RdataType.RRSIG, 300, broken),
    ]

    with pytest.raises(CheckFailedError) as failure:
        signatures.verified(made.signer, records, signatures.ring([noise]), NOW, signatures.Tries())

    assert failure.value.reason is Reason.BOGUS
