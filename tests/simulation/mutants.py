"""Break a copy of the code, one mutant at a time, and see that the tests notice each.

`python -m tests.simulation.mutants` tries all of mutants.toml, or those whose names are given: in
worlds of the simulator, and with the property test that is named beside the mutant.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from tests.simulation.seeds import Count, failures

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORLDS = 200
ENOUGH = 3
"""Worlds that break are enough to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A piece of the code, what it becomes, and the test beside the worlds that must fail then."""

    name: str
    file: str
    before: str
    after: str
    test: str = ""
    worlds: bool = True

    def path(self, root: Path) -> Path:
        """Give the file that it breaks."""
        return root / "shared" / "tocsin" / self.file


def mutants() -> tuple[Mutant, ...]:
    """Read them."""
    found = tomllib.loads((HERE / "mutants.toml").read_text())
    return tuple(Mutant(**each) for each in found["mutant"])


def tried(mutant: Mutant, root: Path) -> tuple[str, str]:
    """Break a copy of the code, and give what the worlds and the test say of it."""
    path = mutant.path(root)
    sound = path.read_text()
    path.write_text(sound.replace(mutant.before, mutant.after, 1))
    try:
        return (_worlds(root) if mutant.worlds else ""), (
            _test(mutant, root) if mutant.test else ""
        )
    finally:
        path.write_text(sound)


def _worlds(root: Path) -> str:
    return _run(root, ["-m", "tests.simulation.mutants", "--trial"]).stdout.strip()


def _test(mutant: Mutant, root: Path) -> str:
    options = ["-q", "-p", "no:cacheprovider", "-k", mutant.test]
    # A mutant may break what another file prepares when it is imported.
    options += ["--continue-on-collection-errors", *_tests()]
    done = _run(root, ["-m", "pytest", *options])
    return (
        mutant.test if re.search(rf"^FAILED .*::{mutant.test}", done.stdout, re.MULTILINE) else ""
    )


def _tests() -> list[str]:
    invariants = (ROOT / "tests" / "unit" / "domain").glob("test_invariants_of_*.py")
    return [str(path.relative_to(ROOT)) for path in (*invariants, HERE / "test_gaps.py")]


def _run(root: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(root / name) for name in ("shared", "cli", "."))
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def trial() -> None:
    """Run worlds until a few of them are broken, and say which invariants are."""
    names: list[str] = []
    for seed in range(WORLDS):
        names += [each.violation.invariant for each in failures([seed], Count(), effort=0)]
        if len(names) == ENOUGH:
            break
    print(", ".join(dict.fromkeys(names)))  # noqa: T201


def main() -> int:
    """Try them, and print a line of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants")
    parser.add_argument("names", nargs="*", help="some of them")
    parser.add_argument("--trial", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.trial:
        trial()
        return 0
    alive = 0
    with TemporaryDirectory() as folder:
        for name in ("shared", "cli", "tests"):
            copytree(ROOT / name, Path(folder) / name)
        (Path(folder) / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
        for mutant in mutants():
            if told.names and not any(name in mutant.name for name in told.names):
                continue
            worlds, test = tried(mutant, Path(folder))
            missed = (mutant.worlds and not worlds) or (mutant.test and not test)
            alive += bool(missed)
            said = f"{mutant.name} | {worlds or '-'} | {test or '-'}"
            print(f"{said} | {'MISSED' if missed else 'noticed'}", flush=True)  # noqa: T201
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
