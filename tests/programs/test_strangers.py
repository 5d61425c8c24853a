"""Something lives at the port, but it is not what should: each check says what it met instead."""

import pytest

from tests.programs.checking import check
from tests.programs.declaration import Declaration
from tests.programs.declared.access import OPENSSH
from tests.programs.declared.databases import REDIS
from tests.programs.declared.directories import SLAPD
from tests.programs.declared.mail import DOVECOT
from tests.programs.programs import Program
from tests.programs.running import Run


@pytest.mark.xdist_group("openssh")
@pytest.mark.parametrize(
    ("declared", "port", "wanted", "fault", "phrase"),
    [
        pytest.param(
            *(OPENSSH, "plain", "smtp", "protocol/unexpected_reply", 'said "SSH-2.0-OpenSSH'),
            id="ssh for smtp",
        ),
        pytest.param(
            *(OPENSSH, "plain", "submission", "protocol/unexpected_reply", 'said "SSH-2.0-Open'),
            id="ssh for smtp with STARTTLS",
        ),
        pytest.param(
            *(OPENSSH, "plain", "imaps", "tls/tls_handshake", "does not speak TLS"),
            id="ssh for TLS",
        ),
        pytest.param(
            *(DOVECOT, "imap", "pop3", "protocol/unexpected_reply", 'said "* OK'),
            id="imap for pop3",
        ),
        pytest.param(
            *(DOVECOT, "imap", "imaps", "tls/tls_handshake", "does not speak TLS"),
            id="imap in the clear for imaps",
        ),
        pytest.param(
            *(DOVECOT, "imaps", "imap", "protocol/silent", "said nothing within"),
            id="imaps for imap in the clear",
        ),
        pytest.param(
            *(REDIS, "plain", "memcached", "protocol/unexpected_reply", 'said "-ERR unknown'),
            id="redis for memcached",
        ),
        pytest.param(
            *(SLAPD, "ldap", "ldaps", "tls/closed", "closed the connection during the TLS"),
            id="ldap in the clear for ldaps",
        ),
        pytest.param(
            *(REDIS, "plain", "postgres", "protocol/silent", "then said nothing to "),
            id="redis for postgres",
        ),
    ],
)
def test_another_service_at_the_port_is_down_and_told(
    run: Run, declared: Declaration, port: str, wanted: str, fault: str, phrase: str
) -> None:
    running = run(declared)

    finding = check(f"{wanted}://{running.address(port)}", timeout_s=2)

    assert (finding.status, f"{finding.layer}/{finding.reason}") == ("down", fault), finding
    assert phrase in finding.evidence


@pytest.mark.xdist_group("nginx")
def test_a_web_server_where_a_database_is_expected_is_down_and_told(nginx: Program) -> None:
    finding = check(f"redis://{nginx.address}")

    verdict = finding.status, f"{finding.layer}/{finding.reason}"
    assert verdict == ("down", "protocol/unexpected_reply"), finding
    assert 'it said "' in finding.evidence
