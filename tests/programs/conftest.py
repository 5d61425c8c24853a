"""The programs, each started once a worker. A missing one is an error, never a skip."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGINT

import dns.exception
import dns.message
import dns.query
import pytest
import trustme

from tests.programs import configs
from tests.programs.programs import HERE, NOBODY, Program, found, free_port, prepare

type MakeFolder = Callable[[], Path]


@pytest.fixture(scope="session")
def make_folder() -> Iterator[MakeFolder]:
    """Make folders for `nobody`; pytest's own ones are closed to all but the user of the tests."""
    with ExitStack() as folders:

        def make() -> Path:
            path = Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-")))
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)
            return path

        yield make


@pytest.fixture(scope="session")
def nginx(make_folder: MakeFolder) -> Iterator[Program]:
    folder, port = make_folder(), free_port()
    (folder / "nginx.conf").write_text(configs.nginx(folder, port))
    yield from _running(_nginx(folder, port))


@pytest.fixture(scope="session")
def secure_nginx(make_folder: MakeFolder) -> Iterator[Program]:
    """Serve the same under TLS, with a certificate of an authority that nobody knows."""
    folder, port = make_folder(), free_port()
    certificate = trustme.CA().issue_cert(HERE)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "chain.pem").write_bytes(b"".join(p.bytes() for p in certificate.cert_chain_pems))
    (folder / "nginx.conf").write_text(configs.nginx(folder, port, tls=True))
    yield from _running(_nginx(folder, port))


@pytest.fixture(scope="session")
def openssh(make_folder: MakeFolder) -> Iterator[Program]:
    folder, port = make_folder(), free_port()
    keygen = found("ssh-keygen", "openssh-client")
    prepare([keygen, "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/host_key"], folder)
    (folder / "sshd_config").write_text(configs.sshd(folder, port))
    sshd = found("sshd", "openssh-server")
    yield from _running(Program([sshd, "-D", "-e", "-f", f"{folder}/sshd_config"], folder, port))


@pytest.fixture(scope="session")
def postgresql(make_folder: MakeFolder) -> Iterator[Program]:
    folder, port = make_folder(), free_port()
    # Debian keeps each major version in a folder of its own, off the PATH.
    versions = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb = found("initdb", "postgresql", versions)
    prepare([initdb, "-D", f"{folder}/data", "--locale=C", "--auth=trust", "--no-sync"], folder)
    server = found("postgres", "postgresql", versions)
    command = [server, "-D", f"{folder}/data", "-h", HERE, "-p", str(port), "-k", "", "-F"]
    # What PostgreSQL calls a fast shutdown: it does not wait for clients.
    yield from _running(Program(command, folder, port, stop_with=SIGINT))


@pytest.fixture(scope="session")
def knot(make_folder: MakeFolder) -> Iterator[Program]:
    folder, port = make_folder(), free_port()
    (folder / "knot.conf").write_text(configs.knot(folder, port))
    (folder / "zone").write_text(configs.zone())
    knotd = found("knotd", "knot")
    command = [knotd, "-c", f"{folder}/knot.conf"]
    yield from _running(Program(command, folder, port, answers=_knows_its_zone))


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Program:
    """Give the program that the case names."""
    running: Program = request.getfixturevalue(request.param)
    return running


def _nginx(folder: Path, port: int) -> Program:
    command = [found("nginx", "nginx"), "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    return Program(command, folder, port)


def _knows_its_zone(port: int) -> bool:
    query = dns.message.make_query(configs.ZONE, "SOA")
    try:
        return bool(dns.query.udp(query, HERE, port=port, timeout=0.5).answer)
    except (OSError, dns.exception.DNSException):
        return False


def _running(program: Program) -> Iterator[Program]:
    program.start()
    try:
        yield program
    finally:
        program.stop()
