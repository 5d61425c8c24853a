"""What a DNS check says of servers that are asked over TCP, TLS and HTTPS, and over IPv6."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta

import pytest
from dnslib import QTYPE, RR, TXT, DNSRecord

from tests.integration.checks import servers
from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    NOW,
    SHORT,
    Behaviour,
    Datagrams,
    Namer,
    answering,
    assert_failed,
    assert_passed,
    closed_port,
    leaving,
    look,
    naming,
    response,
    saying,
    serving,
    silent,
    speaking_dns,
    zone,
)
from tocsin.checks.dial import Dialer
from tocsin.checks.nameserver import Nameserver, Transport, parse
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.questions import DnsTarget, ResolverTarget
from tocsin.domain.target import Tls

RECORDS = """
. 60 NS a.root.test.
www.example.test. A 192.0.2.1
bogus.test. A 192.0.2.6
"""
HONEST = zone(RECORDS)
WWW = "www.example.test"
FOUND = f"{WWW} A: 192.0.2.1"
DNS_MESSAGE = "application/dns-message"
DAY = timedelta(days=1)


async def ask(
    server: str,
    dialer: Dialer | None = None,
    *,
    tls: Tls | None = None,
    limit: timedelta = SHORT * 4,
    kind: str = "A",
) -> Outcome:
    target = DnsTarget(name=WWW, type=kind, resolver=server, tls=tls)
    return await look(target, dialer=dialer, limit=limit)


@asynccontextmanager
async def counting(
    behaviour: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[int]]]:
    """Serve so, and note each connection."""
    made: list[int] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.append(len(made))
        await behaviour(reader, writer)

    async with serving(count, tls=tls) as port:
        yield port, made


def resolver_at(server: str) -> ResolverTarget:
    return ResolverTarget(server=server, name=WWW, type="A", validates=True, bogus="bogus.test.")


def validating(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - the shape of Namer
    if query.q.qname == "bogus.test." and not query.header.bitmap & 0x10:
        return zone(RECORDS, 2)(query, tcp)
    return HONEST(query, tcp)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("192.0.2.1", Nameserver("192.0.2.1"), id="an address"),
        pytest.param("192.0.2.1:5353", Nameserver("192.0.2.1", 5353), id="and a port"),
        pytest.param("2001:DB8::1", Nameserver("2001:db8::1"), id="ipv6"),
        pytest.param("[2001:db8::1]", Nameserver("2001:db8::1"), id="ipv6 in brackets"),
        pytest.param("[2001:db8::1]:5353", Nameserver("2001:db8::1", 5353), id="and a port too"),
        pytest.param("tcp://[::1]", Nameserver("::1", 53, Transport.TCP), id="tcp"),
        pytest.param("tls://dns.test", Nameserver("dns.test", 853, Transport.TLS), id="tls"),
        pytest.param(
            "https://dns.test/q", Nameserver("dns.test", 443, Transport.HTTPS, "/q"), id="https"
        ),
        pytest.param(
            "https://[::1]:8443/q/r", Nameserver("::1", 8443, Transport.HTTPS, "/q/r"), id="a path"
        ),
    ],
)
def test_a_server_is_read_as_it_is_written(text: str, server: Nameserver) -> None:
    assert parse(text) == server
    assert parse(str(server)) == server


@pytest.mark.parametrize(
    "text",
    [
        *("dns.test", "tcp://dns.test", "192.0.2.1/q", "ftp://192.0.2.1", "tls://", ""),
        *("192.0.2.1:x", "192.0.2.1:65536", "[::1]:"),
    ],
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|not a valid"):
        parse(text)


# TCP and UDP.


async def test_a_server_that_knows_only_tcp_is_asked_over_tcp() -> None:
    async with serving(speaking_dns(HONEST)) as port:
        outcome = await ask(f"tcp://{HERE}:{port}")
        over_udp = await ask(f"{HERE}:{port}")

    assert_passed(outcome, FOUND)
    assert list(outcome.phases_ms) == ["connect", "send", "first_byte", "transfer"]
    assert outcome.exchange is not None
    assert outcome.exchange.server == f"tcp://{HERE}:{port}"
    assert_failed(over_udp, Layer.DNS, Reason.REFUSED, f"DNS server {HERE}:{port} refused")


async def test_a_server_over_tcp_that_is_not_there_refuses() -> None:
    port = closed_port()

    outcome = await ask(f"tcp://{HERE}:{port}")

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, f"{HERE}:{port} refused")


def big(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
    reply = query.reply()
    if tcp:
        reply.add_answer(
            *(RR(query.q.qname, QTYPE.TXT, rdata=TXT(f"{n}{'x' * 200}")) for n in range(9))
        )
    reply.header.tc = int(not tcp)
    return bytes(reply.pack())


async def test_what_was_cut_short_and_is_refused_over_tcp_says_so() -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Datagrams(big), local_addr=(HERE, 0)
    )
    with closing(transport):
        where = "{}:{}".format(*transport.get_extra_info("sockname"))
        outcome = await ask(where, kind="TXT")

    phrase = f"DNS server {where} cut its answer short; over TCP {where} refused the connection"
    assert_failed(outcome, Layer.DNS, Reason.REFUSED, phrase)


async def test_a_server_over_tcp_from_before_edns_is_asked_again_without_it() -> None:
    def old(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        return zone(RECORDS, 1)(query, tcp) if query.ar else HONEST(query, tcp)

    async with serving(speaking_dns(old)) as port:
        assert_passed(await ask(f"tcp://{HERE}:{port}"), FOUND)


@pytest.mark.parametrize("scheme", ["", "tcp://"])
async def test_a_server_at_an_address_of_ipv6_is_asked_there(scheme: str) -> None:
    async with naming(HONEST, host="::1") as server:
        outcome = await ask(f"{scheme}[::1]:{server.port}")

    assert_passed(outcome, FOUND)
    assert outcome.address == "::1"
    assert outcome.exchange is not None
    assert outcome.exchange.server == f"{scheme}[::1]:{server.port}"


async def test_a_stream_that_is_cut_short_is_no_answer() -> None:
    def cut(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        reply.add_answer(*RR.fromZone(f"{WWW}. A 192.0.2.1"))
        reply.header.tc = 1
        return bytes(reply.pack())

    async with naming(cut) as server:
        over_tcp = await ask(f"tcp://{server}")
        after_udp = await ask(str(server))

    assert_failed(over_tcp, Layer.DNS, Reason.DNS_MALFORMED, "is cut short though")
    assert_failed(after_udp, Layer.DNS, Reason.DNS_MALFORMED, "cut its answer short over TCP too")


# Several questions over one connection.


async def test_questions_share_a_connection() -> None:
    async with counting(speaking_dns(validating)) as (port, made):
        outcome = await look(resolver_at(f"tcp://{HERE}:{port}"))

    assert_passed(outcome, FOUND, "is NXDOMAIN", "it validates")
    assert len(made) == 1


async def test_the_longest_answers_all_come_over_one_connection() -> None:
    def long(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        answer = validating(query, tcp)
        assert isinstance(answer, bytes)
        return answer + b"\0" * (0xFFFF - len(answer))

    async with counting(speaking_dns(long)) as (port, made):
        outcome = await look(resolver_at(f"tcp://{HERE}:{port}"))

    assert_passed(outcome, FOUND, "is NXDOMAIN", "it validates")
    assert len(made) == 1


@pytest.mark.parametrize(("questions", "connections"), [(1, 4), (2, 2), (3, 2)])
async def test_a_connection_that_ended_between_two_questions_is_opened_again(
    questions: int, connections: int
) -> None:
    async with counting(speaking_dns(validating, questions=questions)) as (port, made):
        outcome = await look(resolver_at(f"tcp://{HERE}:{port}"))

    assert_passed(outcome, FOUND, "is NXDOMAIN", "it validates")
    assert len(made) == connections


async def test_a_connection_under_tls_is_opened_again_too(issue: Issue, trusting: Dialer) -> None:
    async with counting(speaking_dns(validating, questions=1), issue()) as (port, made):
        outcome = await look(resolver_at(f"tls://{HERE}:{port}"), dialer=trusting)

    assert_passed(outcome, FOUND, "is NXDOMAIN", "it validates")
    assert len(made) == 4


async def test_a_server_that_hangs_up_on_a_question_fails_for_that() -> None:
    def shy(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        return HONEST(query, tcp) if query.q.qname == f"{WWW}." else []

    async with counting(speaking_dns(shy)) as (port, made):
        outcome = await look(resolver_at(f"tcp://{HERE}:{port}"))

    assert_failed(outcome, Layer.DNS, Reason.CLOSED, f"{HERE}:{port} accepted", "closed it")
    assert len(made) == 2  # opened again once, not for ever


async def test_silence_at_the_second_question_is_told_as_that() -> None:
    def mute(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        return HONEST(query, tcp) if query.q.qname == f"{WWW}." else None

    async with serving(speaking_dns(mute)) as port:
        outcome = await look(resolver_at(f"tcp://{HERE}:{port}"), limit=SHORT)

    assert_failed(outcome, Layer.DNS, Reason.SILENT, "said nothing within 0.5 s")
    assert outcome.exchange is None  # the first answer is none to this question


# TLS (RFC 7858).


async def test_a_server_is_asked_under_tls(issue: Issue, trusting: Dialer) -> None:
    agreed: list[str | None] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agreed.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await speaking_dns(HONEST)(reader, writer)

    context = issue(until=NOW + 30 * DAY)
    context.set_alpn_protocols(["dot"])
    async with serving(note, tls=context) as port:
        outcome = await ask(f"tls://{HERE}:{port}", trusting)

    assert_passed(outcome, FOUND)
    assert list(outcome.phases_ms) == ["connect", "tls", "send", "first_byte", "transfer"]
    assert outcome.certificate is not None
    assert outcome.exchange is not None
    assert outcome.exchange.server == f"tls://{HERE}:{port}"
    assert agreed == ["dot"]


async def test_a_server_may_be_named(issue: Issue, trusting: Dialer) -> None:
    async with serving(speaking_dns(HONEST), tls=issue("localhost")) as port:
        assert_passed(await ask(f"tls://localhost:{port}", trusting), FOUND)


@pytest.mark.parametrize("scheme", ["tls", "https"])
async def test_a_certificate_counts_as_it_does_elsewhere(
    scheme: str, issue: Issue, trusting: Dialer, ca_file: str
) -> None:
    async def see(
        context: ssl.SSLContext, dialer: Dialer | None = trusting, tls: Tls | None = None
    ) -> Outcome:
        behaviour = speaking_dns(HONEST) if scheme == "tls" else doh()
        async with serving(behaviour, tls=context) as port:
            return await ask(f"{scheme}://{HERE}:{port}/q" if scheme == "https" else
                f"tls://{HERE}:{port}", dialer, tls=tls)  # fmt: skip

    with open(ca_file, encoding="ascii") as file:  # noqa: ASYNC230, PTH123 - a small local file
        authority = file.read()

    assert_failed(await see(issue(), None), Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, HERE)
    assert_passed(await see(issue(), None, Tls(authority=authority)), FOUND)
    other = issue("dns.example.com")
    assert_failed(await see(other), Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, "dns.example.com")
    assert_passed(await see(other, trusting, Tls(name="dns.example.com")), FOUND)
    old = issue(since=NOW - 9 * DAY, until=NOW - DAY)
    assert_failed(await see(old), Layer.TLS, Reason.CERTIFICATE_EXPIRED, HERE)
    soon = await see(issue(until=NOW + 5 * DAY), trusting, Tls(warn_days=7))
    assert_passed(soon, FOUND)
    assert soon.warning is Reason.CERTIFICATE_EXPIRES_SOON
    late = await see(issue(until=NOW + 5 * DAY), trusting, Tls(fail_days=7))
    assert_failed(late, Layer.TLS, Reason.CERTIFICATE_EXPIRES_SOON, HERE)


async def test_a_server_that_speaks_in_clear_fails_for_that(trusting: Dialer) -> None:
    async with serving(speaking_dns(HONEST)) as port:
        outcome = await ask(f"tls://{HERE}:{port}", trusting, limit=SHORT)
    async with serving(saying(b"220 mail\r\n")) as port:
        other = await ask(f"tls://{HERE}:{port}", trusting, limit=SHORT)

    assert outcome.layer is Layer.TLS
    assert_failed(other, Layer.TLS, Reason.TLS_HANDSHAKE, f"{HERE}:{port}")


async def test_a_server_that_is_silent_under_tls_is_told_as_that(
    issue: Issue, trusting: Dialer
) -> None:
    async with serving(silent, tls=issue()) as port:
        outcome = await ask(f"tls://{HERE}:{port}", trusting, limit=SHORT)

    assert_failed(outcome, Layer.DNS, Reason.SILENT, "said nothing within 0.5 s")


# HTTPS (RFC 8484).


def doh(
    namer: Namer = HONEST,
    *,
    status: str = "200 OK",
    headers: tuple[str, ...] = (f"Content-Type: {DNS_MESSAGE}",),
    asked: list[bytes] | None = None,
    wrap: Callable[[bytes], bytes] = bytes,
    length: bool = True,
    then: Behaviour = servers.closing,
) -> Behaviour:
    """Answer one question over HTTP; `wrap` makes a body of the answer."""
    heard: list[bytes] = [] if asked is None else asked

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = heard[-1].partition(b"\r\n\r\n")[2]
        said = namer(DNSRecord.parse(query), True)
        assert isinstance(said, bytes)
        await saying(response(status, wrap(said), headers, length=length), then)(reader, writer)

    return answering(answer, heard)


async def over_https(
    issue: Issue, trusting: Dialer, behaviour: Behaviour, *, limit: timedelta = SHORT * 4
) -> Outcome:
    async with serving(behaviour, tls=issue()) as port:
        return await ask(f"https://{HERE}:{port}/dns-query", trusting, limit=limit)


async def test_a_question_over_https_is_what_the_rfc_says(issue: Issue, trusting: Dialer) -> None:
    asked: list[bytes] = []

    outcome = await over_https(issue, trusting, doh(asked=asked))

    assert_passed(outcome, FOUND)
    assert outcome.certificate is not None
    head, _, query = asked[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /dns-query HTTP/1.1"
    assert f"content-type: {DNS_MESSAGE}".encode() in lines
    assert f"accept: {DNS_MESSAGE}".encode() in lines
    assert query[:2] == b"\0\0"  # the same question is the same request: RFC 8484, 4.1


def chunked(answer: bytes) -> bytes:
    pieces = [answer[:7], answer[7:]]
    return b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(
            doh(headers=(f"Content-Type: {DNS_MESSAGE}", "Transfer-Encoding: chunked"),
                wrap=chunked, length=False),
            id="in chunks",
        ),
        pytest.param(doh(length=False), id="up to the end of the connection"),
        pytest.param(
            doh(headers=("content-type: Application/DNS-Message; charset=utf-8",)),
            id="the type in another case, with a parameter",
        ),
        pytest.param(doh(wrap=lambda answer: answer + b"\0" * 9), id="more behind the answer"),
        pytest.param(doh(then=silent), id="a connection that stays open"),
    ],
)  # fmt: skip
async def test_an_answer_over_https_comes_in_many_forms(
    behaviour: Behaviour, issue: Issue, trusting: Dialer
) -> None:
    assert_passed(await over_https(issue, trusting, behaviour), FOUND)


@pytest.mark.parametrize(
    ("behaviour", "layer", "reason", "phrase"),
    [
        pytest.param(
            doh(headers=("Content-Type: text/html",)),
            Layer.HTTP, Reason.CONTENT_NOT_EXPECTED,
            'answered with "text/html", expected application/dns-message',
            id="another type of content",
        ),
        pytest.param(
            doh(headers=()),
            Layer.HTTP, Reason.CONTENT_NOT_EXPECTED, "answered with", id="no type of content",
        ),
        *(
            pytest.param(
                doh(status=status),
                Layer.HTTP, Reason.STATUS_NOT_EXPECTED,
                f"answered with status {status[:3]}, expected 200", id=status,
            )
            for status in ("400 Bad Request", "404 Not Found", "429 Too Many", "503 Unavailable",
                "204 No Content")
        ),
        pytest.param(
            doh(status="307 Moved", headers=("Location: https://127.0.0.1:1/",)),
            Layer.HTTP, Reason.STATUS_NOT_EXPECTED, "answered with status 307",
            id="a redirect, which is not followed",
        ),
        pytest.param(
            doh(wrap=lambda answer: answer + b"\0" * 70_000),
            Layer.DNS, Reason.DNS_MALFORMED, "its answer is longer than any of DNS",
            id="a body that is too long",
        ),
        pytest.param(
            doh(length=False, then=leaving),
            Layer.DNS, Reason.DNS_MALFORMED, "or was cut", id="an end without a word",
        ),
        pytest.param(
            doh(wrap=lambda _: b""), Layer.DNS, Reason.DNS_MALFORMED, "too short", id="no body"
        ),
        pytest.param(
            doh(wrap=lambda _: b"<html>" * 9), Layer.DNS, Reason.DNS_MALFORMED, "to another",
            id="a web page that says it is an answer",
        ),
        pytest.param(
            doh(wrap=lambda answer: b"\0\1" + answer[2:]), Layer.DNS, Reason.DNS_MALFORMED,
            "to another question", id="another id",
        ),
        pytest.param(
            answering(silent), Layer.HTTP, Reason.SILENT, "said nothing within", id="silence"
        ),
        pytest.param(
            saying(b"\0\x20" + b"x" * 32), Layer.HTTP, Reason.MALFORMED_REPLY,
            "does not speak HTTP", id="a server of DNS over TLS",
        ),
    ],
)  # fmt: skip
async def test_an_answer_over_https_that_is_none_fails_for_that(
    behaviour: Behaviour, layer: Layer, reason: Reason, phrase: str, issue: Issue, trusting: Dialer
) -> None:
    outcome = await over_https(issue, trusting, behaviour, limit=SHORT)

    assert_failed(outcome, layer, reason, phrase)


async def test_questions_over_https_each_have_a_connection(issue: Issue, trusting: Dialer) -> None:
    async with counting(doh(validating), issue()) as (port, made):
        target = resolver_at(f"https://{HERE}:{port}/dns-query")
        outcome = await look(target, dialer=trusting)

    assert_passed(outcome, FOUND, "is NXDOMAIN", "it validates")
    assert len(made) == 4
