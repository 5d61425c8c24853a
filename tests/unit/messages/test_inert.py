"""Text of strangers for each reader: nothing that it begins is finished by a program."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

import pytest

from tocsin.messages.inert import code, link, quoted, unmarked


@pytest.mark.parametrize(
    ("evidence", "shown"),
    [
        ("see https://evil.example", "see https[:]//evil.example"),
        ("WWW.evil.example", "WWW[.]evil.example"),
        ("a\r\nb\x1b[2J\u202e", "a\\r\\nb\\x1b[2J\\u202e"),
        ("x" * 65536, "x" * 255 + "…"),
    ],
    ids=["a link", "a link without a scheme", "control characters", "64 KiB of one line"],
)
def test_evidence_is_shown_on_one_line_without_a_link(evidence: str, shown: str) -> None:
    assert quoted(evidence) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel>", "‹!channel›"),
        ("<https[:]//a|b>", "‹https[:]//a｜b›"),
        ("@here", "＠here"),
        ("#general", "＃general"),
        ("*b* ~s~ `c`", "∗b∗ ∼s∼ 'c'"),
        ("_i_ but snake_case_name", "ˍiˍ but snake_case_name"),
        ("a &lt;b &#64; c&d ?a=1&b=2", "a ＆lt;b &＃64; c&d ?a=1&b=2"),
        (":skull: at 12:00:05", "∶skull: at 12∶00:05"),
        ("[bill](x) [1]: y [a][b]", "[bill］(x) [1］: y [a］[b]"),
        ("\\*", "＼∗"),
    ],
)
def test_what_a_chat_understands_is_only_seen(text: str, shown: str) -> None:
    assert unmarked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*b* _i_ [x](y)", "`*b* _i_ [x](y)`"),
        ("a ` b `` c", "`a ' b '' c`"),
        ("<!here> @all", "`‹!here› ＠all`"),
        (" padded ", "`padded`"),
        ("  ", ""),
    ],
)
def test_code_ends_where_we_end_it(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "https://a|b", "https://a>b", "https://a b", 'https://a"b', "//a"],
)
def test_what_is_no_link_is_shown_as_code(text: str) -> None:
    assert link(text) == code(text)


def test_a_link_of_the_configuration_stays_one() -> None:
    url = "https://wiki.example.com/a/b?c=d&e=%20#f~(g)"

    assert link(url) == url
