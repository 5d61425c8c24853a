"""What of YAML is understood, what is refused, and where."""

import pytest

from tests.unit.config.files import configured, faults, marked, only, watching
from tocsin.config.composer import DEPTH_LIMIT, compose
from tocsin.config.document import data
from tocsin.config.fault import Place
from tocsin.domain.target import HttpTarget

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "code", "mend"),
    [
        pytest.param(
            "a: b»: c", "yaml_syntax", "Quote a value that holds a colon", id="two colons"
        ),
        pytest.param("a:\n»\tb: 1", "yaml_syntax", "Indent with spaces", id="a tab"),
        pytest.param(
            "a: »@b", "yaml_syntax", "quote values that begin with", id="a reserved character"
        ),
        pytest.param("a: »'b", "yaml_syntax", "Close the quote", id="an open quote"),
        pytest.param(
            'a: »"\\d"', "yaml_syntax", "in single quotes", id="a backslash in double quotes"
        ),
        pytest.param("a: [1, 2\n»", "yaml_syntax", "Close the bracket", id="an open bracket"),
        pytest.param("a: {b: 1\n»", "yaml_syntax", "Close the brace", id="an open brace"),
        pytest.param("a: 1\n b»: 2", "yaml_syntax", "mend the indentation", id="a line too far in"),
        pytest.param("a: »\x07", "yaml_character", "Remove it", id="a control character"),
        pytest.param("a: 1\n»a: 2", "duplicate_key", "Rename one", id="a key twice"),
        pytest.param("a: »!!python/object:os.system b", "yaml_tag", "Remove the tag", id="a tag"),
        pytest.param("a: »*b", "unknown_alias", "quote the value", id="an alias of nothing"),
        pytest.param("a: &b [»*b]", "alias_loop", "Write the value out", id="an alias in itself"),
        pytest.param("a: {»<<: {b: 1}}", "merge_key", "under `defaults`", id="a merge key"),
        pytest.param("»[a]: 1", "bad_key", "a word as the key", id="a list for a key"),
        pytest.param("a: {»{ b }: 1}", "bad_key", "quote a value", id="a template's braces"),
        pytest.param(
            "a: 1\n»---\nb: 1", "several_documents", "Remove the line `---`", id="a second document"
        ),
    ],
)
def test_yaml_that_cannot_be_meant_is_refused_where_it_stands(
    text: str, code: str, mend: str
) -> None:
    file = marked(text)

    document = compose(file.text)

    ((place, mistake),) = document.mistakes
    assert mistake.code == code
    assert mend in mistake.fix
    # Where exactly a parser notices an open quote or bracket is its own affair.
    assert place.line == file.places[0].line
    if code != "yaml_syntax":
        assert place == file.places[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(BOMB, "too_many_values", id="a billion laughs"),
        pytest.param("[" * 100_000, "too_deep", id="a hundred thousand brackets"),
        pytest.param("a: " + "{b: " * (DEPTH_LIMIT + 1), "too_deep", id="one mapping too deep"),
        pytest.param("- " * 100_000, "too_deep", id="a hundred thousand dashes"),
    ],
)
def test_what_would_not_end_is_stopped(text: str, code: str) -> None:
    (found,) = faults(text)

    assert found.code == code
    assert found.fix


def test_an_open_quote_is_told_with_the_line_on_which_it_opens() -> None:
    ((_, mistake),) = compose('a: "b\nc: 1\nd: 2\n').mistakes

    assert "line 1" in mistake.message


def test_scalars_are_what_is_written() -> None:
    root = compose(
        "on: no\noctal: 010\ndate: 2025-01-01\ntime: 22:22\nnothing: ~\nquoted: '~'"
    ).root

    assert root is not None
    assert data(root) == {
        "on": "no",
        "octal": "010",
        "date": "2025-01-01",
        "time": "22:22",
        "nothing": None,
        "quoted": "~",
    }


def test_norway_is_a_location_and_on_is_a_monitor() -> None:
    found = configured(
        "locations: {no: {}, se: {}, dk: {}}\nmonitors: {on: {tcp: 'a.example.com:1'}}"
    )

    assert [location.name for location in found.locations] == ["no", "se", "dk"]
    assert [monitor.id for monitor in found.monitors] == ["on"]


def test_a_date_is_a_text_to_look_for() -> None:
    target = only("{http: 'https://a.example.com/', expect: {text: 2025-01-01}}").target

    assert isinstance(target, HttpTarget)
    assert target.text == "2025-01-01"


def test_an_alias_repeats_a_value() -> None:
    found = configured(
        watching("""\
  a: {tcp: "a.example.com:1", tags: &team [blue, green]}
  b: {tcp: "b.example.com:1", tags: *team}""")
    )

    assert [monitor.tags for monitor in found.monitors] == [("blue", "green")] * 2


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert not faults("\ufeff" + watching("  m: {tcp: 'a.example.com:1'}"))


def test_faults_before_broken_yaml_are_told_with_it() -> None:
    found = faults("a: 1\na: 2\nb: [")

    assert [f.code for f in found] == ["duplicate_key", "yaml_syntax"]


def test_columns_count_characters_not_bytes() -> None:
    ((place, _),) = compose("ü: {ü: 1, ü: 2}").mistakes

    assert place == Place(1, 11)
