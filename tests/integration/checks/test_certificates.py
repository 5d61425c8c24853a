"""What a check says of the certificate that it was shown, and what the rules make of it."""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.certificates import DAY, Identity, called, rsa_key, signed, with_sha1
from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    NOW,
    assert_abstained,
    assert_failed,
    assert_passed,
    hearing,
    look,
    naming,
    page,
    saying,
    serving,
    strict_tls,
    zone,
)
from tocsin.checks import chain, tls
from tocsin.checks.certificate import ISSUER_LIMIT, read
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Certificate, Layer, Outcome, Reason
from tocsin.domain.target import HttpTarget, Tls, TlsVersion

OK = page(body=b"well")
WHOEVER = Dialer(egress=Egress.LOOPBACK)


async def visit(
    server: ssl.SSLContext, rules: Tls | None = None, dialer: Dialer = WHOEVER
) -> Outcome:
    async with serving(OK, tls=server) as port:
        return await look(HttpTarget(url=f"https://{HERE}:{port}/", tls=rules), dialer=dialer)


@pytest.fixture(scope="module")
def anyone() -> Identity:
    """Give an authority that nobody trusts unless told so."""
    country = x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "PE")
    house = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Casa")
    return signed(subject=called("Casa R1", country, house), names=(), authority=True)


def noted(identity: Identity, issuer: str) -> Certificate:
    return Certificate(
        fingerprint=hashlib.sha256(identity.der).hexdigest(),
        issuer=issuer,
        expires_at=identity.certificate.not_valid_after_utc,
    )


async def test_a_pass_notes_the_certificate(anyone: Identity, tmp_path: Path) -> None:
    shown = signed(by=anyone, until=NOW + 44 * DAY)

    outcome = await visit(shown.server(tmp_path), Tls(authority=anyone.pem))

    assert_passed(outcome, "status 200, TLS 1.3, certificate valid for 44 more days")
    assert outcome.certificate == noted(shown, "CN=Casa R1, O=Casa, C=PE")
    assert outcome.warning is None


async def test_without_tls_there_is_no_certificate() -> None:
    async with serving(OK) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/"))

    assert_passed(outcome)
    assert outcome.certificate is None


@pytest.mark.parametrize(
    ("made", "reason", "told"),
    [
        pytest.param(
            {"until": NOW - 3 * DAY}, Reason.CERTIFICATE_EXPIRED,
            "shows an expired certificate (expired 3 days ago, issued by CN=Casa R1, O=Casa",
            id="expired",
        ),
        pytest.param(
            {"since": NOW + 2 * DAY}, Reason.CERTIFICATE_NOT_YET_VALID,
            "that is not valid yet (it will be in 2 days, issued by CN=Casa R1, O=Casa",
            id="too early",
        ),
        pytest.param(
            {"names": ("a.test", "192.0.2.1", "b.test", "c.test")}, Reason.CERTIFICATE_WRONG_NAME,
            f"for a.test, 192.0.2.1, b.test and others, not for {HERE} (issued by CN=Casa R1",
            id="wrong names",
        ),
        pytest.param(
            {"names": ()}, Reason.CERTIFICATE_WRONG_NAME,
            "a certificate for no name (its subject is CN=self), not for",
            id="no name",
        ),
    ],
)  # fmt: skip
async def test_a_refused_certificate_is_told_and_noted(
    anyone: Identity, tmp_path: Path, made: dict[str, object], reason: Reason, told: str
) -> None:
    shown = signed(by=anyone, **made)  # type: ignore[arg-type]

    outcome = await visit(shown.server(tmp_path), Tls(authority=anyone.pem))

    assert_failed(outcome, Layer.TLS, reason, HERE, told)
    assert outcome.certificate == noted(shown, "CN=Casa R1, O=Casa, C=PE")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_an_untrusted_certificate_is_told_and_noted(
    anyone: Identity, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    shown = signed(by=anyone, until=datetime(2099, 1, 2, 3, tzinfo=UTC))
    server = shown.server(tmp_path)
    server.minimum_version = server.maximum_version = version

    outcome = await visit(server)

    told = f"(for {HERE}, issued by CN=Casa R1, O=Casa, C=PE, valid until 2099-01-02)"
    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, told)
    assert outcome.certificate == noted(shown, "CN=Casa R1, O=Casa, C=PE")


@pytest.mark.parametrize(
    ("dates", "reason", "told"),
    [
        pytest.param(
            {"until": NOW - DAY}, Reason.CERTIFICATE_EXPIRED,
            "a good certificate below an expired one of an authority", id="expired",
        ),
        pytest.param(
            {"since": NOW + DAY}, Reason.CERTIFICATE_NOT_YET_VALID,
            "below one of an authority that is not valid yet", id="too early",
        ),
    ],
)  # fmt: skip
async def test_what_is_wrong_above_a_certificate_is_not_said_of_it(
    anyone: Identity, tmp_path: Path, dates: dict[str, datetime], reason: Reason, told: str
) -> None:
    between = signed(by=anyone, subject=called("between"), names=(), authority=True, **dates)  # type: ignore[arg-type]

    outcome = await visit(signed(by=between).server(tmp_path), Tls(authority=anyone.pem))

    assert_failed(outcome, Layer.TLS, reason, told, "(issued by CN=between)")


async def test_a_signature_that_is_too_weak(tmp_path: Path) -> None:
    authority = signed(subject=called("old"), names=(), authority=True, own=rsa_key(2048))
    shown = with_sha1(signed(by=authority), authority)

    outcome = await visit(shown.server(tmp_path), Tls(authority=authority.pem))

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, "a signature that is too weak (for ")
    assert outcome.certificate == noted(shown, "CN=old")


async def test_an_authority_that_is_too_weak(tmp_path: Path) -> None:
    authority = signed(subject=called("old"), names=(), authority=True, own=rsa_key(1024))

    outcome = await visit(signed(by=authority).server(tmp_path), Tls(authority=authority.pem))

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, "a chain with a key that is too weak")


async def test_an_authority_of_several_is_enough(anyone: Identity, tmp_path: Path) -> None:
    other = signed(subject=called("other"), names=(), authority=True)

    outcome = await visit(signed(by=anyone).server(tmp_path), Tls(authority=other.pem + anyone.pem))

    assert_passed(outcome)


async def test_an_authority_that_is_named_replaces_all_others(
    issue: Issue, trusting: Dialer, anyone: Identity
) -> None:
    assert_passed(await visit(issue(), Tls(), trusting))

    outcome = await visit(issue(), Tls(authority=anyone.pem), trusting)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "issuer is unknown")
    assert len(tls.trust(Tls(authority=anyone.pem)).context.get_ca_certs()) == 1


async def test_an_authority_that_is_named_lets_no_version_pass(
    anyone: Identity, tmp_path: Path
) -> None:
    server = signed(by=anyone).server(tmp_path)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    rules = Tls(authority=anyone.pem, minimum=TlsVersion.V1_3)

    with strict_tls(server) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/", tls=rules))

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, "when asked for TLS 1.3 at least")


async def test_an_authority_that_cannot_be_read_blames_no_target(tmp_path: Path) -> None:
    broken = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n"

    outcome = await visit(signed().server(tmp_path), Tls(authority=broken))

    assert_abstained(outcome, Reason.PROBE_ERROR, "the authority that this monitor trusts")


async def test_another_name_can_be_asked_for(issue: Issue, trusting: Dialer) -> None:
    asked: list[str | None] = []
    server = issue("other.test")
    server.sni_callback = lambda _sock, name, _context: asked.append(name)

    assert_passed(await visit(server, Tls(name="other.test"), trusting))
    outcome = await visit(server, Tls(name="third.test"), trusting)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, "not for third.test")
    assert asked == ["other.test", "third.test"]


async def test_a_name_that_is_asked_for_is_the_first_hops(issue: Issue, ca_file: str) -> None:
    async with (
        naming(zone("b.test. A 127.0.0.1")) as server,
        serving(OK, tls=issue("b.test")) as end,
    ):
        there = f"Location: https://b.test:{end}/"
        moved = page("301 Moved", headers=(there,))
        async with serving(moved, tls=issue("a.test")) as port:
            dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], ca_file=ca_file)
            url = f"https://{HERE}:{port}/"
            target = HttpTarget(url=url, redirects=1, tls=Tls(name="a.test"))
            outcome = await look(target, dialer=dialer)

    assert_passed(outcome, "after 1 redirect")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("spoken", "minimum", "told"),
    [
        ("1.0", "1.0", None),
        ("1.1", "1.0", None),
        ("1.1", "1.1", None),
        ("1.2", "1.0", None),
        ("1.2", "1.2", None),
        ("1.3", "1.3", None),
        ("1.3", "1.0", None),
        ("1.0", "1.1", "offers nothing as new when asked for TLS 1.1 at least"),
        ("1.1", "1.2", "offers nothing as new when asked for TLS 1.2 at least"),
        ("1.2", "1.3", "offers nothing as new when asked for TLS 1.3 at least"),
    ],
)
async def test_the_oldest_version_that_is_good_enough(
    issue: Issue, trusting: Dialer, spoken: str, minimum: str, told: str | None
) -> None:
    server = issue()
    server.set_ciphers("ALL:@SECLEVEL=0")
    version = ssl.TLSVersion["TLSv" + spoken.replace(".", "_").removesuffix("_0")]
    server.minimum_version = server.maximum_version = version
    rules = Tls(minimum=TlsVersion(minimum))

    if told is None:
        assert_passed(await visit(server, rules, trusting), f"TLS {spoken}, certificate valid")
        return
    with strict_tls(server) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules)
        outcome = await look(target, dialer=trusting)

    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, told)


@pytest.mark.parametrize(("number", "spoken"), [(0, "SSL 3.0"), (1, "TLS 1.0"), (2, "TLS 1.1")])
async def test_a_server_that_begins_with_an_old_version_is_told_so(
    number: int, spoken: str
) -> None:
    version = bytes([3, number])
    hello = version + bytes(32) + b"\x00\xc0\x13\x00\x00\x05\xff\x01\x00\x01\x00"
    message = b"\x02" + len(hello).to_bytes(3) + hello
    record = b"\x16" + version + len(message).to_bytes(2) + message
    async with serving(hearing(saying(record))) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"))

    told = f"offers {spoken} when asked for TLS 1.2 at least"
    assert_failed(outcome, Layer.TLS, Reason.TLS_TOO_WEAK, told)


@pytest.mark.parametrize(
    ("left", "fails", "warns"),
    [
        pytest.param(30 * DAY, False, False, id="exactly what is asked for"),
        pytest.param(30 * DAY - timedelta(seconds=1), False, True, id="a second less"),
        pytest.param(7 * DAY, False, True, id="exactly the least"),
        pytest.param(7 * DAY - timedelta(seconds=1), True, False, id="a second less than that"),
    ],
)
async def test_days_are_counted_by_the_clock_of_the_check(
    issue: Issue, trusting: Dialer, left: timedelta, *, fails: bool, warns: bool
) -> None:
    outcome = await visit(issue(until=NOW + left), Tls(warn_days=30, fail_days=7), trusting)

    if fails:
        told = "valid for only 6 more days, where 7 are asked for (issued by "
        assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_EXPIRES_SOON, HERE, told)
    else:
        assert_passed(outcome, "certificate valid for")
    assert outcome.warning is (Reason.CERTIFICATE_EXPIRES_SOON if warns else None)
    assert outcome.certificate is not None
    assert outcome.certificate.expires_at == NOW + left


async def test_hours_are_told_where_no_day_is_left(issue: Issue, trusting: Dialer) -> None:
    outcome = await visit(issue(until=NOW + timedelta(hours=1, minutes=59)), None, trusting)

    assert_passed(outcome, "certificate valid for 1 more hour")
    assert not outcome.evidence.endswith("s")


async def test_of_two_hops_the_certificate_that_ends_first_is_noted(
    issue: Issue, trusting: Dialer
) -> None:
    async with serving(OK, tls=issue(until=NOW + 300 * DAY)) as end:
        moved = page("301 Moved", headers=(f"Location: https://{HERE}:{end}/",))
        async with serving(moved, tls=issue(until=NOW + 8 * DAY)) as port:
            url = f"https://{HERE}:{port}/"
            target = HttpTarget(url=url, redirects=1, tls=Tls(warn_days=30))
            outcome = await look(target, dialer=trusting)

    assert_passed(outcome, "after 1 redirect")
    assert outcome.warning is Reason.CERTIFICATE_EXPIRES_SOON
    assert outcome.certificate is not None
    assert outcome.certificate.expires_at == NOW + 8 * DAY


ITSELF = Tls(self_signed=True)


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def version(request: pytest.FixtureRequest) -> ssl.TLSVersion:
    return ssl.TLSVersion[request.param]


@pytest.mark.parametrize("algorithm", ["ec", "rsa", "ed25519"])
async def test_a_certificate_may_be_let_sign_itself(
    tmp_path: Path, version: ssl.TLSVersion, algorithm: str
) -> None:
    keys = {
        "ec": lambda: None,
        "rsa": lambda: rsa_key(2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }
    shown = signed(own=keys[algorithm]())
    server = shown.server(tmp_path)
    server.minimum_version = server.maximum_version = version

    outcome = await visit(server, ITSELF)

    assert_passed(outcome, "certificate valid for 90 more days")
    assert outcome.certificate == noted(shown, "CN=self")


@pytest.mark.parametrize(
    ("made", "reason", "told"),
    [
        pytest.param(
            {"until": NOW - 3 * DAY}, Reason.CERTIFICATE_EXPIRED,
            "(expired 3 days ago, issued by itself)", id="expired",
        ),
        pytest.param(
            {"since": NOW + DAY}, Reason.CERTIFICATE_NOT_YET_VALID, "not valid yet", id="too early"
        ),
        pytest.param(
            {"names": ("a.test",)}, Reason.CERTIFICATE_WRONG_NAME,
            f"for a.test, not for {HERE} (issued by itself)", id="wrong name",
        ),
        pytest.param(
            {"own": rsa_key(1024)},
            Reason.TLS_TOO_WEAK, "whose key is too weak", id="weak key",
        ),
    ],
)  # fmt: skip
async def test_all_else_of_a_certificate_that_signed_itself_counts(
    tmp_path: Path,
    version: ssl.TLSVersion,
    made: dict[str, object],
    reason: Reason,
    told: str,
) -> None:
    shown = signed(**made)  # type: ignore[arg-type]
    server = shown.server(tmp_path)
    server.minimum_version = server.maximum_version = version

    outcome = await visit(server, ITSELF)

    assert_failed(outcome, Layer.TLS, reason, told)
    assert outcome.certificate == noted(shown, "CN=self")


async def test_who_may_sign_itself_may_not_be_signed_by_anyone(
    anyone: Identity, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    server = signed(by=anyone).server(tmp_path)
    server.minimum_version = server.maximum_version = version

    outcome = await visit(server, ITSELF)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "issued by CN=Casa R1")


async def test_naming_oneself_as_issuer_is_not_signing_oneself(
    anyone: Identity, tmp_path: Path
) -> None:
    shown = signed(by=anyone, issuer=called("self"))

    outcome = await visit(shown.server(tmp_path), ITSELF)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "cannot be trusted, since")


async def test_who_may_sign_itself_may_be_signed_by_those_whom_all_trust(
    issue: Issue, trusting: Dialer
) -> None:
    assert_passed(await visit(issue(), ITSELF, trusting))
    outcome = await visit(issue("a.test"), ITSELF, trusting)

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, f"a.test, not for {HERE}")


@pytest.mark.parametrize("minimum", TlsVersion)
async def test_a_certificate_may_sign_itself_whatever_the_version(
    issue: Issue, trusting: Dialer, tmp_path: Path, minimum: TlsVersion
) -> None:
    rules = Tls(self_signed=True, minimum=minimum)

    assert_passed(await visit(signed().server(tmp_path), rules))
    assert_passed(await visit(issue(), rules, trusting))


async def test_the_days_of_a_certificate_that_signed_itself_count(tmp_path: Path) -> None:
    server = signed(until=NOW + 6 * DAY).server(tmp_path)

    outcome = await visit(server, Tls(self_signed=True, fail_days=7))

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_EXPIRES_SOON, "only 6 more days")


async def test_a_device_that_signed_only_its_common_name_can_be_asked_for_by_it(
    tmp_path: Path,
) -> None:
    server = signed(subject=called("FGVM-01"), names=()).server(tmp_path)

    assert_passed(await visit(server, Tls(self_signed=True, name="FGVM-01")))
    outcome = await visit(server, Tls(self_signed=True, name="FGVM-02"))

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, "not for FGVM-02")


def test_a_chain_that_is_judged_outside_a_connection_gets_no_consent_for_nothing(
    ca_file: str,
) -> None:
    judge = tls.trust(Tls(self_signed=True), ca_file).judge
    assert judge is not None

    for shown in [], [b""], [b"\x30\x03\x02\x01\x00"]:
        with pytest.raises(ssl.SSLError):
            chain.verify(judge, shown, HERE, has_rsa_key=False)


def test_contexts_are_found_again_and_do_not_pile_up(anyone: Identity) -> None:
    rules = Tls(authority=anyone.pem, warn_days=9)

    first = tls.trust(rules)
    again = tls.trust(Tls(authority=anyone.pem, fail_days=3))
    for number in range(tls.CONTEXTS + 5):
        tls.trust(Tls(authority=anyone.pem + "\n" * number))

    assert first.context is again.context
    assert tls.trust(rules).context is not first.context


NASTY = "evil\x00\x1b[2J\r\nBcc: all\u202e"


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (_ASN1Type.UTF8String, "Übung", "Übung"),
        (_ASN1Type.BMPString, "Übung", "Übung"),
        (_ASN1Type.UniversalString, "Übung", "Übung"),
        (_ASN1Type.UTF8String, NASTY, r"evil\x00\x1b[2J\r\nBcc: all\u202e"),
        (_ASN1Type.BMPString, NASTY, r"evil\x00\x1b[2J\r\nBcc: all\u202e"),
    ],
)
async def test_what_an_issuer_is_called_is_inert_text(
    tmp_path: Path, kind: _ASN1Type, value: str, told: str
) -> None:
    house = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, value, kind)
    nasty = signed(subject=called("bad", house), names=(), authority=True)

    outcome = await visit(signed(by=nasty).server(tmp_path))

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, f"issued by CN=bad, O={told}")
    assert outcome.certificate is not None
    assert outcome.certificate.issuer == f"CN=bad, O={told}"


@pytest.mark.parametrize("what", ["issuer", "subject", "names"])
async def test_names_of_any_length_are_cut(tmp_path: Path, what: str) -> None:
    long = [
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x" * 10_000, _validate=False)
        for _ in range(3)
    ]
    if what == "issuer":
        house = signed(subject=called("y", *long), names=(), authority=True)
        shown = signed(by=house)
    else:
        names = ("n" * 10_000, "m\x1b") if what == "names" else ()
        shown = signed(subject=called("y", *long), names=names)

    outcome = await visit(shown.server(tmp_path))

    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_UNTRUSTED, "(for ")
    assert outcome.certificate is not None
    assert len(outcome.certificate.issuer) <= ISSUER_LIMIT
    assert outcome.certificate.issuer.isprintable()


def test_names_that_a_certificate_is_for_are_inert_and_short() -> None:
    shown = read(signed(names=("m\x1b[2J", "n" * 10_000)).der)

    assert shown.names == (r"m\x1b[2J", "n" * 59 + "…")


@pytest.mark.parametrize("kept", range(0, 200, 7))
def test_a_certificate_that_was_cut_is_none(kept: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(SOME[: len(SOME) - 1 - kept])


def test_a_certificate_of_no_end_is_read() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    shown = read(signed(since=datetime(1950, 1, 1, tzinfo=UTC), until=end).der)

    assert shown.certificate.expires_at == end
    assert shown.valid_from == datetime(1950, 1, 1, tzinfo=UTC)


async def test_a_certificate_of_no_end_passes(tmp_path: Path) -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    outcome = await visit(signed(until=end).server(tmp_path), ITSELF)

    assert_passed(outcome, "certificate valid for 29")
    assert outcome.certificate is not None
    assert outcome.certificate.expires_at == end


@pytest.mark.parametrize("year", [1951, 1999, 2000, 2049, 2050])
def test_years_of_two_and_of_four_digits_are_read(year: int) -> None:
    since, until = datetime(1950, 1, 1, tzinfo=UTC), datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC)

    shown = read(signed(since=since, until=until).der)

    assert (shown.valid_from, shown.certificate.expires_at) == (since, until)


@pytest.mark.parametrize(
    "instead",
    [
        b"000000000000Z",
        b"261301000000Z",
        b"26010100000xZ",
        b"2601010000+01",
        b"260101000000+",
        b"\xff" * 13,
    ],
)
def test_dates_that_cannot_be_are_refused(instead: bytes) -> None:
    der = signed(until=datetime(2030, 1, 1, tzinfo=UTC)).der
    assert der.count(b"300101000000Z") == 1

    with pytest.raises(ValueError, match=r"."):
        read(der.replace(b"300101000000Z", instead))


@settings(max_examples=300, deadline=None)
@given(
    position=st.integers(min_value=0, max_value=10_000),
    piece=st.binary(max_size=8),
    drop=st.integers(min_value=0, max_value=8),
)
def test_no_damage_to_a_certificate_breaks_the_reader(
    position: int, piece: bytes, drop: int
) -> None:
    at = position % len(SOME)
    try:
        shown = read(SOME[:at] + piece + SOME[at + drop :])
    except ValueError:
        return

    assert shown.certificate.issuer.isprintable()
    assert len(shown.certificate.issuer) <= ISSUER_LIMIT
    assert all(name.isprintable() for name in (*shown.names, shown.subject))


SOME = signed(names=(HERE, "a.test", "b.test")).der


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=60))
def test_no_bytes_whatsoever_are_taken_for_a_certificate(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(noise)


def test_the_reader_agrees_with_another(authority: trustme.CA) -> None:
    pem = authority.issue_cert("a.test", "127.0.0.1", "::1", common_name="a").cert_chain_pems[0]
    other = x509.load_pem_x509_certificate(pem.bytes())

    shown = read(other.public_bytes(Encoding.DER))

    assert shown.certificate.fingerprint == other.fingerprint(hashes.SHA256()).hex()
    assert shown.certificate.expires_at == other.not_valid_after_utc
    assert shown.valid_from == other.not_valid_before_utc
    assert set(shown.names) == {"a.test", "127.0.0.1", "::1"}
    assert shown.has_rsa_key == isinstance(other.public_key(), rsa.RSAPublicKey)
    assert not shown.self_issued
