"""The page of commands is what the commands say of themselves."""

import re
from pathlib import Path

from tocsin_cli.main import COMMANDS
from tocsin_cli.manual import PAGE, page

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_current() -> None:
    committed = (ROOT / PAGE).read_text(encoding="utf-8")

    assert committed == page(), "run `python -m tocsin_cli.manual`"


def test_every_module_of_commands_has_a_chapter() -> None:
    assert page().count("\n## tocsin ") >= len(COMMANDS)


def test_a_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", page(), re.MULTILINE)

    assert len(tables) > len(COMMANDS)
    assert all(len({row.count("|") for row in table.splitlines()}) == 1 for table in tables)
