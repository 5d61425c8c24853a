"""`tocsin check` against OpenSSH's server."""

import pytest

from tests.programs.checking import (
    ANSWERED,
    DIALLED,
    GREETED,
    UNSECURED,
    assert_down,
    assert_up,
    assert_waited,
    check,
)
from tests.programs.programs import Program

pytestmark = pytest.mark.xdist_group("openssh")


def test_an_open_port_is_up(openssh: Program) -> None:
    assert_up(check(f"tcp://{openssh.address}"), "accepts connections", DIALLED)


@pytest.mark.parametrize("banner", ["^SSH-2.0-", r"OpenSSH_\d+"], ids=["at its start", "within"])
def test_the_banner_that_is_expected_is_up(openssh: Program, banner: str) -> None:
    finding = check(f"tcp://{openssh.address}?banner={banner}")

    assert_up(finding, 'said "SSH-2.0-OpenSSH_', GREETED)


def test_another_banner_is_down_and_quoted(openssh: Program) -> None:
    finding = check(f"tcp://{openssh.address}?banner=^220 ", timeout_s=1)

    assert_down(finding, "protocol/unexpected_reply", 'which does not match "^220 "', GREETED)
    assert '"SSH-2.0-OpenSSH_' in finding.evidence
    # More lines of a greeting might have followed.
    assert_waited(finding, 1)


def test_ssh_where_a_page_is_expected_is_down_and_quoted(openssh: Program) -> None:
    finding = check(f"http://{openssh.address}/")

    assert_down(
        finding,
        "http/malformed_reply",
        'does not speak HTTP (no status line); it said "SSH-2.0-OpenSSH_',
        ANSWERED,
    )


def test_ssh_where_tls_is_expected_is_down(openssh: Program) -> None:
    finding = check(f"https://{openssh.address}/")

    assert_down(finding, "tls/tls_handshake", "does not speak TLS", UNSECURED)
