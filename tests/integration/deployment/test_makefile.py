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
    make = shutil.which("make")
    assert make is not None
    subprocess.run(  # noqa: S603 - our own Makefile
        [make, *words],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": home},
        check=True,
        capture_output=True,
    )
    return (project / "said").read_text().splitlines()


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


@pytest.mark.parametrize("target", ["deploy", "rollback", "destroy"])
def test_who_says_yes_is_not_asked_and_all_else_is_handed_on(project: Path, target: str) -> None:
    found = said(project, target, "YES=1", "BUCKET=ours", "ARGS=--only us-east-1")

    assert found[1:] == [target, "--yes", "--bucket", "ours", "--only", "us-east-1"]


def test_outputs_are_asked_of_no_bucket(project: Path) -> None:
    assert said(project, "outputs", "ARGS=--json")[1:] == ["outputs", "--json"]
