"""What hostile servers say is inert in every message, on every route, at every event."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.messages.cases import (
    BEHIND,
    DARK,
    DOWN,
    FAILED,
    FOLDED,
    HOSTILE,
    LINKS,
    SIGNED_UNTIL,
    UNKNOWN,
)
from tocsin.domain.incident import Alert, Ending, Event
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate
from tocsin.domain.quorum import Ballot
from tocsin.messages import gsm7
from tocsin.messages.bundle import render

FORMULA = ("=", "+", "-", "@", "\t")
CODE = re.compile(r"`[^`]*`")
LURES = [
    HOSTILE,
    "\r\nSubject: you won\r\n\r\n",
    "\x1b]0;owned\x07\x1b[2J",
    "\u202egnp.exe\u2066",
    "<script>alert(1)</script>",
    "<https://evil.example|bill>",
    "[bill](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example",
    "<!channel> <!here|here> <@U012AB> <#C012AB> @here @channel @everyone",
    '=HYPERLINK("https://evil.example")',
    "-1+1 @SUM(A1) +1",
    "```\ncode\n``` ` `` *b* _i_ ~s~ > q # h | a | b |",
    "&lt;!channel&gt; &#64;here :skull:",
    '"}, {"a": "b\\',
    "\ud800\x00\u2028\u2029\x85",
    "x" * 65_536,
    "\\" * 300,
]
words = st.one_of(st.sampled_from(LURES), st.text(max_size=30))
speech = st.lists(words, min_size=1, max_size=4).map(" ".join)


@st.composite
def attacks(draw: st.DrawFn) -> Alert:
    """Let strangers say what they like wherever they have a say."""
    alert = draw(st.sampled_from([DOWN, FOLDED, UNKNOWN, FAILED, BEHIND, SIGNED_UNTIL, DARK]))
    event = draw(st.sampled_from(Event))
    said = draw(speech)
    return replace(
        alert,
        event=event,
        ending=draw(st.sampled_from(Ending)) if event is Event.RESOLVED else None,
        note=draw(st.just("") | speech),
        shared=said if len(alert.subjects) > 1 else "",
        flapping=draw(st.booleans()),
        subjects=tuple(
            replace(each, ballots=tuple(_attacked(ballot, said) for ballot in each.ballots))
            for each in alert.subjects
        ),
        troubles=tuple(replace(each, text=said) for each in alert.troubles),
    )


def _attacked(ballot: Ballot, said: str) -> Ballot:
    shown = Certificate(fingerprint=said, issuer=said, expires_at=DOWN.at)
    return replace(ballot, evidence=said, certificate=shown)


def strings(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from strings(name)
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)


def assert_plain(text: str) -> None:
    """Nothing in it can steer a terminal, be a stranger's link, or be a spreadsheet's formula."""
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith(FORMULA) for line in lines)
    assert not re.search(r"://[^ ]*evil|\bwww\.", text)


def assert_unformatted(text: str) -> None:
    """Nothing in it is a mention, a link with another text, or emphasis, in Slack or Teams."""
    assert not set("<>@*~|`#\\") & set(text)
    assert "](" not in text
    assert not re.search(r"(?<![^\W_])_|_(?![^\W_])|&\w+;|:[a-z]+:", text)


def without_code(text: str) -> str:
    """Take away what is code, which must end on its own line, and mention nobody."""
    for span in CODE.findall(text):
        assert "\n" not in span
        assert not set("<>@") & set(span)
    return CODE.sub("", text)


@pytest.mark.parametrize("route", Route)
def test_whoever_speaks_is_only_quoted(route: Route) -> None:
    @settings(max_examples=40)
    @given(attacks())
    def holds(alert: Alert) -> None:
        message = render(alert, route, LINKS)
        texts = json.loads(message.body.encode())

        assert message.subject.isascii()
        assert len(message.subject) < 100
        assert_plain(message.subject)
        assert_plain(texts["email"])
        assert all(len(line) <= 1_200 for line in texts["email"].split("\n"))
        assert_plain(texts["sms"])
        assert gsm7.septets(texts["sms"]) <= 160
        assert all(text.isprintable() for text in strings(json.loads(texts["default"])))

    holds()


@settings(max_examples=60)
@given(attacks())
def test_an_on_call_tool_is_given_nothing_to_run_or_pass_on(alert: Alert) -> None:
    document = json.loads(json.loads(render(alert, Route.PAGE, LINKS).body)["https"])

    for text in strings(document):
        assert_plain(text)
    assert_unformatted(document["NewStateReason"])


@settings(max_examples=60)
@given(attacks())
def test_a_chat_is_given_no_link_mention_or_emphasis(alert: Alert) -> None:
    document = json.loads(json.loads(render(alert, Route.CHAT, LINKS).body)["https"])

    content, metadata = document["content"], document["metadata"]
    for text in strings(document):
        assert all(line.isprintable() for line in text.split("\n"))
        assert not re.search(r"://[^ ]*evil|\bwww\.", text)
    for text in (content["title"], metadata["summary"], *metadata["relatedResources"]):
        assert_plain(text)
        assert_unformatted(text)
    # A dashboard's link has a number sign; it is ours.
    assert_unformatted(without_code(content["description"]).replace("#dashboards", ""))
    for step in content.get("nextSteps", []):
        assert_unformatted(without_code(step))


@pytest.mark.parametrize(
    "lure", ["<!channel>", "@here", "*b*", "`c", "&lt;", "[a](b)", "www.evil.example", "_i_"]
)
def test_these_checks_notice_a_lure(lure: str) -> None:
    def found() -> None:
        assert_unformatted(without_code(f"a {lure}"))
        assert_plain(f"a {lure}")

    with pytest.raises(AssertionError):
        found()
