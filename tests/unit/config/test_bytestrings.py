"""Bytes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.bytestrings import HOST, expression, hexadecimal, payload, phrase, written
from tocsin.config.fault import MistakeError


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("PING", b"PING", id="nothing is added"),
        pytest.param(r"a\r\n", b"a\r\n", id="a line end where it is written"),
        pytest.param(r"\t\0\\n", b"\t\0\\n", id="an escaped backslash begins no escape"),
        pytest.param(r"\x00\xfF", b"\x00\xff", id="bytes by number"),
        pytest.param("é", "é".encode(), id="text is its UTF-8"),
        pytest.param(r"\xe9", b"\xe9", id="and a byte is a byte"),
        pytest.param("$1 {a} $", b"$1 {a} $", id="signs that begin nothing"),
        pytest.param(r"\x24{host}", b"${host}", id="what would be a reference"),
    ],
)
def test_text_is_the_bytes_that_it_says(text: str, data: bytes) -> None:
    assert payload(text).encode("latin-1") == data
    assert phrase(text).encode("latin-1") == data


def test_the_host_has_a_place_that_no_byte_can_take() -> None:
    assert payload("EHLO ${host}") == f"EHLO {HOST}"
    assert ord(HOST) > 0xFF


@pytest.mark.parametrize("text", ["00 01 ff", "0001FF", " 00\t01  ff ", "00 01ff"])
def test_spaces_in_hexadecimal_mean_nothing(text: str) -> None:
    assert hexadecimal(text) == "\x00\x01\xff"


@pytest.mark.parametrize("text", ["", " ", "0", "0 0", "00 0", "0x00", "zz", "00:01"])
def test_half_a_byte_is_none(text: str) -> None:
    with pytest.raises(MistakeError, match="hexadecimal"):
        hexadecimal(text)


@pytest.mark.parametrize("text", ["\\", r"\q", r"\x", r"\x0", r"\xzz", r"\u00e9", r"\'"])
def test_an_escape_that_is_none_is_refused(text: str) -> None:
    for read in (payload, phrase):
        with pytest.raises(MistakeError, match="is no escape"):
            read(f"a{text}")


@pytest.mark.parametrize("text", ["${ssm:/tocsin/a}", "${", "${HOST}", "${port}", "a${host"])
def test_a_script_holds_no_secret_and_nothing_else_to_fill_in(text: str) -> None:
    for read in (payload, phrase, expression):
        with pytest.raises(MistakeError) as refused:
            read(text)
        assert refused.value.code == "bad_reference"


def test_the_host_is_not_waited_for() -> None:
    with pytest.raises(MistakeError, match="not be waited for"):
        phrase("hello ${host}")


@pytest.mark.parametrize("text", ["", "a*", "(a|)", "$", r"\A", "^(?!550)"])
def test_a_pattern_that_nothing_at_all_matches_is_refused(text: str) -> None:
    with pytest.raises(MistakeError, match="matches nothing at all"):
        expression(text)


@given(st.binary(min_size=1, max_size=40))
def test_what_is_written_for_people_reads_as_the_same_bytes(data: bytes) -> None:
    read = data.decode("latin-1")

    assert payload(written(read)) == read or "${" in written(read)
    assert written(read).isprintable()


@given(st.text("ab\\xrn0t${}hosé\x00", max_size=12))
def test_any_text_is_bytes_or_a_mistake(text: str) -> None:
    try:
        read = payload(text)
    except MistakeError:
        return

    assert all(ord(character) <= 0xFF or character == HOST for character in read)
