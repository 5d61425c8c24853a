"""Servers that are full: they accept, and most of them say that they cannot serve."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import pytest

from tests.programs.checking import check
from tests.programs.declaration import Declaration
from tests.programs.declared.access import OPENSSH, VSFTPD
from tests.programs.declared.databases import MARIADB, MEMCACHED, POSTGRESQL, REDIS
from tests.programs.programs import HERE, Program
from tests.programs.running import RunApart

PATIENCE_S: Final = 10
_SUPERUSER: Final = b"user\0postgres\0database\0postgres\0\0"


@contextmanager
def filled(program: Program, places: int) -> Iterator[None]:
    """Take all of its places."""
    with ExitStack() as guests:
        for _ in range(places):
            guests.enter_context(socket.create_connection((HERE, program.port), PATIENCE_S))
        yield


@pytest.mark.parametrize(
    ("declared", "more", "places", "phrase"),
    [
        # One more than it says: the last place is for an administrator.
        (MARIADB, ["--max-connections=10"], 11, "Too many connections"),
        (REDIS, ["--maxclients", "2"], 2, "ERR max number of clients reached"),
        # It keeps some places for itself.
        (MEMCACHED, ["-c", "32"], 64, "ERROR Too many open connections"),
        (OPENSSH, ["MaxStartups 1"], 1, "Exceeded MaxStartups"),
        (VSFTPD, ["max_clients=1"], 1, "421 There are too many connected users"),
    ],
    ids=["mariadb", "redis", "memcached", "openssh", "vsftpd"],
)
def test_a_server_that_is_full_declines_and_is_up_again_when_guests_leave(
    run_apart: RunApart, declared: Declaration, more: list[str], places: int, phrase: str
) -> None:
    running = run_apart(declared, *more)
    target = running.target(declared.offers[0])

    with filled(running.program, places):
        full = check(target)
    freed = check(target, retries=5)

    assert (full.status, f"{full.layer}/{full.reason}") == ("down", "protocol/declined"), full
    assert f"{running.program.address} declines to serve" in full.evidence
    assert phrase in full.evidence
    assert freed.status == "up", freed


@pytest.mark.xdist_group("postgresql")
def test_postgresql_answers_before_it_counts_so_a_full_one_is_up(run_apart: RunApart) -> None:
    few = ["max_connections=1", "superuser_reserved_connections=0", "max_wal_senders=0"]
    running = run_apart(POSTGRESQL, *few)

    with only_guest(running.program), logging_in(running.program) as refused:
        finding = check(running.target(POSTGRESQL.offers[0]))

    assert refused == b"E"
    assert finding.status == "up", finding


@contextmanager
def only_guest(program: Program) -> Iterator[None]:
    """Log in as soon as it lets one in, which is a moment after it listens."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with logging_in(program) as kind:
            if kind == b"R":
                yield
                return
        time.sleep(0.02)
    raise TimeoutError("it lets nobody in")


@contextmanager
def logging_in(program: Program) -> Iterator[bytes]:
    """Log in as a client would; give the kind of the answer's first message."""
    with socket.create_connection((HERE, program.port), PATIENCE_S) as client:
        client.sendall(struct.pack("!ii", 8 + len(_SUPERUSER), 0x30000) + _SUPERUSER)
        yield client.recv(1)
