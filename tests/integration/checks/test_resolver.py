"""What a resolver monitor says of resolvers that know, deny and refuse, or do not."""

from dataclasses import replace

import pytest
from dnslib import RR, DNSRecord

from tests.integration.checks.servers import (
    HERE,
    LONG,
    SHORT,
    Namer,
    assert_failed,
    assert_passed,
    closed_port,
    look,
    naming,
    zone,
)
from tocsin.checks.wire import question
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import ResolverTarget

RECORDS = """
. 300 NS a.root.test.
www.test. A 192.0.2.1
www.test. A 192.0.2.2
alias.test. CNAME www.test.
ring.test. CNAME ring.test.
bogus.test. A 192.0.2.6
"""
CHECKING_DISABLED = 0x10
SOUND = "a name that does not exist is NXDOMAIN"

KNOWN = ResolverTarget(server="", name="www.test", type="A")
VALIDATES = replace(KNOWN, validates=True, bogus="bogus.test.")


def resolving(
    *, bogus: int = 2, unchecked: int = 0, known: int = 0, absent: Namer | None = None
) -> Namer:
    """Resolve RECORDS: the codes are those of the bogus name, checked and not, and of all else."""

    def answer(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - the shape of Namer
        name = str(query.q.qname)
        if name == "bogus.test.":
            code = unchecked if query.header.bitmap & CHECKING_DISABLED else bogus
            return zone(RECORDS, code)(query, tcp)
        if absent is not None and (name.endswith(".invalid.") or name == "absent.test."):
            return absent(query, tcp)
        return zone(RECORDS, known)(query, tcp)

    return answer


def made_up(*rows: str, rcode: int = 0) -> Namer:
    """Answer with these records for whatever name, which they write as @."""

    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        text = "\n".join(rows).replace("@", str(query.q.qname))
        reply.add_answer(*RR.fromZone(text))
        reply.header.rcode = rcode
        return bytes(reply.pack())

    return answer


async def see(target: ResolverTarget, namer: Namer | None = None) -> Outcome:
    async with naming(namer or resolving()) as server:
        return await look(replace(target, server=str(server)))


@pytest.mark.parametrize(
    ("target", "says"),
    [
        pytest.param(ResolverTarget(server=""), f". NS: a.root.test.; {SOUND}", id="by default"),
        pytest.param(KNOWN, f"www.test A: 192.0.2.1, 192.0.2.2; {SOUND}", id="a name"),
        pytest.param(
            replace(KNOWN, equals=("192.0.2.2", "192.0.2.1")),
            f"www.test A: 192.0.2.1, 192.0.2.2; {SOUND}", id="and its records",
        ),
        pytest.param(
            replace(KNOWN, name="alias.test", equals=("192.0.2.2", "192.0.2.1")),
            f"alias.test A: 192.0.2.1, 192.0.2.2; {SOUND}", id="an alias",
        ),
        pytest.param(
            replace(KNOWN, absent="no.test"),
            f"www.test A: 192.0.2.1, 192.0.2.2; {SOUND}", id="a name of ours that is absent",
        ),
        pytest.param(
            VALIDATES,
            f"www.test A: 192.0.2.1, 192.0.2.2; {SOUND}; it validates: bogus.test. is refused",
            id="validation",
        ),
    ],
)  # fmt: skip
async def test_a_resolver_that_does_as_it_should_passes(target: ResolverTarget, says: str) -> None:
    outcome = await see(target)

    assert_passed(outcome)
    assert outcome.evidence == says
    assert outcome.warning is None
    assert outcome.address == HERE


@pytest.mark.parametrize(
    ("target", "namer", "layer", "reason", "says"),
    [
        pytest.param(
            KNOWN, resolving(known=2), Layer.DNS, Reason.WRONG_RCODE,
            "www.test A: answered SERVFAIL, expected NOERROR", id="it resolves nothing",
        ),
        pytest.param(
            KNOWN, resolving(known=5), Layer.DNS, Reason.WRONG_RCODE,
            "www.test A: answered REFUSED, expected NOERROR", id="it serves others only",
        ),
        pytest.param(
            replace(KNOWN, name="no.test"), None, Layer.DNS, Reason.WRONG_RCODE,
            "no.test A: answered NXDOMAIN, expected NOERROR", id="it knows no such name",
        ),
        pytest.param(
            replace(KNOWN, type="AAAA"), None, Layer.CONTENT, Reason.WRONG_ANSWER,
            "www.test has no AAAA record", id="it knows no such record",
        ),
        pytest.param(
            replace(KNOWN, equals=("192.0.2.1",)), None, Layer.CONTENT, Reason.WRONG_ANSWER,
            "www.test A: unexpected: 192.0.2.2", id="another answer",
        ),
        pytest.param(
            replace(KNOWN, name="ring.test"), None, Layer.CONTENT, Reason.WRONG_ANSWER,
            "ring.test. is an alias (CNAME) that leads back to ring.test.", id="a circle",
        ),
        pytest.param(
            KNOWN, resolving(absent=made_up("@ A 192.0.2.66")), Layer.CONTENT, Reason.HIJACKED,
            "a name that does not exist is answered with 192.0.2.66, expected NXDOMAIN: "
            "answers are made up", id="made-up addresses",
        ),
        pytest.param(
            KNOWN, resolving(absent=made_up("@ CNAME ads.test.", "ads.test. A 192.0.2.66")),
            Layer.CONTENT, Reason.HIJACKED,
            "a name that does not exist is answered with 192.0.2.66, ads.test., expected "
            "NXDOMAIN: answers are made up", id="made-up aliases",
        ),
        pytest.param(
            replace(KNOWN, absent="absent.test"), resolving(absent=made_up("@ A 192.0.2.66")),
            Layer.CONTENT, Reason.HIJACKED,
            "absent.test. is answered with 192.0.2.66, expected NXDOMAIN: answers are made up",
            id="a name of ours made up",
        ),
        pytest.param(
            KNOWN, resolving(absent=made_up()), Layer.DNS, Reason.WRONG_RCODE,
            "a name that does not exist: answered NOERROR, expected NXDOMAIN", id="no denial",
        ),
        pytest.param(
            KNOWN, resolving(absent=made_up(rcode=2)), Layer.DNS, Reason.WRONG_RCODE,
            "a name that does not exist: answered SERVFAIL, expected NXDOMAIN", id="it gives up",
        ),
        pytest.param(
            VALIDATES, resolving(bogus=0), Layer.DNSSEC, Reason.NOT_VALIDATING,
            "bogus.test. is answered though its signatures are wrong: nothing is validated",
            id="it does not validate",
        ),
        pytest.param(
            VALIDATES, resolving(bogus=5), Layer.DNS, Reason.WRONG_RCODE,
            "bogus.test., whose signatures are wrong: answered REFUSED, expected SERVFAIL",
            id="it refuses for another reason",
        ),
        pytest.param(
            VALIDATES, resolving(bogus=3), Layer.DNS, Reason.WRONG_RCODE,
            "bogus.test., whose signatures are wrong: answered NXDOMAIN, expected SERVFAIL",
            id="the bogus name is gone",
        ),
    ],
)  # fmt: skip
async def test_a_resolver_that_does_not_is_told_what_is_wrong(
    target: ResolverTarget, namer: Namer | None, layer: Layer, reason: Reason, says: str
) -> None:
    outcome = await see(target, namer)

    assert_failed(outcome, layer, reason)
    assert outcome.evidence == says


async def test_a_bogus_name_that_is_out_of_order_is_no_fault_of_the_resolver() -> None:
    outcome = await see(VALIDATES, resolving(unchecked=2))

    assert outcome.vote is Vote.PASS
    assert outcome.warning is Reason.NOT_VALIDATING
    phrase = (
        "bogus.test. is answered SERVFAIL without validation too: that it validates is not seen"
    )
    assert phrase in outcome.evidence


async def test_a_resolver_that_is_out_of_reach_is_named() -> None:
    server = f"{HERE}:{closed_port()}"

    outcome = await look(replace(KNOWN, server=server), limit=SHORT)

    assert_failed(outcome, Layer.DNS, Reason.REFUSED, f"DNS server {server} refused")


@pytest.mark.parametrize("silent_of", ["www.test.", "invalid.", "bogus.test."])
async def test_a_resolver_that_falls_silent_times_out(silent_of: str) -> None:
    def some(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - the shape of Namer
        silent = str(query.q.qname).endswith(silent_of)
        return None if silent else resolving()(query, tcp)

    async with naming(some) as server:
        outcome = await look(replace(VALIDATES, server=str(server)), limit=SHORT)

    assert_failed(outcome, Layer.DNS, Reason.DNS_TIMEOUT, f"{server} did not answer within 0.5 s")
    assert outcome.exchange is None


async def test_the_name_that_must_not_exist_is_another_each_time() -> None:
    asked: list[str] = []

    def note(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        asked.append(str(query.q.qname))
        return resolving()(query, tcp)

    assert_passed(await see(KNOWN, note))
    remembered = question.cache_info().currsize
    assert_passed(await see(KNOWN, note))

    assert question.cache_info().currsize == remembered  # or they would crowd out all others
    absent = [name for name in asked if name.endswith(".invalid.")]
    assert len(set(absent)) == 2


async def test_of_a_pass_the_known_name_is_kept_and_of_a_failure_what_failed() -> None:
    well = await see(VALIDATES)
    hijacked = await see(KNOWN, resolving(absent=made_up("@ A 192.0.2.66")))
    lax = await see(VALIDATES, resolving(bogus=0))

    exchanges = [outcome.exchange for outcome in (well, hijacked, lax)]
    said = [(each.question, each.rcode) for each in exchanges if each is not None]
    assert said[0] == ("www.test. IN A", "NOERROR")
    assert said[1][0].endswith(".invalid. IN A")
    assert said[2] == ("bogus.test. IN A", "NOERROR")


async def test_all_questions_together_are_timed() -> None:
    outcome = await see(VALIDATES)

    assert_passed(outcome)
    assert list(outcome.phases_ms) == ["dns"]
    assert 0 < outcome.total_ms < LONG.total_seconds() * 1000
