"""The page of the local stack: what it shows, and whom it obeys."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import override

import pytest

from tests.unit.local.browser import ask
from tests.unit.local.scenes import LOCATIONS, NOON, FakeView, everything, letter, quiet
from tests.unit.messages import cases
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate
from tocsin_cli.local.page import TEMPLATES, application
from tocsin_cli.local.view import Letter, LogLine, MonitorView, ServiceView, Snapshot

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


async def test_a_state_is_told_in_words() -> None:
    page, whole = await shown(everything()), await shown(everything(), "/")

    for state in ("down", "degraded", "unknown", "up", "paused", "waiting"):
        assert re.search(rf'class="badge is-{state}">.*?</svg>{state}</span>', page)
    for vote in ("pass", "warn", "fail", "abstain"):
        assert re.search(rf'class="cell is-{vote}">', page)
        assert f'<symbol id="s-{vote}"' in whole
    assert "<strong>2 of 10 monitors are down</strong>" in page


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("paused by ann: new certificate tonight", id="a pause"),
        pytest.param("waits behind database: no alert of its own", id="what it waits behind"),
        pytest.param("flapping: its incident stays open", id="a monitor that flaps"),
        pytest.param("<dt>Down with it</dt><dd>shop</dd>", id="what fell with an incident"),
        pytest.param("<dt>Acknowledged</dt><dd>by ann: failing over", id="who acknowledged it"),
        pytest.param("<dt>Reminders</dt><dd>2, the last", id="how often was reminded of it"),
        pytest.param('<span class="route">flapping</span>', id="an incident that flaps"),
        pytest.param("<dt>They share</dt><dd>the address 192.0.2.7</dd>", id="a shared cause"),
        pytest.param("<strong>db, mail, web</strong>", id="all that an incident covers"),
        pytest.param("<dd>eu-west-1 has been silent since", id="a location's incident"),
        pytest.param(
            'class="note">has been silent since 2026-01-01 11:54 UTC.', id="a silent location"
        ),
        pytest.param(
            "fails 41 of 43 monitors that the others see passing.", id="a suspected location"
        ),
        pytest.param("It has seemed well for", id="a location that seems well again"),
        pytest.param('<span class="event">reminder</span>', id="a reminder"),
        pytest.param('<span class="event">updated</span>', id="an update"),
    ],
)
async def test_it_is_told_what_people_said_and_what_was_found_out(said: str) -> None:
    assert said in await shown(everything())
    assert said not in await shown(quiet())


async def test_each_kind_of_incident_has_a_shape() -> None:
    page = await shown(everything(), "/")

    for kind in ("down", "unknown", "location"):
        assert f'incident is-{kind}"' in page
        assert f'<symbol id="s-{kind}"' in page


async def test_a_vote_shows_its_reason_and_on_opening_its_evidence() -> None:
    page = await shown(everything())

    assert "wrong HTTP status" in page
    assert "503 Service Unavailable, expected 200-299" in page
    assert "first_byte <b>40 ms</b>" in page
    assert "silent, too old to count" in page


async def test_it_is_told_why_a_monitor_is_degraded_and_when_its_certificate_ends() -> None:
    page = await shown(everything())

    assert (
        'class="note">certificate expires soon (9 days left);'
        " slow, connect takes 310 ms, limit 200 ms</span>" in page
    )
    assert '<span class="note">certificate: 83 days left</span>' in page
    assert "<dt>Warning</dt><dd>certificate expires soon (9 days left)</dd>" in page
    assert (
        "<dd>expires 2026-01-11 (9 days left), issuer CN=R11,O=Let&#39;s Encrypt,C=US"
        ' <span class="mono">a1a1a1a1a1a1a1a1</span></dd>' in page
    )


async def test_a_job_tells_what_it_reported_and_cannot_be_cut_off_from_a_location() -> None:
    page = await shown(everything())

    assert "reported success at 02:04 UTC" in page
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
    ballot = replace(
        cases.fails(LOCATIONS[0]),
        evidence=HOSTILE,
        address=HOSTILE,
        certificate=Certificate(fingerprint=HOSTILE, issuer=HOSTILE, expires_at=NOON),
    )
    stranger = Letter.of(HOSTILE, route=Route.PAGE, received_at=NOON)
    snapshot = Snapshot(
        at=NOON,
        busy_with=HOSTILE,
        locations=(HOSTILE,),
        monitors=(
            MonitorView(
                id=HOSTILE,
                target=HOSTILE,
                ballots=(replace(ballot, location=HOSTILE, phases_ms=((HOSTILE, 1.0),)),),
            ),
        ),
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

    for path in ("/", "/live", "/page.js", "/page.css", "/api/snapshot", "/nothing"):
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
async def test_another_site_cannot_press_a_button(origin: str) -> None:
    view = FakeView(everything())

    answer = await ask(application(view), "POST", "/services/mail/stop", origin=origin)

    assert (answer.status, view.asked) == (403, [])


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
