"""What is printed is inert, whatever a target, a file or a table has put into it."""

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest

from tocsin_cli.output import complain, say, table

STEERING = "a\x1b]0;owned\x07\x1b[2J\u202e\nforged\ta\u2028b"
INERT = r"a\x1b]0;owned\x07\x1b[2J\u202e\nforged\ta\u2028b"


class Terminal(io.StringIO):
    """Looks like a terminal to whoever asks."""

    def isatty(self) -> bool:
        return True


PRINTERS: list[tuple[str, Callable[[], None]]] = [
    ("a line", lambda: say(STEERING)),
    ("a cell", lambda: table(("MONITOR",), [[STEERING]])),
    ("a complaint", lambda: complain(STEERING)),
]


def printed(show: Callable[[], None], stream: io.StringIO) -> str:
    with redirect_stdout(stream), redirect_stderr(stream):
        show()
    return stream.getvalue()


@pytest.mark.parametrize("show", [p for _, p in PRINTERS], ids=[name for name, _ in PRINTERS])
def test_text_from_outside_is_inert_in_a_pipe(show: Callable[[], None]) -> None:
    assert printed(show, io.StringIO()) == f"{INERT}\n"


@pytest.mark.parametrize("show", [p for _, p in PRINTERS], ids=[name for name, _ in PRINTERS])
def test_text_from_outside_is_inert_on_a_terminal(
    show: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    assert printed(show, Terminal()).splitlines()[-1].rstrip() == INERT


def test_a_long_line_is_printed_whole() -> None:
    long = "\x1b" + "x" * 5000

    assert printed(lambda: say(long), io.StringIO()) == "\\x1b" + "x" * 5000 + "\n"


def services(*, grouped: bool) -> Callable[[], None]:
    rows = [("mail", "smtp", "25"), ("mail", "imap", "143"), ("other", "ntp", "123")]
    return lambda: table(("GROUP", "NAME", "PORT"), rows, grouped=grouped)


@pytest.mark.parametrize(
    ("grouped", "lines"),
    [
        pytest.param(
            True,
            ["NAME   PORT", "", "mail", "smtp   25", "imap   143", "", "other", "ntp    123"],
            id="as headings",
        ),
        pytest.param(
            False,
            ["GROUP  NAME  PORT", "mail   smtp  25", "mail   imap  143", "other  ntp   123"],
            id="as they are",
        ),
    ],
)
def test_groups_are_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, *, grouped: bool, lines: list[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")

    shown = printed(services(grouped=grouped), Terminal())

    assert [line.rstrip() for line in shown.splitlines()] == lines


def test_groups_are_a_column_in_a_pipe() -> None:
    shown = printed(services(grouped=True), io.StringIO())

    assert shown.splitlines()[1:] == ["mail\timap\t143", "other\tntp\t123"]
