"""What whole stacks have to show stands at the end, whichever of the processes they ran in."""

from collections.abc import Callable, Iterator

import pytest

type Show = Callable[[str], None]

SHOWN = "shown"


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Show:
    """Have a table printed, whether or not the test then fails."""

    def _show(table: str) -> None:
        record_property(SHOWN, table)

    return _show


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was shown, under the name of the test that made it."""
    for report in _calls(terminalreporter):
        for name, table in report.user_properties:
            if name == SHOWN:
                terminalreporter.section(report.head_line or report.nodeid)
                terminalreporter.write_line(str(table))


def _calls(terminalreporter: pytest.TerminalReporter) -> Iterator[pytest.TestReport]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if isinstance(report, pytest.TestReport) and report.when == "call":
                yield report
