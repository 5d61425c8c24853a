"""The status page's files: whole, inert, legible, the same for the same board."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.fakes.make import NOON
from tests.unit.pages.boards import (
    ALL_DOWN,
    BOARDS,
    CALM,
    EMPTY,
    FACE,
    NEW,
    ONE,
    TROUBLE,
    WORKED_ON,
    board,
    days,
    episode,
    many,
    part,
)
from tests.unit.pages.reading import Page
from tocsin.domain.quorum import Verdict
from tocsin.pages import wording
from tocsin.pages.badge import COLOURS
from tocsin.pages.publication import FOR_EVER, SHORT, Face, draw, look
from tocsin.usecases.board import Board, Mood
from tocsin.usecases.publish import File

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "status.schema.json").read_text())
LINE = "\N{RIGHT-TO-LEFT OVERRIDE}<script>alert(1)</script><img src=x onerror=alert(2)>\" ' ]]> &"
SVG = "{http://www.w3.org/2000/svg}"
ATOM = "{http://www.w3.org/2005/Atom}"

each_board = pytest.mark.parametrize("seen", BOARDS.values(), ids=BOARDS)


def drawn(seen: Board, face: Face = FACE, ever: tuple[str, ...] = ()) -> dict[str, File]:
    return {file.path: file for file in draw(face, seen, ever)}


def text(seen: Board, path: str = "index.html", face: Face = FACE) -> str:
    return drawn(seen, face)[path].body.decode()


def feed(seen: Board) -> ET.Element:
    found = ET.fromstring(text(seen, "feed.xml")).find("channel")  # noqa: S314 - our own
    assert found is not None
    return found


def items(seen: Board) -> list[Mapping[str, str]]:
    return [{e.tag: e.text or "" for e in item} for item in feed(seen).findall("item")]


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, as WCAG 2 has it."""

    def light(colour: str) -> float:
        channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        linear = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return sum(f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@each_board
def test_the_page_is_well_formed_and_refers_to_what_is_there(seen: Board) -> None:
    files = drawn(seen)
    page = Page(files["index.html"].body.decode())
    ids = [each.attributes["id"] for each in page.found if "id" in each.attributes]
    links = [
        each.attributes[of]
        for each in page.found
        for of in ("href", "src")
        if of in each.attributes
    ]

    assert len(ids) == len(set(ids))
    assert {e.attributes["aria-labelledby"] for e in page.all("section")} <= {*ids}
    assert {link for link in links if not link.startswith("#")} <= files.keys()
    assert {link[1:] for link in links if link.startswith("#")} <= {*ids}


@each_board
def test_headings_go_down_one_step_at_a_time(seen: Board) -> None:
    levels = [int(e.tag[1]) for e in Page(text(seen)).found if re.fullmatch(r"h[1-6]", e.tag)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@each_board
def test_a_page_is_the_same_for_the_same_board(seen: Board) -> None:
    assert drawn(seen) == drawn(seen)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (CALM, "All services are operational"),
        (ONE, "Operational"),
        (TROUBLE, "Outage of Checkout and Customer API"),
        (ALL_DOWN, "Outage of all services"),
        (WORKED_ON, "Maintenance of all services"),
        (NEW, "No current data for Website"),
        (EMPTY, "No services are shown yet"),
        (board([replace(p, mood=Mood.DEGRADED) for p in many(9).parts]), "Degraded service of all"),
        (
            board([*(replace(p, mood=Mood.OUTAGE) for p in many(4).parts), part("Website")]),
            "Outage of 4 services",
        ),
    ],
)
def test_the_first_line_says_the_worst(seen: Board, said: str) -> None:
    page = Page(text(seen))

    assert said in page.by_id("overall").text
    assert said in page.all("title")[0].text
    assert "as of 12:00 UTC, 1 January 2026" in page.by_id("overall").text


def test_each_service_says_how_it_does_in_a_word_and_since_when() -> None:
    page = Page(text(TROUBLE))

    assert "Outage since 11:13 UTC" in page.by_id("customer-api").text
    assert "Degraded, unsteady since 11:38 UTC" in page.by_id("website").text
    assert "No data since 11:54 UTC" in page.by_id("webhooks").text
    assert "Maintenance" in page.by_id("e-mail").text
    assert "since" not in page.by_id("sign-in").text
    assert "99.87 % up" in page.by_id("customer-api").text


def test_the_days_are_told_in_words_too() -> None:
    page = Page(text(CALM))
    pictures = {
        each.attributes["aria-label"] for each in page.all("svg") if "aria-label" in each.attributes
    }

    assert (
        "Last 90 days of Checkout: 2 days with an outage: 18 November: 8 min of outage; "
        "9 December: 2 h of outage" in pictures
    )
    assert "Last 90 days of Webhooks: no outage" in pictures
    assert len(pictures) == len(CALM.parts)


def test_a_day_that_was_not_well_says_what_was_wrong_where_it_is_pointed_at() -> None:
    titles = [each.text for each in Page(text(CALM)).all("title")[1:]]

    assert "18 November: 8 min of outage" in titles
    assert len(titles) == 7


def test_a_bad_day_differs_in_height_as_well_as_in_colour() -> None:
    page = Page(text(CALM))
    heights = {
        (each.attributes["class"], each.attributes["height"])
        for each in page.all("rect")
        if "class" in each.attributes
    }

    assert heights == {("day-degraded", "28"), ("day-down", "34")}


def test_an_outage_of_this_hour_is_none_of_nought_minutes() -> None:
    now = replace(days({})[-1], tone=Verdict.DOWN)

    assert wording.remark(now) == "1 January: outage"


def test_incidents_lead_from_the_feed_to_their_place_on_the_page() -> None:
    ids = {e.attributes["id"] for e in Page(text(TROUBLE)).found if "id" in e.attributes}

    anchors = {item["link"].partition("#")[2] for item in items(TROUBLE)}

    assert anchors == {each.id for each in TROUBLE.episodes}
    assert anchors <= ids


def test_an_incident_that_spans_days_says_both() -> None:
    (item,) = (e for e in Page(text(CALM)).found if e.attributes.get("id", "").endswith("-e-mail"))

    assert "00:00 to 2 November, 01:00 UTC, 1 d 1 h" in item.text


def test_maintenance_is_announced() -> None:
    page = text(TROUBLE)

    assert "Maintenance of E-mail" in page
    assert re.search(r"Under way: <time [^>]*>11:00</time> to <time [^>]*>13:00</time> UTC", page)
    assert re.search(r"<time [^>]*>4 January, 01:00</time> to <time [^>]*>03:00</time> UTC", page)


def test_the_worst_that_goes_on_comes_first() -> None:
    page = text(TROUBLE)

    assert page.index("Since <time") < page.index("It comes and goes")


# The feed


def test_the_feed_is_rss_with_all_that_it_must_have() -> None:
    channel = feed(TROUBLE)
    own = channel.find(f"{ATOM}link")

    assert [channel.findtext(each) for each in ("title", "link", "description")] == [
        "Example Status",
        "https://status.example.com/",
        "Outages and degradations of Example Status",
    ]
    assert own is not None
    assert own.attrib["href"] == "https://status.example.com/feed.xml"
    for item in items(TROUBLE):
        assert item.keys() == {"title", "link", "guid", "pubDate", "description"}
        assert isinstance(parsedate_to_datetime(item["pubDate"]), datetime)


def test_a_beginning_and_an_end_are_two_items_of_the_feed_the_latest_first() -> None:
    found = items(CALM)
    times = [parsedate_to_datetime(item["pubDate"]) for item in found]

    assert [item["title"] for item in found[:2]] == [
        "Over: Degraded service of Website",
        "Degraded service of Website",
    ]
    assert times == sorted(times, reverse=True)
    assert len({item["guid"] for item in found}) == len(found) == 2 * len(CALM.episodes)
    assert found[0]["description"] == (
        "Began on 28 December 2025 at 09:00 UTC, over on 28 December 2025 at 09:55 UTC, "
        "after 55 min."
    )


def test_what_was_read_once_in_the_feed_stays_what_it_was_when_the_incident_ends() -> None:
    begun = episode(Mood.OUTAGE, "website", ago=timedelta(minutes=30))
    over = replace(begun, ended=NOON)

    before = items(board([part("Website")], begun))
    after = items(board([part("Website")], over))

    assert after[1:] == before


def test_time_that_passes_changes_nothing_in_the_feed() -> None:
    later = replace(CALM, at=CALM.at + timedelta(minutes=15))

    assert text(later, "feed.xml") == text(CALM, "feed.xml")


def test_without_an_address_there_is_no_feed_and_no_link_to_one() -> None:
    files = drawn(CALM, Face(title="Status"))

    assert "feed.xml" not in files
    assert b"feed.xml" not in files["index.html"].body


# For programs


@each_board
def test_the_document_for_programs_is_as_its_schema_says(seen: Board) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(json.loads(text(seen, "status.json")))


def test_the_document_says_what_the_page_says() -> None:
    found = json.loads(text(TROUBLE, "status.json"))

    assert (found["version"], found["as_of"]) == (1, "2026-01-01T12:00:00Z")
    assert (found["state"], found["text"]) == ("outage", "Outage of Checkout and Customer API")
    assert [each["id"] for each in found["services"]] == [p.slug for p in TROUBLE.parts]
    customer = found["services"][1]
    assert (customer["state"], customer["since"]) == ("outage", "2026-01-01T11:13:00Z")
    assert customer["days"]["first"] == "2025-10-04"
    assert customer["days"]["states"] == "o" * 66 + "x" + "o" * 22 + "p"
    assert found["incidents"][0] == {
        "id": "20260101T1138Z-degraded-website",
        "state": "degraded",
        "text": "Degraded service of Website",
        "services": ["website"],
        "began": "2026-01-01T11:38:00Z",
        "ended": None,
        "unsteady": True,
    }
    assert found["maintenance"][0]["ends"] == "2026-01-01T13:00:00Z"


# Badges


@each_board
def test_each_service_has_a_badge_and_so_has_the_whole(seen: Board) -> None:
    badges = {p for p in drawn(seen) if p.endswith(".svg")}

    assert badges == {"icon.svg", "badge.svg", *(f"badges/{p.slug}.svg" for p in seen.parts)}


def test_a_badge_can_be_heard_as_well_as_seen() -> None:
    svg = ET.fromstring(text(TROUBLE, "badges/customer-api.svg"))  # noqa: S314 - our own

    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == svg.findtext(f"{SVG}title") == "Customer API: outage"
    assert [e.text for e in svg.iter(f"{SVG}text")] == ["Customer API", "outage"]


def test_a_long_name_is_cut_on_its_badge_and_nowhere_else() -> None:
    name = "A service whose name has eighty characters, as many as there may be, each one of"
    seen = board([replace(part("Website"), name=name, slug="long")])

    svg = ET.fromstring(text(seen, "badges/long.svg"))  # noqa: S314 - our own

    assert next(e.text for e in svg.iter(f"{SVG}text")) == f"{name[:39]}…"
    assert name in text(seen)


@pytest.mark.parametrize("mood", Mood)
def test_what_is_written_on_a_badge_can_be_read(mood: Mood) -> None:
    assert contrast("#ffffff", COLOURS[mood]) >= 4.5


def test_the_badge_of_what_is_not_shown_any_more_claims_nothing() -> None:
    files = drawn(CALM, ever=("badges/secret-name.svg", "badges/website.svg", "old.css"))
    gone = files["badges/secret-name.svg"].body.decode()

    assert "status: no longer shown" in gone
    assert "secret" not in gone
    assert "operational" in files["badges/website.svg"].body.decode()
    assert "old.css" not in files


# How it is sent


def test_each_file_says_what_it_is_and_how_long_it_may_be_kept() -> None:
    files = drawn(CALM)
    (sheet,) = (path for path in files if path.endswith(".css"))

    assert {p: (f.content_type, f.cache) for p, f in files.items() if "badges/" not in p} == {
        sheet: ("text/css; charset=utf-8", FOR_EVER),
        "icon.svg": ("image/svg+xml", SHORT),
        "feed.xml": ("application/rss+xml; charset=utf-8", SHORT),
        "status.json": ("application/json", SHORT),
        "index.html": ("text/html; charset=utf-8", SHORT),
        "badge.svg": ("image/svg+xml", SHORT),
    }
    assert re.fullmatch(r"style-[0-9a-f]{12}\.css", sheet)


def test_what_the_page_needs_is_there_before_it() -> None:
    paths = [*drawn(CALM)]

    assert paths.index("index.html") > max(
        paths.index(path) for path in ("icon.svg", "feed.xml", "status.json")
    )
    assert paths[0].endswith(".css")


def test_a_page_of_another_face_is_another() -> None:
    assert look(FACE) == look(replace(FACE))
    assert len({look(FACE), look(replace(FACE, title="x")), look(replace(FACE, url=""))}) == 3


def test_a_large_page_is_small_enough() -> None:
    files = drawn(many(1000))

    assert len(files["index.html"].body) < 3 * 1024 * 1024
    assert len(files["status.json"].body) < 512 * 1024


# What strangers might have written


def test_a_hostile_name_is_inert_in_every_file() -> None:
    hostile = replace(part("Website"), name=LINE, group=f"{LINE}g")
    seen = board([hostile, part("Shop")], episode(Mood.OUTAGE, "website", ago=timedelta(hours=1)))
    files = drawn(seen, replace(FACE, title=f"{LINE}t"))

    for path, file in files.items():
        body = file.body.decode()
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in body, path
        assert path == "status.json" or "<script" not in body, path
    assert not Page(files["index.html"].body.decode()).all("script")
    for path in ("feed.xml", "badges/website.svg", "badge.svg"):
        assert not [*ET.fromstring(files[path].body).iter("script")]  # noqa: S314 - our own
    assert json.loads(files["status.json"].body)["services"][0]["name"].startswith("\\u202e<")
