"""`tocsin check` against PostgreSQL, which speaks only when it is spoken to."""

import pytest

from tests.programs.checking import (
    DIALLED,
    UNANSWERED,
    UNGREETED,
    UNSECURED,
    assert_down,
    assert_up,
    assert_waited,
    check,
)
from tests.programs.programs import Program

pytestmark = pytest.mark.xdist_group("postgresql")


def test_an_open_port_is_up(postgresql: Program) -> None:
    finding = check(f"tcp://{postgresql.address}")

    assert_up(finding, "accepts connections", DIALLED)
    assert finding.address == "127.0.0.1"


def test_a_greeting_that_never_comes_is_silence(postgresql: Program) -> None:
    finding = check(f"tcp://{postgresql.address}?banner=.", timeout_s=1)

    assert_down(
        finding,
        "protocol/silent",
        "accepted the connection, then said nothing within 1 s",
        UNGREETED,
    )
    assert_waited(finding, 1)


def test_a_frozen_database_still_accepts_so_an_open_port_proves_little(
    postgresql: Program,
) -> None:
    with postgresql.frozen():
        finding = check(f"tcp://{postgresql.address}")

    assert_up(finding, "accepts connections", DIALLED)


def test_a_database_where_a_page_is_expected_is_down(postgresql: Program) -> None:
    finding = check(f"http://{postgresql.address}/")

    assert_down(finding, "http/closed", "closed it without a word", UNANSWERED)


def test_a_database_where_tls_is_expected_is_down(postgresql: Program) -> None:
    finding = check(f"https://{postgresql.address}/")

    assert_down(finding, "tls/closed", "closed the connection during the TLS handshake", UNSECURED)
