"""Scripts as users write them, and what becomes of them."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import re
from datetime import timedelta

import pytest

from tests.unit.config.files import assert_refused, tcp
from tocsin.domain.script import Expect, Send, StartTls, Step, wire
from tocsin.domain.target import Tls, TlsVersion


def of(script: str, host: str = "a.example.com") -> tuple[Step, ...]:
    return tcp(f"{{tcp: '{host}:1', script: {script}}}").script


def test_a_script_is_its_steps_in_order() -> None:
    found = of(
        """[
        {send: "HELLO ${host}\\r\\n"},
        {send: {hex: "00 01 ff"}},
        {expect: "+OK", timeout: 2s},
        {expect: {hex: "4e 00"}},
        {expect: {regex: '^220[ -](?P<greeting>[^\\r\\n]*)'}, declines: '^[45]', wrong: '^[^2]'},
        starttls,
        {send: 'QUIT\\r\\n'}]"""
    )

    assert found == (
        Send(data="HELLO a.example.com\r\n"),
        Send(data="\x00\x01\xff"),
        Expect(pattern=r"\+OK", shown="+OK", timeout=timedelta(seconds=2)),
        Expect(pattern="N\0", shown="4e 00"),
        Expect(
            pattern=r"^220[ -](?P<greeting>[^\r\n]*)",
            declines="^[45]",
            wrong="^[^2]",
        ),
        StartTls(),
        Send(data="QUIT\r\n"),
    )


@pytest.mark.parametrize(
    ("written", "pattern", "shown"),
    [
        pytest.param("OK", "OK", "OK", id="plain text needs no other form"),
        pytest.param("'1+1\\r\\n'", re.escape("1+1\r\n"), r"1+1\r\n", id="text is no pattern"),
        pytest.param("é", wire("é"), "é", id="text outside ASCII"),
        pytest.param("{text: OK}", "OK", "OK", id="text, spelt out"),
        pytest.param("{regex: '^é+'}", wire("^é+"), "^é+", id="a pattern outside ASCII"),
        pytest.param("{regex: '^\\xff'}", r"^\xff", r"^\xff", id="a byte in a pattern"),
    ],
)
def test_what_is_expected_is_matched_as_bytes_and_shown_as_written(
    written: str, pattern: str, shown: str
) -> None:
    (step,) = of(f"[{{expect: {written}}}]")

    assert isinstance(step, Expect)
    assert step.pattern == pattern
    assert str(step) == shown


def test_an_ipv6_host_is_sent_in_brackets_as_everywhere_before_a_port() -> None:
    assert of("[{send: '${host}'}, {expect: x}]", "[2606:4700::1]")[0] == Send(
        data="[2606:4700::1]"
    )


def test_the_name_of_the_tls_rules_is_sent_in_place_of_the_host() -> None:
    found = tcp(
        "{tcp: '8.8.8.8:1', tls: {name: b.example.com}, script: [{send: '${host}'}, {expect: x}]}",
    )

    assert found.host == "8.8.8.8"
    assert found.script[0] == Send(data="b.example.com")


@pytest.mark.parametrize(
    ("monitor", "rules"),
    [
        pytest.param("script: [{expect: a}]", None, id="a script without TLS"),
        pytest.param("script: [{expect: a}, starttls]", Tls(), id="a script that turns to TLS"),
        pytest.param(
            "script: [{expect: a}, starttls], tls: starttls", Tls(), id="the same, said twice"
        ),
        pytest.param(
            "script: [{expect: a}, starttls], tls: {name: b.example.com}",
            Tls(name="b.example.com"),
            id="a script with rules",
        ),
        pytest.param(
            "script: [{expect: a}, starttls], expect: {certificate_days: 14}",
            Tls(fail_days=14),
            id="a script with days",
        ),
        pytest.param("tls: direct", Tls(), id="TLS from the first byte"),
        pytest.param("tls: {minimum: 1.3}", Tls(minimum=TlsVersion.V1_3), id="the same, by a rule"),
        pytest.param("tls: {mode: plain}", None, id="no TLS, in so many words"),
        pytest.param("tls: {}", None, id="an empty mapping says nothing"),
    ],
)
def test_a_port_is_under_tls_where_the_file_says_so(monitor: str, rules: Tls | None) -> None:
    assert tcp(f"{{tcp: 'a.example.com:1', {monitor}}}").tls == rules


@pytest.mark.parametrize(
    ("monitor", "code", "mend"),
    [
        pytest.param("script: »[]", "empty_list", "remove the key", id="no step"),
        pytest.param("»script: ", "wrong_type", "remove the key", id="nothing"),
        pytest.param("script: »{send: x}", "wrong_type", "as a list", id="one step that is no list"),
        pytest.param("script: [»startls]", "bad_step", "Write starttls", id="a misspelt word"),
        pytest.param("script: [»hello]", "bad_step", "Write `send: …`", id="a word that is no step"),
        pytest.param("script: [»[a]]", "bad_step", "Write `send: …`", id="a list that is no step"),
        pytest.param("script: [»{}]", "bad_step", "`send` or `expect`", id="a step that says nothing"),
        pytest.param("script: [»{timeout: 1s}]", "bad_step", "`send` or `expect`", id="a wait for nothing"),
        pytest.param("script: [{»sned: x}]", "unknown_key", "Write send", id="a misspelt step"),
        pytest.param("script: [»{send: x, expect: y}]", "two_steps", "Keep one", id="two steps in one"),
        pytest.param("script: [»{send: x, timeout: 1s}]", "two_steps", "`expect` that follows", id="sending has no wait"),
        pytest.param("script: [{expect: a, »timout: 1s}]", "unknown_key", "Write timeout", id="a misspelt wait"),
        pytest.param("script: [{send: {»hx: '00'}}]", "unknown_key", "Write hex", id="bytes of no kind"),
        pytest.param("script: [{expect: {»regexp: a}}]", "unknown_key", "Write regex", id="a misspelt pattern"),
        pytest.param("script: [{send: {»regex: a}}]", "unknown_key", "Remove it", id="a pattern to send"),
        pytest.param("script: [{send: »{}}]", "bad_step", "`text` or `hex`", id="bytes that are nothing"),
        pytest.param("script: [{send: »{hex: '00', text: a}}]", "two_steps", "Keep one", id="bytes twice"),
        pytest.param("script: [{»send: }]", "wrong_type", "Write one value", id="nothing to send"),
        pytest.param("script: [{send: »''}]", "empty_step", "one character", id="an empty text"),
        pytest.param("script: [{expect: »''}]", "empty_step", "one character", id="an empty expectation"),
        pytest.param("script: [{send: {hex: »'0'}}]", "bad_hex", "two hexadecimal digits", id="half a byte"),
        pytest.param("script: [{send: »'a\\q'}]", "bad_escape", r"\xNN", id="a bad escape"),
        pytest.param("script: [{expect: »'a\\x1'}]", "bad_escape", r"\xNN", id="a bad escape that is awaited"),
        pytest.param("script: [{send: »'AUTH ${ssm:/tocsin/a}'}]", "bad_reference", "${host}", id="a secret"),
        pytest.param("script: [{expect: {regex: »'('}}]", "bad_pattern", "escape", id="a bad pattern"),
        pytest.param("script: [{expect: a, declines: »'('}]", "bad_pattern", "escape", id="a bad pattern of refusal"),
        pytest.param("script: [{expect: a, wrong: »'.*'}]", "expects_nothing", "at least one", id="everything is wrong"),
        pytest.param("script: [{expect: a, timeout: »6s}]", "over_timeout", "at most 5s", id="a step longer than the attempt"),
        pytest.param("script: [{expect: a, timeout: »0s}]", "bad_timeout", "more than 0s", id="a step of no time"),
        pytest.param("script: [{expect: a}, starttls, {expect: b}, »starttls]", "starttls_twice", "Remove the second", id="TLS within TLS"),
        pytest.param("script: [{expect: a}, starttls], tls: »direct", "two_modes", "Remove the step", id="TLS from the first byte and later"),
        pytest.param("script: [{expect: a}, starttls], tls: {mode: »plain}", "two_modes", "Remove the mode", id="TLS and none"),
        pytest.param("script: [{expect: a}], tls: »starttls", "two_modes", "Add the step", id="TLS that never begins"),
        pytest.param("tls: »starttls", "two_modes", "watch it as the `service`", id="TLS that begins without a word"),
        pytest.param("tls: {mode: plain, »minimum: 1.3}", "no_tls", "`tls: direct`", id="rules for no TLS"),
        pytest.param("script: [{expect: a}], expect: {»certificate_days: 5}", "no_tls", "`tls: direct`", id="days of no certificate"),
        pytest.param("script: [{expect: a}], expect: {»banner: b}", "two_dialogues", "first step", id="a banner beside a script"),
        pytest.param("script: »[" + "{expect: a}, " * 33 + "]", "too_many", "at most 32", id="too many steps"),
        pytest.param("script: »[" + f"{{send: {'x' * 4000}}}, " * 3 + "{expect: a}]", "too_long", "at most 8,192", id="too long in all"),
    ],
)  # fmt: skip
def test_a_wrong_script_is_refused_where_it_is_wrong(monitor: str, code: str, mend: str) -> None:
    assert_refused(f"{{tcp: 'a.example.com:1', {monitor}}}", code, mend)
