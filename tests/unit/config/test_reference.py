"""The page that explains monitors.yaml is current, whole, and its examples are right."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.files import LOCATIONS, faults
from tocsin.config.models import File
from tocsin.config.reference import page

COMMITTED = Path(__file__).parents[3] / "docs" / "configuration.md"
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


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_right(example: str) -> None:
    monitored = (
        example if "monitors:" in example else f"{example}monitors: {{a: {{tcp: 'a.com:1'}}}}"
    )
    text = monitored if "locations:" in example else f"{LOCATIONS}{monitored}"

    assert faults(text) == ()


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", page(), re.MULTILINE)
    }

    assert set(re.findall(r"\(#([^)]+)\)", page())) <= headings
