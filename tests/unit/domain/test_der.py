"""The elements of a certificate, whatever somebody sends in its place."""

import pytest

from tocsin.domain.der import elements


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\x05\x00", [(5, b"")], id="an empty one"),
        pytest.param(b"\x02\x01\x07\x04\x02ab", [(2, b"\x07"), (4, b"ab")], id="one after another"),
        pytest.param(b"\x04\x7f" + b"a" * 127, [(4, b"a" * 127)], id="the longest of a short form"),
        pytest.param(b"\x04\x81\x80" + b"a" * 128, [(4, b"a" * 128)], id="a length of its own"),
        pytest.param(b"\x04\x82\x01\x02" + b"a" * 258, [(4, b"a" * 258)], id="a long length"),
        pytest.param(
            b"\x04\x81\x01a\x05\x00", [(4, b"a"), (5, b"")], id="one that follows a long form"
        ),
    ],
)
def test_content_is_split_into_tags_and_contents(
    content: bytes, found: list[tuple[int, bytes]]
) -> None:
    assert list(elements(content)) == found


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"\x30", id="a tag alone"),
        pytest.param(b"\x30\x02\x05", id="less than it says"),
        pytest.param(b"\x30\x81", id="no length where one is announced"),
        pytest.param(b"\x30\x82\x01", id="half a length"),
        pytest.param(b"\x30\xff" + b"\xff" * 126, id="a length beyond all measure"),
    ],
)
def test_what_is_cut_short_is_refused_after_what_is_whole(rest: bytes) -> None:
    found = elements(b"\x02\x01\x07" + rest)

    assert next(found) == (2, b"\x07")
    with pytest.raises(ValueError, match="an element"):
        next(found)
