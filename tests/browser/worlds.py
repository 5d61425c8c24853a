"""What is looked at: a house with something of everything, behind each of the three pages."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, override

from tests.architecture.cloudformation import load_template
from tests.browser.serving import Reply, served
from tests.fakes.make import NOON
from tests.unit.local.scenes import FakeView, everything
from tests.unit.messages import cases
from tests.unit.pages.boards import CALM, FACE
from tests.unit.pages.scenes import ENDPOINT_ARN, Scene, fails, passes, replace_calm, watched
from tocsin.domain.incident import Incident
from tocsin.domain.outcome import Exchange, Layer, Reason
from tocsin.domain.quorum import Verdict
from tocsin.pages.console import Answer, Console, Question
from tocsin.pages.manner import CloudWatch, Manner
from tocsin.pages.publication import Face, draw
from tocsin.usecases.board import Board
from tocsin.usecases.overview import Wish
from tocsin_cli.local.page import PageServer
from tocsin_cli.local.view import MonitorView, Snapshot

STRANGE: Final = (
    "\N{RIGHT-TO-LEFT OVERRIDE}<script>alert(1)</script><img src=//192.0.2.1 onerror=alert(2)>"
    "</cwdb-action></style><style>*{display:none}</style><iframe src=//example.com></iframe>"
    '" onmouseover="alert(3)" \' {{ 7 * 7 }} =1+1 \x1b[2J\r\n<a href=javascript:alert(4)>x</a>'
)
FLOOD: Final = f"<svg onload=alert(5)>{'W' * 65_536}"
DASHBOARD: Final = Path(__file__).with_name("dashboard.html")

type Widget = Callable[[dict[str, Any]], str]
"""A function that answers a dashboard."""


@dataclass
class Shelf:
    """The incidents of a scene that are over."""

    scene: Scene

    def of_month(self, at: datetime) -> Iterator[Incident]:
        for each in reversed([*self.scene._over()]):
            if (each.opened_at.year, each.opened_at.month) == (at.year, at.month):
                yield each


def console(scene: Scene) -> Console:
    """Make the console of such a house."""
    return Console(
        eyes=scene.eyes, past=scene.past, reports=scene.reports, history=Shelf(scene=scene)
    )


def widget(scene: Scene) -> Widget:
    """Answer a dashboard as the function does, at the noon of the scene."""
    desk = console(scene)

    def answer(event: dict[str, Any]) -> str:
        around = event.pop("widgetContext")
        question = Question(
            words=event, typed=around["forms"]["all"], wish=Wish(), theme=around["theme"]
        )
        return desk.answer(question, CloudWatch(endpoint=ENDPOINT_ARN), scene.now).html

    return answer


@contextmanager
def dashboard(call: Widget) -> Iterator[str]:
    """Play CloudWatch: a page with the widget, whose actions call the function."""

    def answering(path: str, body: bytes) -> Reply:
        if path == "call":
            html = call(json.loads(body))
            return Reply(body=json.dumps(html).encode(), content_type="application/json")
        return Reply(body=DASHBOARD.read_bytes(), content_type="text/html")

    with served(answering) as url:
        yield url


@dataclass
class MadeUp(FakeView):
    """A stack that is not there, with a console that works."""

    scene: Scene = field(default_factory=Scene)

    @override
    def console(self, question: Question, manner: Manner) -> Answer | None:
        return console(self.scene).answer(question, manner, self.scene.now)


@contextmanager
def local_page(view: FakeView) -> Iterator[str]:
    with PageServer(view) as server:
        yield server.url


def stack(scene: Scene | None = None, **more: Any) -> MadeUp:
    """Make up a stack around a scene; its services, letters and log have nothing to do with it."""
    scene = scene or Scene()
    standings = scene.states.load("s0").state.standings
    monitors = tuple(
        MonitorView(id=each.id, target=str(each.target), standing=standings.get(each.id))
        for each in scene.shard.monitors
    )
    incidents = scene.states.load("s0").state.incidents
    shown: Snapshot = replace(everything(NOON), monitors=monitors, incidents=incidents, **more)
    files = {file.path: file for file in draw(Face(title="Local"), CALM)}
    return MadeUp(shown, files=files, scene=scene)


def calm() -> MadeUp:
    """Make up a stack in which all is well."""
    return stack(replace_calm(), inbox=(), services=(), doubts={})


def hostile() -> Scene:
    """Make a house among strangers, who answer with all that they can think of."""
    exchange = Exchange(
        question="example.com. IN TXT",
        server="192.0.2.53",
        rcode="NOERROR",
        flags=("qr",),
        records=(STRANGE, FLOOD),
    )
    said = replace(
        fails(Reason.WRONG_ANSWER, Layer.CONTENT, STRANGE),
        address=STRANGE,
        exchange=exchange,
        serials={STRANGE: 1, FLOOD: 2},
        certificate=replace(cases.certificate(), issuer=FLOOD),
    )
    passed = passes(certificate=replace(cases.certificate(), issuer=STRANGE))
    return Scene(
        house=(
            (
                watched("db", None, "tag", runbook="javascript:alert(6)"),
                Verdict.DOWN,
                7,
                (said, replace(said, evidence=FLOOD), passed),
            ),
        )
    )


@contextmanager
def status_page(board: Board, face: Face = FACE) -> Iterator[str]:
    """Serve its files as CloudFront does, with the headers of the template."""
    files = {file.path: file for file in draw(face, board)}
    headers = _headers()

    def answering(path: str, _: bytes) -> Reply:
        file = files.get(path or "index.html")
        if file is None:
            return Reply(body=b"", content_type="application/xml", status=403, headers=headers)
        return Reply(
            body=file.body,
            content_type=file.content_type,
            headers={**headers, "Cache-Control": file.cache},
        )

    with served(answering) as url:
        yield url


def _headers() -> dict[str, str]:
    policy = load_template()["Resources"]["StatusHeaders"]["Properties"]
    security = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    custom = policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    return {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"]: item["Value"] for item in custom},
    }
