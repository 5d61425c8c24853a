"""`make deploy HOME=us-east-1` means a region, and everybody's own folder stays where it is."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.cloudformation import PROJECT

HOME = pwd.getpwuid(os.getuid()).pw_dir
SPY = '#!/bin/sh\nprintf "%s\\n" "HOME=$HOME" "$@" > "$(dirname "$0")/../../said"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Set up a project with a command that only notes how it was called."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    shutil.copy(PROJECT / ".python-version", tmp_path)
    for name in ("pyproject.toml", "requirements/dev.lock", "requirements/sam.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "requirements/uv.lock").touch()
    bin_ = tmp_path / ".venv" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "tocsin").write_text(SPY)
    (bin_ / "tocsin").chmod(0o700)
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def said(project: Path, *words: str, home: str = HOME) -> list[str]:
    made = run(project, *words, home=home)
    assert made.returncode == 0, made.stderr
    return (project / "said").read_text().splitlines()


def run(project: Path, *words: str, home: str = HOME) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(  # noqa: S603 - our own Makefile
        [make, *words],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": home},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_region_is_no_folder_to_look_for_credentials_in(project: Path) -> None:
    found = said(project, "deploy", "HOME=us-east-1", "PROBES=eu-west-1 ap-southeast-1")

    assert found == [
        f"HOME={HOME}",
        "deploy",
        "--home",
        "us-east-1",
        "--probe",
        "eu-west-1",
        "--probe",
        "ap-southeast-1",
    ]


def test_without_a_region_the_file_says_it_and_a_home_of_ones_own_stays(project: Path) -> None:
    assert said(project, "deploy", home="/somewhere") == ["HOME=/somewhere", "deploy"]


def test_a_region_that_is_empty_is_told_as_such_and_not_left_out(project: Path) -> None:
    """As in `make deploy HOME=$REGION`, where nobody has set REGION."""
    assert said(project, "deploy", "HOME=")[1:] == ["deploy", "--home", ""]


@pytest.mark.parametrize(
    ("words", "home", "told"),
    [
        pytest.param(
            ("deploy",),
            "us-east-1",
            "HOME=us-east-1 is no folder: a region is said after make",
            id="a region that is said before make",
        ),
        pytest.param(
            ("deploy", "HOME=eu-west-1", "PROBES=us-east-1", "ap-southeast-1"),
            HOME,
            'regions go in quotes, with spaces between: PROBES="us-east-1 ap-southeast-1"',
            id="regions without quotes",
        ),
    ],
)
def test_a_region_in_the_wrong_place_runs_nothing(
    project: Path, words: tuple[str, ...], home: str, told: str
) -> None:
    made = run(project, *words, home=home)

    assert made.returncode != 0
    assert told in made.stderr
    assert not (project / "said").exists()


def test_a_home_with_a_space_is_a_folder(project: Path) -> None:
    assert said(project, "deploy", home="/my home") == ["HOME=/my home", "deploy"]


@pytest.mark.parametrize("target", ["deploy", "rollback", "destroy"])
def test_who_says_yes_is_not_asked_and_all_else_is_handed_on(project: Path, target: str) -> None:
    found = said(project, target, "YES=1", "BUCKET=ours", "ARGS=--only us-east-1")

    assert found[1:] == [target, "--yes", "--bucket", "ours", "--only", "us-east-1"]


def test_outputs_are_asked_of_no_bucket(project: Path) -> None:
    assert said(project, "outputs", "ARGS=--json")[1:] == ["outputs", "--json"]
