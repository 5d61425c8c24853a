"""Certificates and versions of TLS that are at fault, shown by real servers in both modes."""

from datetime import UTC, datetime

import pytest

from tests.programs.certificates import ANOTHER_NAME, Authority, self_signed
from tests.programs.checking import Finding, check_all
from tests.programs.declared.directories import SLAPD
from tests.programs.declared.mail import POSTFIX
from tests.programs.running import Run, RunApart, Running

directory = pytest.mark.xdist_group("slapd")


def visit(running: Running, *options: str, **said: str) -> list[Finding]:
    """Check it over STARTTLS and over TLS from the first byte."""
    secured = [offer for offer in running.declared.offers if offer.mode != "plain"]
    return check_all([running.target(offer, **said) for offer in secured], *options)


def assert_refused(findings: list[Finding], reason: str, phrase: str) -> None:
    for finding in findings:
        verdict = finding.status, f"{finding.layer}/{finding.reason}"
        assert verdict == ("down", f"tls/{reason}"), finding
        assert phrase in finding.evidence
        assert "tls" in finding.phases_ms


def assert_accepted(findings: list[Finding]) -> None:
    for finding in findings:
        assert (finding.status, finding.warning) == ("up", None), finding


@directory
def test_an_expired_certificate_is_down_and_still_shown(
    run_apart: RunApart, authority: Authority
) -> None:
    running = run_apart(SLAPD, certificate=authority.expired())

    findings = visit(running)

    assert_refused(findings, "certificate_expired", "an expired certificate (expired 3 days ago")
    for finding in findings:
        assert running.certificate is not None
        assert finding.certificate is not None
        assert finding.certificate.fingerprint == running.certificate.fingerprint
        assert finding.certificate.expires_at < datetime.now(UTC)


@directory
def test_a_certificate_for_another_name_is_down_unless_that_name_is_asked_for(
    run_apart: RunApart, authority: Authority
) -> None:
    running = run_apart(SLAPD, certificate=authority.misnamed())

    phrase = f"a certificate for {ANOTHER_NAME}, not for 127.0.0.1"
    assert_refused(visit(running), "certificate_wrong_name", phrase)
    assert_accepted(visit(running, "--name", ANOTHER_NAME))


@directory
def test_a_self_signed_certificate_is_down_unless_it_is_allowed(run_apart: RunApart) -> None:
    running = run_apart(SLAPD, certificate=self_signed())

    refused = visit(running, minimum="1.2")
    allowed = visit(running, self_signed="true")

    assert_refused(refused, "certificate_untrusted", "shows a self-signed certificate")
    assert_accepted(allowed)


@directory
def test_leave_to_sign_itself_is_no_leave_for_an_unknown_authority(run: Run) -> None:
    running = run(SLAPD)

    for findings in (visit(running, minimum="1.2"), visit(running, self_signed="true")):
        assert_refused(findings, "certificate_untrusted", "whose issuer is unknown")


@directory
def test_a_certificate_that_ends_soon_warns_and_then_fails(
    run_apart: RunApart, authority: Authority
) -> None:
    running = run_apart(SLAPD, certificate=authority.ending())

    warned = visit(running, "--certificate-days", "14:3")
    failed = visit(running, "--certificate-days", "14")

    for finding in warned:
        assert (finding.status, finding.warning) == ("degraded", "certificate_expires_soon")
        assert "certificate valid for 5 more days" in finding.evidence
    assert_refused(failed, "certificate_expires_soon", "valid for only 5 more days, where 14")


@pytest.mark.xdist_group("postfix")
def test_a_server_without_tls_1_3_is_too_weak_only_for_who_asks_for_it(
    run_apart: RunApart, authority: Authority
) -> None:
    limited = "smtpd_tls_protocols = >=TLSv1.2, <=TLSv1.2"
    mandatory = "smtpd_tls_mandatory_protocols = >=TLSv1.2, <=TLSv1.2"
    running = run_apart(POSTFIX, limited, mandatory, certificate=authority.good())

    assert_accepted(visit(running))
    phrase = "when asked for TLS 1.3 at least"
    assert_refused(visit(running, "--minimum", "1.3"), "tls_too_weak", phrase)
