"""`tocsin check NAME://…` of each service that a real program offers, in each mode of TLS.

Four things happen to each program: it is well, frozen, gone, and replaced by what only listens.
"""

from typing import Final

import pytest

from tests.programs.certificates import ORGANIZATION
from tests.programs.checking import DIALLED, UNSECURED, Finding, assert_down, check_all
from tests.programs.declaration import Declaration, Offer
from tests.programs.declared import PROGRAMS
from tests.programs.running import Run, Running

PATIENCE_S: Final = 1.0

each_program = pytest.mark.parametrize(
    "declared",
    [
        pytest.param(each, id=each.name, marks=pytest.mark.xdist_group(each.name))
        for each in PROGRAMS
    ],
)


@each_program
def test_a_healthy_program_proves_each_of_its_services(run: Run, declared: Declaration) -> None:
    running = run(declared)

    findings = check_all(running.targets())

    for offer, finding in zip(declared.offers, findings, strict=True):
        assert (finding.status, finding.reason, finding.warning) == ("up", None, None), finding
        assert offer.says in finding.evidence
        assert finding.phases_ms.keys() >= {"connect", "first_byte"}
        assert_shows(finding, running, offer)


@each_program
def test_a_frozen_program_is_silent_in_each_of_its_services(
    run: Run, declared: Declaration
) -> None:
    running = run(declared)

    with running.program.frozen():
        findings = check_all(running.targets(), timeout_s=PATIENCE_S)

    assert_silent(running, findings)


@each_program
def test_a_program_that_is_gone_is_refused_and_what_only_listens_there_is_silent(
    run: Run, declared: Declaration
) -> None:
    running = run(declared)

    running.program.stop()
    refused = check_all(running.targets())
    with running.program.impersonated():
        silent = check_all(running.targets(), timeout_s=PATIENCE_S)

    for finding in refused:
        assert_down(finding, "connect/refused", "refused the connection", DIALLED)
    assert_silent(running, silent)


def assert_shows(finding: Finding, running: Running, offer: Offer) -> None:
    """See that the certificate is the program's own, and said to last."""
    if offer.mode == "plain":
        assert finding.certificate is None
        return
    assert running.certificate is not None
    assert finding.certificate is not None, finding
    assert finding.certificate.fingerprint == running.certificate.fingerprint
    assert finding.certificate.expires_at == running.certificate.expires_at
    assert ORGANIZATION in finding.certificate.issuer
    assert "TLS 1." in finding.evidence
    assert "certificate valid for 89 more days" in finding.evidence
    assert "tls" in finding.phases_ms


def assert_silent(running: Running, findings: list[Finding]) -> None:
    for offer, finding in zip(running.declared.offers, findings, strict=True):
        assert finding.certificate is None
        if offer.mode == "direct":
            phrase = "did not answer the TLS handshake within 1 s"
            assert_down(finding, "tls/silent", phrase, UNSECURED)
        else:
            phases = list(finding.phases_ms)
            assert phases in (["connect", "first_byte"], ["connect", "send", "first_byte"])
            assert_down(finding, "protocol/silent", "then said nothing", phases)
