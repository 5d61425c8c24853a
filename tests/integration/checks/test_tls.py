"""What a check says of TLS: whom it trusts, and each fault of a certificate by its own name."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    NOW,
    SHORT,
    Behaviour,
    answering,
    assert_failed,
    assert_passed,
    clock,
    closing,
    dripping,
    endless,
    hearing,
    leaving,
    look,
    naming,
    page,
    resetting,
    response,
    saying,
    serving,
    silent,
    strict_tls,
    zone,
)
from tocsin.checks.attempt import Attempt, attempted
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.target import HttpTarget

DAY = timedelta(days=1)
OK = page(body=b"well")


async def visit(tls: ssl.SSLContext, dialer: Dialer, behaviour: Behaviour = OK) -> Outcome:
    async with serving(behaviour, tls=tls) as port:
        return await look(HttpTarget(url=f"https://{HERE}:{port}/"), dialer=dialer)


async def test_a_good_certificate_passes_and_its_days_are_told(
    issue: Issue, trusting: Dialer
) -> None:
    outcome = await visit(issue(until=NOW + 30 * DAY), trusting)

    assert_passed(outcome, "status 200, TLS 1.3, certificate valid for 30 more days")
    assert list(outcome.phases_ms) == ["connect", "tls", "send", "first_byte", "transfer"]


@pytest.mark.parametrize(
    ("made", "reason", "phrase"),
    [
        pytest.param(
            {"until": NOW - DAY, "since": NOW - 9 * DAY},
            Reason.CERTIFICATE_EXPIRED, "shows an expired certificate", id="expired",
        ),
        pytest.param(
            {"since": NOW + DAY, "until": NOW + 9 * DAY},
            Reason.CERTIFICATE_NOT_YET_VALID, "a certificate that is not valid yet", id="too early",
        ),
        pytest.param(
            {"name": "other.test"},
            Reason.CERTIFICATE_WRONG_NAME, f"for other.test, not for {HERE}", id="wrong address",
        ),
    ],
)  # fmt: skip
async def test_each_fault_of_a_certificate_has_its_own_reason(
    issue: Issue, trusting: Dialer, made: dict[str, object], reason: Reason, phrase: str
) -> None:
    outcome = await visit(issue(**made), trusting)

    assert_failed(outcome, Layer.TLS, reason, HERE, phrase)
    assert list(outcome.phases_ms) == ["connect", "tls"]


async def test_a_certificate_for_another_name(issue: Issue, ca_file: str) -> None:
    tls = issue("other.test")
    async with serving(OK, tls=tls) as port, naming(zone("a.test. A 127.0.0.1")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], ca_file=ca_file)
        outcome = await look(HttpTarget(url=f"https://a.test:{port}/"), dialer=dialer)

    assert_failed(
        outcome,
        Layer.TLS,
        Reason.CERTIFICATE_WRONG_NAME,
        "a certificate for other.test, not for a.test",
    )


async def test_an_authority_that_nobody_knows(issue: Issue) -> None:
    outcome = await visit(issue(), Dialer(egress=Egress.LOOPBACK))

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "issuer", HERE)


def self_signed(folder: Path, bits: int, ca_key: trustme.CA | None = None) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self")])
    issuer, signer = name, key
    if ca_key is not None:
        pem = ca_key.private_key_pem.bytes()
        loaded = serialization.load_pem_private_key(pem, None)
        issuer = x509.load_pem_x509_certificate(ca_key.cert_pem.bytes()).subject
        signer = loaded  # type: ignore[assignment]
    alternative = x509.IPAddress(__import__("ipaddress").ip_address(HERE))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - DAY)
        .not_valid_after(datetime.now(UTC) + DAY)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    path = folder / f"{bits}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


def plain_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def test_a_self_signed_certificate(tmp_path: Path, trusting: Dialer) -> None:
    tls = plain_context()
    tls.load_cert_chain(self_signed(tmp_path, 2048))

    outcome = await visit(tls, trusting)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "a self-signed certificate")


async def test_a_key_that_is_too_short(
    tmp_path: Path, trusting: Dialer, authority: trustme.CA
) -> None:
    tls = plain_context()
    tls.load_cert_chain(self_signed(tmp_path, 1024, authority))

    outcome = await visit(tls, trusting)

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, "a certificate whose key is too weak")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_version_that_is_too_old(issue: Issue, trusting: Dialer) -> None:
    tls = issue()
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1_1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1

    with strict_tls(tls) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), dialer=trusting)

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, "offers nothing as new when asked for")


@pytest.mark.parametrize(
    ("behaviour", "reason", "phrase"),
    [
        pytest.param(
            silent, Reason.SILENT, "did not answer the TLS handshake within 0.5 s", id="silent"
        ),
        pytest.param(hearing(closing), Reason.CLOSED, "closed the connection during", id="close"),
        pytest.param(resetting, Reason.RESET, "reset the connection during", id="reset"),
        pytest.param(
            hearing(saying(response("400 Bad Request"))), Reason.TLS_HANDSHAKE,
            'does not speak TLS; it said "HTTP/1.1 400 Bad', id="plain HTTP",
        ),
        pytest.param(
            saying(b"SSH-2.0-x\r\n"), Reason.TLS_HANDSHAKE,
            'does not speak TLS; it said "SSH-2.0-x"', id="plain SSH",
        ),
        pytest.param(
            dripping(b"\x16\x03\x03\x00\xff" + bytes(50)), Reason.TIMEOUT, "did not finish the TLS",
            id="one byte at a time",
        ),
        pytest.param(
            endless(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 999), Reason.TOO_MUCH_DATA,
            "more than 256 KiB of TLS",
            id="endless handshake records",
        ),
    ],
)  # fmt: skip
async def test_a_port_that_does_not_finish_the_handshake(
    behaviour: Behaviour, reason: Reason, phrase: str
) -> None:
    async with serving(behaviour) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), limit=SHORT)

    assert_failed(outcome, Layer.TLS, reason, phrase)


async def test_each_hop_of_a_redirect_is_held_to_its_own_name(issue: Issue, ca_file: str) -> None:
    names: list[str | None] = []

    def note(_sock: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        names.append(name)

    first, second = issue("a.test"), issue("b.test")
    first.sni_callback = second.sni_callback = note
    async with (
        naming(zone("a.test. A 127.0.0.1\nb.test. A 127.0.0.1")) as server,
        serving(OK, tls=second) as end,
    ):
        there = f"Location: https://b.test:{end}/"
        async with serving(page("301 Moved", headers=(there,)), tls=first) as port:
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], ca_file=ca_file)
            target = HttpTarget(url=f"https://a.test:{port}/", redirects=1)
            outcome = await look(target, dialer=dialer)

    assert_passed(outcome, "status 200 after 1 redirect, TLS 1.3, certificate valid")
    assert names == ["a.test", "b.test"]


@pytest.mark.parametrize(
    ("then", "reason"), [(resetting, Reason.RESET), (closing, Reason.CLOSED)], ids=["reset", "end"]
)
async def test_an_end_after_the_handshake(
    issue: Issue, trusting: Dialer, then: Behaviour, reason: Reason
) -> None:
    outcome = await visit(issue(), trusting, answering(then))

    assert_failed(outcome, Layer.HTTP, reason, "accepted the connection, then")


async def test_silence_after_the_handshake(issue: Issue, trusting: Dialer) -> None:
    async with serving(silent, tls=issue()) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/")
        outcome = await look(target, dialer=trusting, limit=SHORT)

    assert_failed(outcome, Layer.HTTP, Reason.SILENT, "said nothing within 0.5 s")


async def test_an_endless_body_under_tls_is_cut(issue: Issue, trusting: Dialer) -> None:
    flood = answering(endless(b"x" * 5000, b"HTTP/1.1 200 OK\r\n\r\n"))
    async with serving(flood, tls=issue()) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", text="never")
        outcome = await look(target, dialer=trusting)

    phrase = '"never" is not in the body\'s first 6'
    assert_failed(outcome, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, phrase)


async def test_a_server_that_wants_our_certificate(
    issue: Issue, trusting: Dialer, ca_file: str
) -> None:
    tls = issue()
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(ca_file)

    with strict_tls(tls) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), dialer=trusting)

    told = "failed: it wants a certificate of ours (tlsv13 alert certificate required)"
    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, told)


async def test_a_server_that_does_not_know_the_name(issue: Issue, ca_file: str) -> None:
    tls = issue()
    tls.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    with strict_tls(tls) as port:
        async with naming(zone("a.test. A 127.0.0.1")) as server:
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], ca_file=ca_file)
            outcome = await look(HttpTarget(url=f"https://a.test:{port}/"), dialer=dialer)

    told = "failed: it does not know the name that it was asked for (tlsv1 unrecognized name)"
    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, told)


async def test_a_server_that_has_nothing_in_common_with_us(issue: Issue, trusting: Dialer) -> None:
    tls = issue()
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers("AES128-SHA")

    with strict_tls(tls) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), dialer=trusting)

    told = "failed: it accepts nothing of what it was offered ("
    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, told)


@settings(max_examples=30, deadline=None)
@given(noise=st.binary(max_size=300), head=st.sampled_from([b"", b"\x16\x03\x03", b"\x15\x03\x03"]))
async def test_no_bytes_whatsoever_break_the_handshake(noise: bytes, head: bytes) -> None:
    async with serving(saying(head + noise, closing)) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), limit=SHORT)

    assert outcome.vote is Vote.FAIL
    assert outcome.layer is Layer.TLS


UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("end", [leaving, closing], ids=["without close_notify", "with it"])
async def test_a_body_that_ends_with_the_connection_is_judged(
    issue: Issue, trusting: Dialer, end: Behaviour
) -> None:
    behaviour = answering(saying(UNTIL_THE_END + b'{"db": "ok"}', end))
    async with serving(behaviour, tls=issue()) as port:
        url = f"https://{HERE}:{port}/"
        expected = {"text": "ok", "pattern": "d.", "json": (("$.db", "ok"),)}
        read = await look(HttpTarget(url=url, **expected), dialer=trusting)  # type: ignore[arg-type]
        unread = await look(HttpTarget(url=url), dialer=trusting)

    assert_passed(read, "status 200, TLS 1.3, certificate valid for")
    assert_passed(unread, "status 200, TLS 1.3, certificate valid for")


@pytest.mark.parametrize(
    "expected", [{"text": "well"}, {"pattern": "w.ll"}, {"json": (("$.db", "ok"),)}], ids=str
)
async def test_a_body_that_may_have_been_cut_is_said_so(
    issue: Issue, trusting: Dialer, expected: dict[str, object]
) -> None:
    behaviour = answering(saying(UNTIL_THE_END + b'{"db": "o', leaving))
    async with serving(behaviour, tls=issue()) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", **expected)  # type: ignore[arg-type]
        outcome = await look(target, dialer=trusting)

    phrase = "the body, which was cut after 9 bytes (no TLS close_notify)"
    assert_failed(outcome, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, phrase)


async def test_the_common_name_of_a_certificate_counts_for_nothing(
    authority: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.test")]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(8)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    )
    path = tmp_path / "cn.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    async with serving(OK, tls=tls) as port, naming(zone("a.test. A 127.0.0.1")) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], ca_file=ca_file)
        outcome = await look(HttpTarget(url=f"https://a.test:{port}/"), dialer=dialer)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME)


async def test_a_name_that_tls_cannot_send_is_a_failure(trusting: Dialer) -> None:
    async with serving(silent) as port:

        async def secure(attempt: Attempt) -> str:
            with contextlib.closing(await trusting.dial(attempt, HERE, port)) as connection:
                await connection.start_tls(".a", trusting.trust(None))
            return ""

        outcome = await attempted(SHORT, secure, clock)

    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, ".a cannot be named in TLS")
