"""Servers that were never given a certificate: they live, and turn to no TLS."""

from typing import Final

import pytest

from tests.programs.checking import check_all
from tests.programs.declaration import Declaration
from tests.programs.declared.access import VSFTPD, XRDP
from tests.programs.declared.databases import MARIADB, POSTGRESQL
from tests.programs.declared.directories import SLAPD
from tests.programs.declared.mail import DOVECOT, POSTFIX
from tests.programs.declared.messaging import PROSODY
from tests.programs.running import RunApart

UPGRADING: Final = (POSTGRESQL, MARIADB, POSTFIX, DOVECOT, SLAPD, PROSODY, VSFTPD, XRDP)


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(each, id=each.name, marks=pytest.mark.xdist_group(each.name))
        for each in UPGRADING
    ],
)
def test_a_server_without_a_certificate_is_up_in_the_clear_and_has_no_starttls(
    run_apart: RunApart, declared: Declaration
) -> None:
    running = run_apart(declared)
    offers = [offer for offer in declared.offers if offer.mode != "direct"]

    findings = check_all([running.target(offer) for offer in offers])

    for offer, finding in zip(offers, findings, strict=True):
        assert finding.certificate is None
        if offer.mode == "plain":
            assert finding.status == "up", finding
        else:
            verdict = finding.status, f"{finding.layer}/{finding.reason}"
            assert verdict == ("down", "tls/no_starttls"), finding
            assert "does not turn to TLS" in finding.evidence
