"""What happens to a program happens to its check: stopped, frozen, replaced, and back again."""

import socket

import pytest

from tests.programs.checking import (
    ANSWERED,
    ASKED,
    DIALLED,
    GREETED,
    UNANSWERED,
    UNGREETED,
    UNSECURED,
    assert_down,
    assert_up,
    assert_waited,
    check,
    checking,
)
from tests.programs.configs import ZONE
from tests.programs.programs import HERE, Program

NGINX = "nginx", "http://{}/"
SECURE_NGINX = "secure_nginx", "https://{}/"
OPENSSH = "openssh", "tcp://{}?banner=^SSH-2.0-"
POSTGRESQL = "postgresql", "tcp://{}"
KNOT = "knot", f"dns://{ZONE}?type=MX&resolver={{}}"

type Row = tuple[tuple[str, str], str, str, list[str]]


def each(*rows: Row) -> pytest.MarkDecorator:
    """Make a case of each program, next to the other tests of that program."""
    return pytest.mark.parametrize(
        ("program", "target", "fault", "phrase", "phases"),
        [
            pytest.param(name, target, *rest, id=name, marks=pytest.mark.xdist_group(name))
            for (name, target), *rest in rows
        ],
        indirect=["program"],
    )


silences = each(
    (NGINX, "http/silent", "said nothing within 1 s", UNANSWERED),
    (SECURE_NGINX, "tls/silent", "did not answer the TLS handshake within 1 s", UNSECURED),
    (OPENSSH, "protocol/silent", "said nothing within 1 s", UNGREETED),
    (KNOT, "dns/dns_timeout", "did not answer within 1 s", ASKED),
)


@each(
    (NGINX, "connect/refused", "refused the connection", DIALLED),
    (SECURE_NGINX, "connect/refused", "refused the connection", DIALLED),
    (OPENSSH, "connect/refused", "refused the connection", DIALLED),
    (POSTGRESQL, "connect/refused", "refused the connection", DIALLED),
    (KNOT, "dns/refused", "refused the connection", ASKED),
)
def test_a_stopped_program_is_refused_at_every_attempt(
    program: Program, target: str, fault: str, phrase: str, phases: list[str]
) -> None:
    with program.stopped():
        finding = check(target.format(program.address), retries=1)

    assert_down(finding, fault, f"{program.address} {phrase}", phases)
    assert finding.attempts == 2


@silences
def test_a_frozen_program_is_silent_though_its_port_is_open(
    program: Program, target: str, fault: str, phrase: str, phases: list[str]
) -> None:
    with program.frozen():
        finding = check(target.format(program.address), timeout_s=1)

    assert_down(finding, fault, phrase, phases)
    assert_waited(finding, 1)


@silences
def test_a_listener_that_says_nothing_is_not_taken_for_the_program(
    program: Program, target: str, fault: str, phrase: str, phases: list[str]
) -> None:
    with program.replaced():
        finding = check(target.format(program.address), timeout_s=1)

    assert_down(finding, fault, phrase, phases)
    assert_waited(finding, 1)


@pytest.mark.xdist_group("nginx")
def test_a_program_that_is_back_within_the_re_checks_is_up(nginx: Program) -> None:
    nginx.stop()
    try:
        with socket.create_server((HERE, nginx.port)) as failing:
            failing.settimeout(10)
            with checking(f"http://{nginx.address}/", retries=5) as end:
                visitor, _ = failing.accept()
                failing.close()
                nginx.start()
                visitor.close()
    finally:
        nginx.stop()
        nginx.start()

    assert_up(end[0], "status 200", ANSWERED)
    assert end[0].attempts == 2


@pytest.mark.xdist_group("openssh")
def test_a_program_that_was_frozen_and_goes_on_is_up(openssh: Program) -> None:
    with openssh.frozen():
        pass

    finding = check(f"tcp://{openssh.address}?banner=^SSH-2.0-")

    assert_up(finding, "SSH-2.0-OpenSSH_", GREETED)
