"""The programs, each started once a worker. A missing one is an error, never a skip."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.programs import configs
from tests.programs.certificates import Authority, Certificate
from tests.programs.declaration import Declaration
from tests.programs.declared import access, databases, network
from tests.programs.programs import NOBODY, Program, found, free_port
from tests.programs.running import Run, RunApart, Running

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
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def run(make_folder: MakeFolder, authority: Authority) -> Iterator[Run]:
    """Run a declared program until the end of the tests, or go on where a test has stopped it."""
    good = authority.good()
    runs: dict[str, Running] = {}
    with ExitStack() as programs:

        def running(declared: Declaration) -> Running:
            if declared.name not in runs:
                runs[declared.name] = Running.settled(declared, make_folder(), good)
                programs.callback(runs[declared.name].program.stop)
            program = runs[declared.name].program
            if program.runs and declared.one_session:
                program.stop()
            if not program.runs:
                program.start()
            return runs[declared.name]

        yield running


@pytest.fixture
def run_apart(make_folder: MakeFolder) -> Iterator[RunApart]:
    """Run a program of a test's own, in another way than it is declared."""
    with ExitStack() as programs:

        def running(
            declared: Declaration, *more: str, certificate: Certificate | None = None
        ) -> Running:
            apart = Running.settled(declared, make_folder(), certificate, more)
            programs.callback(apart.program.stop)
            apart.program.start()
            return apart

        yield running


@pytest.fixture
def openssh(run: Run) -> Program:
    return run(access.OPENSSH).program


@pytest.fixture
def postgresql(run: Run) -> Program:
    return run(databases.POSTGRESQL).program


@pytest.fixture
def knot(run: Run) -> Program:
    return run(network.KNOT).program


@pytest.fixture(scope="session")
def nginx(make_folder: MakeFolder) -> Iterator[Program]:
    folder, port = make_folder(), free_port()
    (folder / "nginx.conf").write_text(configs.nginx(folder, port))
    yield from _running(_nginx(folder, port))


@pytest.fixture(scope="session")
def secure_nginx(make_folder: MakeFolder, authority: Authority) -> Iterator[Program]:
    """Serve the same under TLS, with a certificate of an authority that nobody knows."""
    folder, port = make_folder(), free_port()
    certificate = authority.good()
    (folder / "key.pem").write_bytes(certificate.key)
    (folder / "chain.pem").write_bytes(certificate.chain)
    (folder / "nginx.conf").write_text(configs.nginx(folder, port, tls=True))
    yield from _running(_nginx(folder, port))


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Program:
    """Give the program that the case names."""
    running: Program = request.getfixturevalue(request.param)
    return running


def _nginx(folder: Path, port: int) -> Program:
    command = [found("nginx", "nginx"), "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    return Program(command, folder, ports={"plain": port})


def _running(program: Program) -> Iterator[Program]:
    program.start()
    try:
        yield program
    finally:
        program.stop()
