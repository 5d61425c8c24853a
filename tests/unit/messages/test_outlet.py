"""An alert for any service there is: as much as there is room for, and nobody called by it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.messages.cases import CASES, DOWN, LINKS, PLACES, fails, opened, subject
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Kind
from tocsin.messages import email, sms
from tocsin.messages.outlet import SHORT, write

MENTIONS = re.compile(r"@(everyone|here|channel|all)\b|<[@!#&]", re.IGNORECASE)


def shown(alert: Alert, room: int = 35_000) -> str:
    return "\n\n".join(write(alert, room))


def test_where_there_is_room_it_is_the_mail() -> None:
    title, text = write(DOWN, 32_768, LINKS)

    assert title == email.subject(DOWN)
    assert text == email.body(DOWN, LINKS).rstrip("\n")


@pytest.mark.parametrize("room", [140, 160, SHORT - 1])
def test_on_a_telephone_it_is_the_short_message(room: int) -> None:
    assert write(DOWN, room) == ("", sms.text(DOWN))


@pytest.mark.parametrize("room", [1000, 1024, 2000], ids=["Teams", "Pushover", "Discord"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_where_there_is_less_room_whole_paragraphs_are_left_out_from_the_end(
    case: Alert, room: int
) -> None:
    title, text = write(case, room)

    whole = write(case, 10**6)[1].split("\n\n")
    kept = text.split("\n\n")
    assert kept == whole[: len(kept)]
    assert len(kept) == 1 or len(shown(case, room)) <= room
    more = "\n\n".join((title, *whole[: len(kept) + 1]))
    assert kept == whole or len(more) > room


@pytest.mark.parametrize(
    "call",
    ["@everyone", "@here", "@Channel", "@all", "<!channel>", "<@U0123>", "<@&99>", "<#C1>"],
)
def test_a_strangers_text_calls_nobody(call: str) -> None:
    said = f"220 {call} hello"
    attacked = opened(Kind.DOWN, subject(*(fails(place, evidence=said) for place in PLACES)))

    text = shown(attacked)

    assert not MENTIONS.search(text)
    assert call not in text


def test_an_address_of_a_mail_is_not_broken_up() -> None:
    evidence = "550 ask postmaster@example.com"
    refused = opened(Kind.DOWN, subject(*(fails(place, evidence=evidence) for place in PLACES)))

    assert "postmaster@example.com" in shown(refused)


@given(alert=alerts(), room=st.sampled_from([160, 1000, 4096, 32_768]), said=st.text(max_size=60))
@settings(max_examples=60)
def test_of_any_alert_something_is_said_and_nobody_is_called(
    alert: Alert, room: int, said: str
) -> None:
    text = shown(replace(alert, note=f"{said} @everyone <!here>"), room)

    assert text.strip()
    assert not MENTIONS.search(text)
