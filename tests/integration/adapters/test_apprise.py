"""Apprise, by real servers on loopback: what is brought, what is refused, what is never said."""

import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
import responses
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integration.adapters.listener import Listener, listening
from tests.unit.messages.cases import (
    DEGRADED,
    DOWN,
    RESOLVED_AFTER,
    UNKNOWN,
    deleted,
    recovered,
    reminded,
)
from tocsin.adapters.apprise import PATIENCE_SECONDS, AppriseMessenger, _tied, _unheard
from tocsin.domain.incident import Alert
from tocsin.messages import email
from tocsin.messages.outlet import write
from tocsin.usecases.ports import HandoverError

SECRET = "hunter2"  # noqa: S105 - for nothing


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def tell(url: str, alert: Alert = DOWN) -> None:
    AppriseMessenger(write).tell(url, alert)


def refusal(url: str) -> str:
    with pytest.raises(HandoverError) as raised:
        tell(url)
    return str(raised.value)


@pytest.mark.parametrize(
    ("alert", "kind"),
    [
        pytest.param(DOWN, "failure", id="down"),
        pytest.param(reminded(DOWN, after=RESOLVED_AFTER), "failure", id="still down"),
        pytest.param(DEGRADED, "warning", id="degraded"),
        pytest.param(UNKNOWN, "warning", id="blind"),
        pytest.param(recovered(DOWN), "success", id="up again"),
        pytest.param(deleted(DOWN), "info", id="no longer watched"),
    ],
)
def test_an_alert_is_brought_with_its_kind(listener: Listener, alert: Alert, kind: str) -> None:
    tell(listener.url("hook"), alert)

    (said,) = listener.of("hook")
    assert said["type"] == kind
    assert said["title"] == email.subject(alert)
    assert said["message"] == email.body(alert).rstrip("\n")


def test_nothing_in_an_alert_is_taken_for_an_escape_or_an_emoji(listener: Listener) -> None:
    tell(listener.url("hook"), replace(DOWN, note=r"a\tb :smile: {{x}} %s &amp; <b>"))

    assert r"a\tb :smile: {{x}} %s &amp; <b>" in listener.of("hook")[0]["message"]


@pytest.mark.parametrize("status", [401, 404, 410, 500, 503])
def test_an_answer_that_is_no_success_is_told_by_its_status(
    listener: Listener, status: int
) -> None:
    listener.answers["hook"] = [status]

    assert refusal(listener.url("hook")) == f"it answered with HTTP status {status}"


def test_an_endpoint_that_is_not_there_is_told_of() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert "could not be reached" in refusal(f"json://127.0.0.1:{port}/")


def test_an_endpoint_that_never_answers_is_not_waited_for(listener: Listener) -> None:
    listener.answers["hook"] = [0]
    began = time.monotonic()

    assert "too slow" in refusal(listener.url("hook", "?rto=0.3"))
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_no_url_can_ask_for_more_patience_than_there_is() -> None:
    service = AppriseMessenger(write)._service("json://127.0.0.1:1/?rto=600&cto=600")

    assert service.request_timeout == (PATIENCE_SECONDS, PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("asked", "mode"),
    [("", "truncate"), ("?overflow=split", "split"), ("?overflow=truncate", "truncate")],
    ids=["as usual", "in pieces", "cut"],
)
def test_what_is_too_long_is_cut_unless_a_url_wants_it_in_pieces(asked: str, mode: str) -> None:
    service = AppriseMessenger(write)._service(f"json://127.0.0.1:1/{asked}")

    assert service.overflow_mode == mode


PAGE = Path(__file__).parents[3] / "docs" / "routes.md"
# What stands in the page's URLs for a thing that each reader has of his own.
OWN = {
    "WORKFLOW": "643693b5ea2a4fdfbf0a4db6cb5b2b4c",
    "BOT_TOKEN": "123456789:abcdefg_hijklmnop",
    "TokenA/TokenB/TokenC": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "CHAT_ID": "12315544",
    "INTEGRATION_KEY": "a" * 32,
}


def test_every_url_of_the_documentation_is_one_that_apprise_reads() -> None:
    urls = re.findall(r"[`'](\w+://[^`']+)[`']", PAGE.read_text())
    outlets = [url for url in urls if not url.startswith("https://")]

    assert len(outlets) >= 8
    for url in outlets:
        for name, own in OWN.items():
            url = url.replace(name, own)  # noqa: PLW2901 - word by word
        AppriseMessenger(write)._service(url)


UNREADABLE = [
    "",
    "hunter2",
    "https//hunter2",
    "nonsense://hunter2",
    "slack://hunter2",
    "jsons://:::/hunter2",
    "pagerduty://hunter2",
    "json://[hunter2",
    "json://user:hunter2@/",
]


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_is_no_url_of_apprise_is_refused_and_repeated_nowhere(
    caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="apprise")

    # Only read, not told: whatever Apprise may once make of it, nothing is sent from here.
    with pytest.raises(HandoverError, match="its URL is none that Apprise can read"), _unheard():
        AppriseMessenger(write)._service(url)
    assert caplog.messages == []


@pytest.mark.parametrize("status", [200, 302, 401, 404, 500])
def test_no_secret_of_a_url_and_no_answer_is_ever_logged_printed_or_raised(
    listener: Listener,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    status: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("apprise", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=noisy)
    path = f"services/{SECRET}"
    listener.answers[path] = [status]
    url = f"json://user:{SECRET}@127.0.0.1:{listener.port}/{path}?+X-Token={SECRET}"
    raised = ""
    try:
        tell(url)
    except HandoverError as error:
        raised = f"{error} {error.__cause__}"

    logging.getLogger().warning("and after it all is heard again")

    captured = capfd.readouterr()
    assert len(listener.of(path)) == 1
    assert SECRET not in caplog.text + captured.out + captured.err + raised
    assert caplog.messages == ["and after it all is heard again"]


def test_an_error_on_the_way_leaves_the_log_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_alert: Alert, _room: int) -> tuple[str, str]:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        AppriseMessenger(broken).tell("json://127.0.0.1:1/", DOWN)

    logging.getLogger().warning("heard")
    assert caplog.messages == ["heard"]


KEEPERS = {
    "PagerDuty": f"pagerduty://{'a' * 32}@abcd1234",
    "incident.io": "incidentio://aaaaaaaaaaaaaaaaaaaaaaaaaa/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "ilert": "ilert://il1hbt0a1b2c3d4e5f60",
    "Squadcast": f"squadcast://{'a' * 40}",
    "FireHydrant": f"firehydrant://fhb-{'a' * 40}",
}


@pytest.mark.parametrize("end", [recovered(DOWN), deleted(DOWN)], ids=["recovered", "deleted"])
def test_at_pagerduty_any_end_resolves_what_its_beginning_opened(end: Alert) -> None:
    with responses.RequestsMock() as web:
        web.post("https://events.pagerduty.com/v2/enqueue", status=202)
        for alert in (DOWN, reminded(DOWN, after=RESOLVED_AFTER), end):
            tell(KEEPERS["PagerDuty"], alert)
        said = [json.loads(cast("bytes", call.request.body)) for call in web.calls]

    assert [each["event_action"] for each in said] == ["trigger", "trigger", "resolve"]
    assert {each["dedup_key"] for each in said} == {DOWN.incident}
    assert said[0]["payload"]["severity"] == "critical"
    assert said[0]["payload"]["summary"].startswith(email.subject(DOWN))


@pytest.mark.parametrize("url", KEEPERS.values(), ids=KEEPERS)
def test_a_service_that_keeps_incidents_is_told_which_one_it_is(url: str) -> None:
    messenger = AppriseMessenger(write)
    mine, theirs = messenger._service(url), messenger._service(f"{url}?dedup=mine")

    assert _tied(mine, DOWN)
    assert (mine.dedup, mine.action) == (DOWN.incident, "map")  # type: ignore[attr-defined]
    assert not _tied(theirs, DOWN)
    assert theirs.dedup == "mine"  # type: ignore[attr-defined]


class Mailbox:
    """A mail server's hands: it keeps every letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        letter = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 kept"


def test_a_mail_server_gets_the_alert_as_a_mail() -> None:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        tell(f"mailto://127.0.0.1:{port}/?from=tocsin@example.com&to=ops@example.com")
    finally:
        server.stop()

    (letter,) = box.letters
    text = letter.get_body(("plain",))
    assert letter["subject"] == email.subject(DOWN)
    assert letter["to"] == "ops@example.com"
    assert text is not None
    assert text.get_content().split() == email.body(DOWN).split()
