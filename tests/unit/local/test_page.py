"""The page of the local stack: what it shows, and whom it obeys."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import override
from urllib.parse import urlencode

import pytest

from tests.unit.local.browser import ask
from tests.unit.local.scenes import NOON, FakeView, everything, letter, quiet
from tests.unit.messages import cases
from tocsin.domain.monitor import Route
from tocsin.pages.console import Answer
from tocsin.usecases.publish import File
from tocsin_cli.local.page import TEMPLATES, application
from tocsin_cli.local.view import Letter, LogLine, ServiceView, Snapshot

OURS = "http://127.0.0.1:8000"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover=alert(3) '"


class Elements(HTMLParser):
    """Collects the elements of a page and refuses what is not well formed."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


async def shown(snapshot: Snapshot, path: str = "/live") -> str:
    answer = await ask(application(FakeView(snapshot)), "GET", path)
    assert answer.status == 200
    return re.sub(r"\s+", " ", answer.text)


@pytest.mark.parametrize("snapshot", [everything(), quiet(), Snapshot(at=NOON)])
async def test_every_state_is_well_formed_and_every_id_is_there_once(snapshot: Snapshot) -> None:
    elements = Elements(await shown(snapshot, "/")).found

    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {a["for"] for _, a in elements if "for" in a} | {
        a["aria-labelledby"] for _, a in elements if "aria-labelledby" in a
    }
    assert targets <= set(ids)


async def test_it_has_landmarks_and_a_language() -> None:
    tags = [tag for tag, _ in Elements(await shown(everything(), "/")).found]

    assert [tags.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert '<html lang="en">' in await shown(everything(), "/")


async def test_it_loads_nothing_from_elsewhere() -> None:
    elements = Elements(await shown(everything(), "/")).found
    style = (TEMPLATES / "page.css").read_text()

    links = [
        a.get("href") or a.get("src") or "" for tag, a in elements if tag in {"link", "script"}
    ]
    assert all(link.startswith(("/", "data:")) for link in links)
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("said", ["reminder", "updated"])
async def test_an_alert_says_what_it_is_about(said: str) -> None:
    event = f'<span class="event">{said}</span>'

    assert event in await shown(everything())
    assert event not in await shown(quiet())


async def test_the_console_is_a_part_of_the_page_and_can_be_asked_for_alone() -> None:
    view = FakeView(everything(), answer=Answer(html='<p id="t-x">all is <b>well</b></p>'))
    app = application(view)

    whole = await ask(app, "GET", "/?state=down")
    alone = await ask(app, "GET", "/console?monitor=db")

    assert '<div class="area-console card" id="console"><p id="t-x">all is <b>well' in whole.text
    assert alone.text.strip() == '<p id="t-x">all is <b>well</b></p>'
    assert [question.words for question in view.questions] == [
        {"state": "down"},
        {"monitor": "db"},
    ]


async def test_before_there_is_a_console_the_page_says_so() -> None:
    assert "Monitors appear here when the stack is up." in await shown(quiet(), "/")


async def test_what_the_console_is_told_to_do_comes_by_its_form_alone() -> None:
    view = FakeView(quiet(), answer=Answer(html='<p id="t-told">done</p>'))
    body = urlencode({"words": '{"do": "pause", "monitor": "db"}', "by": "ann"}).encode()

    by_link = await ask(application(view), "GET", "/?do=pause&monitor=db")
    by_form = await ask(application(view), "POST", "/orders", body, origin=OURS)

    looked, done = view.questions
    assert looked.words == {"monitor": "db"}
    assert (done.words, done.typed["by"]) == ({"do": "pause", "monitor": "db"}, "ann")
    assert by_link.status == by_form.status == 200
    assert '<p id="t-told">done</p>' in by_form.text


@pytest.mark.parametrize(
    "body", [b"", b"words=%5B%5D", b"words=no", b"words=" + b"[" * 16_000, b"\xff=" * 999]
)
async def test_what_is_no_order_is_none(body: bytes) -> None:
    view = FakeView(quiet())

    answer = await ask(application(view), "POST", "/orders", body, origin=OURS)

    assert (answer.status, view.questions) == (400, [])


async def test_a_job_cannot_be_cut_off_from_a_location() -> None:
    page = await shown(everything())

    assert 'action="/services/backup/stop"' in page
    assert 'action="/services/mail/isolate/' in page
    assert 'action="/services/backup/isolate/' not in page


async def test_an_alert_is_shown_as_mail_sms_and_json_would_arrive() -> None:
    whole = everything()
    page = await shown(replace(whole, inbox=(letter(cases.DOWN, Route.PAGE, NOON),)))

    assert "[DOWN] db db.example.com:5432 refused 3/3" in page
    assert "db is DOWN: 3 of 3 locations (refused); 1 silent for 6 min, not counted." in page
    assert "DOWN db db.example.com:5432 refused 3/3 since 12:00 UTC" in page
    assert "&#34;version&#34;: &#34;1&#34;" in page
    assert "55 of 160 characters" in page


def test_a_message_that_is_no_alert_is_shown_as_it_is() -> None:
    received = Letter.of("hello\x1b[2J", route=Route.CHAT, received_at=NOON)

    assert received.subject == "A message that is no alert"
    assert received.mail == "hello\\x1b[2J"


async def test_what_is_hostile_is_only_text() -> None:
    stranger = Letter.of(HOSTILE, route=Route.PAGE, received_at=NOON)
    snapshot = Snapshot(
        at=NOON,
        busy_with=HOSTILE,
        locations=(HOSTILE,),
        incidents=(replace(everything().incidents[0], id=HOSTILE),),
        inbox=(replace(stranger, sms=HOSTILE, subject=HOSTILE),),
        services=(ServiceView(name=HOSTILE, title=HOSTILE, address=HOSTILE, running=True),),
        log=(LogLine(at=NOON, source=HOSTILE, text=HOSTILE),),
    )

    page = await shown(snapshot, "/")

    elements = Elements(page).found
    assert [tag for tag, _ in elements].count("script") == 1
    assert "img" not in {tag for tag, _ in elements}
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_every_answer_forbids_scripts_that_are_not_ours_and_framing() -> None:
    app = application(FakeView(quiet()))

    for path in (
        "/",
        "/live",
        "/console",
        "/page.js",
        "/page.css",
        "/console.css",
        "/api/snapshot",
        "/nothing",
    ):
        policy = (await ask(app, "GET", path)).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


async def test_what_has_not_changed_is_not_sent_again() -> None:
    view = FakeView(everything())
    app = application(view)
    tag = (await ask(app, "GET", "/live")).headers["etag"]

    same = await ask(app, "GET", "/live", if_none_match=tag)
    view.shown = replace(view.shown, at=NOON + timedelta(seconds=1))
    second_later = await ask(app, "GET", "/live", if_none_match=tag)
    view.shown = quiet()
    changed = await ask(app, "GET", "/live", if_none_match=tag)

    assert (same.status, same.text, second_later.status) == (304, "", 304)
    assert changed.status == 200


def public(path: str, body: bytes, content_type: str) -> File:
    return File(path=path, body=body, content_type=content_type, cache="public, max-age=30")


async def test_the_public_page_is_served_as_it_was_written() -> None:
    files = (
        public("index.html", b"<h1>Status</h1>", "text/html; charset=utf-8"),
        public("badges/api.svg", b"<svg/>", "image/svg+xml"),
    )
    app = application(FakeView(quiet(), files={file.path: file for file in files}))

    page, badge = await ask(app, "GET", "/status/"), await ask(app, "GET", "/status/badges/api.svg")

    assert (page.text, page.headers["content-type"]) == (
        "<h1>Status</h1>",
        "text/html; charset=utf-8",
    )
    assert (badge.text, badge.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert page.headers["cache-control"] == "no-store"
    assert (await ask(app, "GET", "/status")).headers["location"] == "/status/"


@pytest.mark.parametrize("path", ["/status/", "/status/none.svg", "/status/../page.css"])
async def test_what_was_not_written_yet_is_not_there(path: str) -> None:
    assert (await ask(application(FakeView(quiet())), "GET", path)).status == 404


async def test_the_snapshot_is_there_as_json() -> None:
    answer = await ask(application(FakeView(everything())), "GET", "/api/snapshot")

    document = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/json"
    assert document["monitors"][0]["id"] == "database"
    assert document["monitors"][0]["standing"]["verdict"] == "down"
    assert document["monitors"][0]["ballots"][0]["reason"] == "refused"
    assert document["inbox"][0]["sms"].startswith("RESOLVED db ")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/services/mail/stop", ("stop", "mail")),
        ("/services/mail/heal", ("heal", "mail")),
        ("/services/mail/isolate/eu-west-1", ("isolate", "mail", "eu-west-1")),
    ],
)
async def test_a_button_acts_and_leads_back(path: str, asked: tuple[str, ...]) -> None:
    view = FakeView(everything())

    answer = await ask(application(view), "POST", path, origin=OURS)

    assert view.asked == [asked]
    assert (answer.status, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/services/x/stop", "/services/mail/isolate/moon"])
async def test_what_is_not_there_cannot_be_acted_on(path: str) -> None:
    view = FakeView(everything())

    answer = await ask(application(view), "POST", path, origin=OURS)

    assert (answer.status, view.asked) == (404, [])


async def test_looking_at_an_action_does_nothing() -> None:
    view = FakeView(everything())

    answer = await ask(application(view), "GET", "/services/mail/stop")

    assert (answer.status, view.asked) == (405, [])


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:8000"],
)
@pytest.mark.parametrize("path", ["/services/mail/stop", "/orders"])
async def test_another_site_cannot_press_a_button(origin: str, path: str) -> None:
    view = FakeView(everything())

    answer = await ask(application(view), "POST", path, b"words=%7B%7D", origin=origin)

    assert (answer.status, view.asked, view.questions) == (403, [], [])


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:8000", "127.0.0.1.evil:8000"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_under_another_name_there_is_nothing(host: str, method: str) -> None:
    view = FakeView(everything())
    path = "/services/mail/stop" if method == "POST" else "/api/snapshot"

    answer = await ask(application(view), method, path, host=host, origin=f"http://{host}")

    assert (answer.status, view.asked) == (403, [])
    assert "database" not in answer.text


async def test_it_may_be_called_localhost() -> None:
    answer = await ask(
        application(FakeView(everything())),
        "POST",
        "/services/mail/stop",
        host="localhost:8000",
        origin="http://localhost:8000",
    )

    assert answer.status == 303
