"""What the run of one incident is judged by: each way to fail is noticed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.acceptance import OPENED, RESOLVED, Reader, Told, complaints, table

PAGER = Reader(route="page", name="pager")
MAIL = Reader(route="notice", name="mail")
READERS = (PAGER, MAIL)
FAULT = datetime(2026, 1, 1, 12, tzinfo=UTC)
MENDED = FAULT + timedelta(minutes=2)


def told(reader: Reader, event: str, second: float = 1.0, incident: str = "db-1") -> Told:
    since = FAULT if event == OPENED else MENDED
    at = since + timedelta(seconds=second)
    return Told(reader=reader, event=event, incident=incident, at=at)


def well() -> Iterator[Told]:
    for reader in READERS:
        yield told(reader, OPENED)
        yield told(reader, RESOLVED)


def test_who_is_told_of_both_once_and_in_order_has_nothing_to_complain_of() -> None:
    assert complaints([*well()], READERS) == []


def test_the_order_is_that_of_arrival_and_not_that_of_looking() -> None:
    assert complaints([*well()][::-1], READERS) == []


OPENING, END, *OTHERS = well()
EARLY = replace(END, at=OPENING.at - timedelta(seconds=1))
UPDATE = replace(OPENING, event="updated", at=OPENING.at + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("story", "complaint"),
    [
        pytest.param([], "page: pager was told nothing", id="nothing"),
        pytest.param([OPENING], "page: pager was told opened", id="no end"),
        pytest.param([END], "page: pager was told resolved", id="no beginning"),
        pytest.param(
            [OPENING, OPENING, END],
            "page: pager was told opened, then opened, then resolved",
            id="the beginning twice",
        ),
        pytest.param(
            [OPENING, END, END],
            "page: pager was told opened, then resolved, then resolved",
            id="the end twice",
        ),
        pytest.param(
            [OPENING, EARLY], "page: pager was told resolved, then opened", id="the end first"
        ),
        pytest.param(
            [OPENING, UPDATE, END],
            "page: pager was told opened, then updated, then resolved",
            id="an update that nobody asked for",
        ),
    ],
)
def test_a_story_that_is_not_whole_is_complained_of(story: list[Told], complaint: str) -> None:
    assert complaints([*story, *OTHERS], READERS) == [complaint]


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        pytest.param(
            "db-2", "page: pager was told that db-2 is resolved", id="of another incident"
        ),
        pytest.param("", "page: pager was told that no incident is resolved", id="of none"),
    ],
)
def test_an_end_must_be_of_the_same_incident(incident: str, said: str) -> None:
    assert complaints([OPENING, replace(END, incident=incident), *OTHERS], READERS) == [said]


def test_who_is_told_and_is_no_reader_is_noticed() -> None:
    stranger = told(Reader(route="chat", name="stranger"), OPENED)

    assert complaints([*well(), stranger], READERS) == ["chat: stranger was told, and is no reader"]


def test_the_table_shows_what_each_reader_waited() -> None:
    shown = table([*well(), told(PAGER, OPENED, 3)][:-1], READERS, FAULT, MENDED).splitlines()

    assert shown[0].split("  ")[0] == "route"
    assert shown[2].split() == [
        "page", "pager", "12:00:01", "1.0", "s", "12:02:01", "1.0", "s",
    ]  # fmt: skip


def test_the_table_shows_who_was_never_told() -> None:
    shown = table([OPENING], READERS, FAULT, MENDED).splitlines()

    assert shown[2].endswith("never")
    assert shown[3].split() == ["notice", "mail", "never", "never"]
