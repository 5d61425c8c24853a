"""What the tests owe a machine: nothing is skipped in silence, exposed, or left behind."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.programs.conftest import MakeFolder
from tests.programs.declaration import Declaration
from tests.programs.declared import PROGRAMS
from tests.programs.programs import (
    PATIENCE_S,
    MissingProgramError,
    Program,
    ProgramError,
    found,
    free_port,
    is_free,
)
from tests.programs.running import Run

LOOPBACK: Final = frozenset({"0100007F", "00000000000000000000000001000000"})
TABLES: Final = ("tcp", "tcp6", "udp", "udp6")

# Starts the program that the first argument names in the folder that the second one gives, tells
# its ports, and waits to be killed.
ORPHANING: Final = """
import sys
from pathlib import Path
from tests.programs.certificates import Authority
from tests.programs.declared import PROGRAMS

declared = next(each for each in PROGRAMS if each.name == sys.argv[1])
program = declared.settle(Path(sys.argv[2]), Authority().good())
program.start()
print(*program.ports.values(), flush=True)
sys.stdin.read()
"""

# Has children that have ended, and reaps them, the newest first, when it goes on.
REAPING: Final = """
use Socket;
my @children = map { fork // die $! or exit } 1 .. 2_000;
$SIG{CONT} = sub { waitpid pop @children, 0 while @children };
socket my $served, PF_INET, SOCK_STREAM, 0;
bind $served, sockaddr_in shift, INADDR_LOOPBACK or die $!;
listen $served, 1;
sleep while 1;
"""


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(MissingProgramError, match="apt-get install no-such-package"):
        found("no-such-program", "no-such-package")


def test_a_program_that_does_not_come_up_is_an_error_with_what_it_printed(
    make_folder: MakeFolder,
) -> None:
    complaining = ["/bin/sh", "-c", "echo no such directive; exit 1"]
    program = Program(complaining, make_folder(), ports={"plain": free_port()})

    with pytest.raises(ProgramError, match="no such directive"):
        program.start()


def test_a_program_goes_on_though_its_children_ended_while_it_stood_still(
    make_folder: MakeFolder,
) -> None:
    port = free_port()
    reaping = [found("perl", "perl-base"), "-e", REAPING, str(port)]
    program = Program(reaping, make_folder(), ports={"plain": port})
    program.start()
    try:
        with program.frozen():
            assert len(program.family) > 2_000

        until = time.monotonic() + PATIENCE_S
        while len(program.family) > 1:
            assert time.monotonic() < until, "it did not go on"
            time.sleep(0.01)
    finally:
        program.stop()


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(each, id=each.name, marks=pytest.mark.xdist_group(each.name))
        for each in PROGRAMS
    ],
)
def test_a_program_is_reached_over_loopback_only(run: Run, declared: Declaration) -> None:
    bound = addresses(run(declared).program.family)

    assert bound
    assert bound <= LOOPBACK


@pytest.mark.parametrize("name", ["postfix", "dovecot", "rabbitmq", "ocserv", "vsftpd"])
def test_a_program_and_its_children_end_with_tests_that_are_killed(
    make_folder: MakeFolder, name: str
) -> None:
    words = [sys.executable, "-c", ORPHANING, name, str(make_folder())]
    with subprocess.Popen(  # noqa: S603 - our own list of arguments
        words,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as tests:
        assert tests.stdout is not None
        ports = [int(port) for port in tests.stdout.readline().split()]
        tests.kill()

    assert ports
    until = time.monotonic() + PATIENCE_S
    while not all(map(is_free, ports)):
        assert time.monotonic() < until, "it has outlived the tests"
        time.sleep(0.05)


def addresses(processes: Iterable[int]) -> set[str]:
    """Give the local addresses, as the kernel writes them, at which processes can be reached."""
    sockets: set[str] = set()
    for process in processes:
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # it has just been closed
                sockets.add(str(file.readlink()))
    found_at: set[str] = set()
    for table in TABLES:
        for row in Path("/proc/net", table).read_text("ascii").splitlines()[1:]:
            _, local, remote, _, *rest = row.split()
            if f"socket:[{rest[5]}]" in sockets and remote.endswith(":0000"):
                found_at.add(local.partition(":")[0])
    return found_at
