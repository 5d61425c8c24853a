"""The house keeps its own rules."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "shared" / "tocsin").rglob("*.py"))
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))


def test_arrows_point_from_the_edge_to_the_domain() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(  # noqa: S603 - our own linter
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_functions_are_no_packages_and_never_import_each_other() -> None:
    assert len(HANDLERS) >= 2
    assert not list((ROOT / "functions").rglob("__init__.py"))
    for handler in HANDLERS:
        names = {name for name in _imported(handler) if name.startswith("functions")}
        assert not names, handler


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_importing_a_module_touches_nothing(path: Path) -> None:
    """No client, no environment and no clock at import: only definitions and constants."""
    touching = {"client", "resource", "Session", "environ", "getenv", "now", "time", "monotonic"}
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        called = {
            node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            for call in ast.walk(statement)
            if isinstance(call, ast.Call)
            for node in [call.func]
        }
        assert not called & touching, f"{path.name}:{statement.lineno}"


def test_every_shipped_module_says_what_it_is_for() -> None:
    silent = [path for path in [*SHIPPED, *HANDLERS] if not _docstring(path)]

    assert not silent


def test_the_layer_is_pinned_to_what_the_tests_ran_with() -> None:
    def pins(path: Path) -> dict[str, str]:
        lines = path.read_text().splitlines()
        pairs = (line.split(" ")[0].split("==") for line in lines if "==" in line.split(" ")[0])
        return dict(pairs)

    layer = pins(ROOT / "shared" / "requirements.txt")
    tested = pins(ROOT / "requirements" / "dev.lock")

    assert {
        "pydantic",
        "dnspython",
        "httptools",
        "certifi",
        "aws-lambda-powertools",
    } <= layer.keys()
    assert {name: tested.get(name) for name in layer} == layer


def test_no_lock_names_where_a_package_came_from() -> None:
    for lock in [*(ROOT / "requirements").glob("*.lock"), ROOT / "shared" / "requirements.txt"]:
        assert "://" not in lock.read_text(), lock
        assert "--hash=sha256:" in lock.read_text(), lock


def test_no_lock_has_a_urllib3_that_unpacks_what_a_redirect_brings() -> None:
    """CVE-2026-21441: before 2.6.3 the body of a redirect was decompressed without a bound."""
    locks = [*(ROOT / "requirements").glob("*.lock"), *ROOT.glob("*/requirements.txt")]
    locks += ROOT.glob("functions/*/requirements.txt")
    pins = [re.findall(r"^urllib3==([\d.]+)", lock.read_text(), re.MULTILINE) for lock in locks]
    versions = {tuple(map(int, pin.split("."))) for each in pins for pin in each}

    assert versions
    assert min(versions) >= (2, 6, 3)


@pytest.mark.parametrize("library", ["aiohttp", "http.client", "httpx", "requests", "urllib3"])
def test_no_target_is_asked_by_a_library_that_fetches_by_itself(library: str) -> None:
    """It would follow redirects, and connect, past what a location may dial."""
    checks = (ROOT / "shared" / "tocsin" / "checks").glob("*.py")

    assert [path.name for path in checks if library in _imported(path)] == []


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    plain = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return plain | {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text()))
