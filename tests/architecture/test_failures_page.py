"""The page of failures names what there is: every row, tests, alarms, alerts, figures, commands."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from tests.architecture.alarms import bare
from tests.architecture.cloudformation import PROJECT, load_template
from tests.e2e.scenarios import NAMES
from tocsin.domain.incident import Kind
from tocsin_cli.main import app

PAGE = PROJECT / "docs" / "failures.md"
TEXT = PAGE.read_text()
ROWS = 96
"""Of the catalogue that the page answers."""

HEADING = re.compile(r'^### <a id="f(\d+)"></a>(\d+)\. (.+)$', re.MULTILINE)
PART = re.compile(
    r"^- \*\*(Told by|Do|Shown by):\*\*\s(.+?)(?=^- \*\*|\Z)", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
ALARM = re.compile(r"\[([a-z-]+)\]\((runbooks/[a-z-]+\.md)\)(?<!index\.md\))")
NOT_SURVIVED = "**Not survived:**"

ALARMS = {
    bare(each["Properties"]["AlarmName"]["Fn::Sub"]): each
    for each in load_template()["Resources"].values()
    if each["Type"] == "AWS::CloudWatch::Alarm"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    number: int
    title: str
    happens: str
    parts: dict[str, str]


def rows() -> Iterator[Row]:
    body = TEXT.split("\n## Alarms of", maxsplit=1)[0]
    found = [*HEADING.finditer(body)]
    for here, following in zip(found, [*found[1:], None], strict=True):
        text = body[here.end() : following.start() if following else None]
        text = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
        happens, _, rest = text.partition("\n- **")
        assert here[1] == here[2]
        yield Row(
            number=int(here[1]),
            title=here[3],
            happens=happens.strip(),
            parts={name: said.strip() for name, said in PART.findall(f"- **{rest}")},
        )


ALL = tuple(rows())
each_row = pytest.mark.parametrize("row", ALL, ids=lambda row: f"{row.number} {row.title}")


def test_every_row_of_the_catalogue_has_its_place() -> None:
    assert [row.number for row in ALL] == list(range(1, ROWS + 1))


@each_row
def test_a_row_says_what_happens_who_tells_of_it_what_to_do_and_what_shows_it(row: Row) -> None:
    assert row.happens
    assert [*row.parts] == ["Told by", "Do", "Shown by"]


@each_row
def test_the_tests_that_show_it_are_there(row: Row) -> None:
    named = re.findall(r"`(tests/[^`]+)`", row.parts["Shown by"])

    assert named
    assert [each for each in named if not _is_a_test(each)] == []


def test_a_fault_that_a_whole_stack_is_put_through_is_named_as_there() -> None:
    """One test shows many of them, each on a monitor of its own."""
    whole = re.findall(r"test_no_fault_of_aws_\w+`\s\(([^)]+)\)", TEXT)
    named = {name.strip("* ") for each in whole for name in each.split(",")}

    assert named == {*NAMES} - {"nothing"}
    assert TEXT.count("::test_no_fault_of_aws_") == len(whole)


@each_row
def test_a_row_names_who_tells_of_it_or_says_why_nobody_does(row: Row) -> None:
    told = row.parts["Told by"]

    assert (
        _alarms(told) or _alerts(told) or "`tocsin " in told or re.match("nothing[:,]? .{9}", told)
    )


def test_what_is_not_survived_is_said_at_the_top() -> None:
    """Nobody should have to read all rows to find those that are bad."""
    top = TEXT.split("\n## ", maxsplit=1)[0]
    listed = {int(number) for number in re.findall(r"\[\d+\]\(#f(\d+)\)", top)}

    assert listed == {row.number for row in ALL if NOT_SURVIVED in row.happens}


def test_an_alarm_that_is_named_leads_to_its_runbook() -> None:
    """The same one as the alarm itself names, and one that there is."""
    wrong = [
        f"{alarm}: {runbook}"
        for alarm, runbook in set(ALARM.findall(TEXT))
        if not _told(alarm).endswith(f"/{Path(runbook).name}")
    ]

    assert wrong == []


def test_no_alarm_is_without_a_failure_that_it_tells_of() -> None:
    assert set(_alarms(TEXT)) == ALARMS.keys()


def test_an_alert_that_is_named_is_of_a_kind_that_there_is() -> None:
    named = {kind for row in ALL for kind in _alerts(row.parts["Told by"])}

    assert named == {*Kind}


def test_a_figure_that_is_named_is_one_that_is_emitted() -> None:
    code = "".join(path.read_text() for path in _shipped())
    figures = {*re.findall(r"`((?:[A-Z][a-z]+){2,})`", TEXT)} - _of_the_template()

    assert [each for each in sorted(figures) if f'"{each}"' not in code] == []


def test_a_command_that_is_named_is_one() -> None:
    commands = {*re.findall(r"`tocsin ([a-z-]+)", TEXT)}

    assert commands <= {*get_command(app).commands}  # type: ignore[attr-defined]


def test_every_link_leads_somewhere() -> None:
    nowhere = [
        f"{path}#{anchor}"
        for path, anchor in sorted({*LINK.findall(TEXT)})
        for page in [PAGE.parent / path if path else PAGE]
        if not page.is_file() or (anchor and anchor not in _anchors(page))
    ]

    assert nowhere == []


def _alarms(text: str) -> list[str]:
    return [alarm for alarm, _ in ALARM.findall(text)]


def _told(alarm: str) -> str:
    """Give what an alarm says when it rings; its last word is where its runbook is."""
    said = ALARMS[alarm]["Properties"]["AlarmDescription"] if alarm in ALARMS else ""
    return str(said["Fn::Sub"] if isinstance(said, dict) else said)


def _alerts(text: str) -> list[str]:
    return re.findall(r"alerts? `([a-z]+)`", text)


def _is_a_test(name: str) -> bool:
    path, _, test = name.partition("::")
    return test.startswith("test_") and test in _tests(path)


@cache
def _tests(path: str) -> frozenset[str]:
    tree = ast.parse((PROJECT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def _shipped() -> Iterable[Path]:
    yield from (PROJECT / "functions").glob("*/handler.py")
    yield from (PROJECT / "shared" / "tocsin" / "usecases").glob("*.py")


def _of_the_template() -> set[str]:
    template = load_template()
    return {*template["Resources"], *template["Parameters"], "MemorySize"}


@cache
def _anchors(page: Path) -> frozenset[str]:
    text = page.read_text()
    made = {_slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    return frozenset(made | {*re.findall(r'<a id="([^"]+)"', text)})


def _slug(heading: str) -> str:
    """As GitHub and the site make it."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s+", "-", kept.strip())
