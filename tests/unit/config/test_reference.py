"""The page that explains monitors.yaml is current, whole, and its examples are right."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import trustme

from tests.unit.config.files import LOCATIONS, faults
from tocsin.config.fault import Severity
from tocsin.config.models import File
from tocsin.config.reference import page

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "configuration.md"
PAGES = sorted({ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")})
# What an example that names an authority of one's own finds beside it.
AUTHORITY = trustme.CA().cert_pem.bytes()
OF_MONITORS = re.compile("^(locations|defaults|monitors|maintenance):", re.MULTILINE)
EXAMPLES = re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL)


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every key of the file, in whatever mapping it stands."""
    document = File.model_json_schema()
    for model in (document, *document["$defs"].values()):
        yield from model.get("properties", {}).items()


def test_the_committed_page_is_current() -> None:
    committed = COMMITTED.read_text(encoding="utf-8")

    assert committed == page(), "run python -m tocsin.config.reference"


def test_every_key_is_explained() -> None:
    explained = set(re.findall(r"^\| \[?`([a-z_]+)`", page(), re.MULTILINE))

    assert {key for key, _ in properties()} <= explained
    assert not [line for line in page().splitlines() if line.startswith("|") and "|  | " in line]


def whole(example: str) -> str:
    """Make a file of an example that shows a part of one."""
    file = example if re.search("^locations:", example, re.MULTILINE) else f"{LOCATIONS}{example}"
    return file if "monitors:" in file else f"{file}monitors: {{a: {{tcp: 'a.com:1'}}}}"


def monitors_of(path: Path) -> list[str]:
    """Give the examples of a page that could stand in monitors.yaml, wherever they are indented."""
    blocks = re.findall(
        r"^ *```yaml\n(.*?)^ *```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [text for block in blocks if OF_MONITORS.search(text := dedent(block))]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_right(example: str) -> None:
    assert faults(whole(example)) == ()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_example_of_any_page_has_an_error(path: Path) -> None:
    found = [
        fault
        for example in monitors_of(path)
        for fault in faults(whole(example), fetch=lambda _name: AUTHORITY)
    ]

    assert not [str(fault) for fault in found if fault.severity is Severity.ERROR]


def test_examples_of_pages_are_found() -> None:
    assert {path.name for path in PAGES if monitors_of(path)} > {"README.md", "configuration.md"}


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", page(), re.MULTILINE)
    }

    assert set(re.findall(r"\(#([^)]+)\)", page())) <= headings
