"""The Containerfile, step by step without a container: what it copies and installs runs a tick.

Of the network there is none here: the libraries that the lock names stand in for what pip would
fetch, and nothing else of this machine's is in reach of what is built.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.integration.adapters.conftest import REGION
from tests.integration.cli.standin import LONG, StandIn, greet, standing_in, watch
from tocsin import __version__

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "agent"
LOCK = ROOT / "requirements" / "agent.lock"
HOME = "/opt/tocsin"


def steps() -> list[tuple[str, str]]:
    """Give the instructions of the Containerfile, each on one line."""
    text = (FOLDER / "Containerfile").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(word: str) -> list[str]:
    return [rest for step, rest in steps() if step == word]


def locked() -> Iterator[Requirement]:
    """Give what the lock names for this machine."""
    for line in re.findall(r"^[a-z].*(?= \\$)", LOCK.read_text(), re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def install(requirement: Requirement, packages: Path) -> None:
    """Lend a library of this environment, in the very version that is pinned."""
    library = distribution(requirement.name)
    assert requirement.specifier.contains(library.version), requirement
    ours = Path(sysconfig.get_path("purelib"))
    for name in {file.parts[0] for file in library.files or () if ".." not in file.parts}:
        if name != "__pycache__":
            (packages / name).symlink_to(ours / name)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take the steps of the first stage, with a folder in place of the root."""
    root = tmp_path_factory.mktemp("image")
    home = root / HOME[1:]
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "venv", "--without-pip", home], check=True
    )
    for source, target in (copied.split() for copied in of("COPY") if "--from" not in copied):
        place = root / target[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, place)
    for requirement in locked():
        install(requirement, home / "lib" / "python3.13" / "site-packages")
    command = of("RUN")[1].replace(HOME, str(home))
    subprocess.run(["/bin/sh", "-c", command], check=True)  # noqa: S603 - of our own file
    return home


def test_libraries_are_installed_by_hash_before_anything_else() -> None:
    assert of("RUN")[0].split("&&")[1].split() == [
        f"{HOME}/bin/pip",
        "install",
        "--no-cache-dir",
        "--require-hashes",
        "--requirement",
        "/tmp/agent.lock",  # noqa: S108 - of the image
    ]
    assert of("COPY")[0] == "requirements/agent.lock /tmp/agent.lock"


def test_it_does_not_run_as_root() -> None:
    assert of("USER") == ["10001"]


def test_what_is_built_runs_a_tick(built: Path, dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    (entrypoint,) = of("ENTRYPOINT")
    command = [word.replace(HOME, str(built)) for word in json.loads(entrypoint)]
    with standing_in() as home, socket.create_server(("127.0.0.1", 0)) as target:
        target.settimeout(LONG)
        home.ahead = timedelta(seconds=-home.now.second % 60)
        watch(dynamodb, target)
        with subprocess.Popen(  # noqa: S603 - of our own file
            [*command, "--once"],
            cwd=tmp_path,
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                greet(target)
                said, _ = process.communicate(timeout=LONG)
            finally:
                process.kill()

    assert process.returncode == 0, said
    assert said.endswith("1 checked, 0 failed, 0 abstained\n")


def test_what_is_built_has_all_that_pings_need(built: Path, tmp_path: Path) -> None:
    """Nothing but a ping imports it, so nothing else would miss it."""
    done = subprocess.run(  # noqa: S603 - our own words
        [built / "bin" / "tocsin", "check", "icmp://127.0.0.1", "--retries", "0"],
        check=False,
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
    )

    assert done.returncode in {0, 3}, done.stderr  # 3 where this machine may not ping
    assert "sends no echo requests" not in done.stdout


def test_what_is_built_knows_its_version(built: Path, tmp_path: Path) -> None:
    said = subprocess.check_output(  # noqa: S603 - our own words
        [built / "bin" / "tocsin", "--version"], cwd=tmp_path, env={}, text=True
    )

    assert said == f"{__version__}\n"


def environment(home: StandIn) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": home.url,
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TOCSIN_EGRESS": "loopback",
        "TOCSIN_HOME_REGION": REGION,
        "TOCSIN_LOCATION": "office",
        "TOCSIN_REPORTS_TABLE": "reports",
        "TOCSIN_STATE_TABLE": "state",
    }
