"""What is deployed is compiled: Python need not do so at every cold start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin_cli.deployment.bytecode import compiled


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """Lay out what `sam build` makes: functions and a layer, beside a template."""
    made = tmp_path / "build"
    (made / "SharedLayer" / "python" / "tocsin" / "config").mkdir(parents=True)
    (made / "ProbeFunction").mkdir()
    (made / "template.yaml").write_text("Resources: {}")
    (made / "ProbeFunction" / "handler.py").write_text("import tocsin\nprint(tocsin.WORD)\n")
    (made / "SharedLayer" / "python" / "tocsin" / "__init__.py").write_text("WORD = 'compiled'\n")
    (made / "SharedLayer" / "python" / "tocsin" / "config" / "__init__.py").touch()
    (made / "SharedLayer" / "python" / "tocsin" / "other.py").write_text(
        "match = of = another Python"
    )
    return made


def start(artefact: Path) -> str:
    """Import a handler as Lambda does."""
    folders = [str(artefact / "ProbeFunction"), str(artefact / "SharedLayer" / "python")]
    code = f"import sys; sys.path[:0] = {folders}; import handler"
    command = [sys.executable, "-I", "-B", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - this very interpreter


def test_what_runs_is_the_bytecode_whenever_its_source_was_changed(artefact: Path) -> None:
    compiled(artefact)
    source = artefact / "SharedLayer" / "python" / "tocsin" / "__init__.py"
    source.write_text("WORD = 'read from the source'\n")
    os.utime(source, (0, 0))

    assert start(artefact) == "compiled\n"


def test_the_same_gives_the_same_wherever_it_lies(artefact: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "deeper"
    other.parent.mkdir()
    subprocess.run(["cp", "-a", str(artefact), str(other)], check=True)  # noqa: S603, S607
    compiled(artefact)
    compiled(other)

    first, second = (
        {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.pyc")}
        for root in (artefact, other)
    )
    assert first == second
    assert len(first) == 2


def test_what_no_function_imports_is_left_as_it_is(artefact: Path) -> None:
    compiled(artefact)

    assert not [*(artefact / "SharedLayer" / "python" / "tocsin" / "config").rglob("*.pyc")]


def test_a_file_that_is_no_python_of_ours_stops_nothing(artefact: Path) -> None:
    compiled(artefact)

    assert not [*artefact.rglob("other.*.pyc")]
    assert start(artefact) == "compiled\n"
