"""The one page of the local stack, on 127.0.0.1.

Only this machine can reach it, and only the page itself can ask for actions: a request from another
site, or under another name than that of this machine, is refused. All text is escaped.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2s
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.pages import render
from tocsin.pages.console import Question
from tocsin.pages.manner import Site
from tocsin.usecases.overview import Wish
from tocsin_cli.local import showing
from tocsin_cli.local.view import Snapshot, View

HOST = "127.0.0.1"
TEMPLATES = Path(__file__).with_name("templates")
CONSOLE: Final = Site(path="/", orders="/orders", styled=False)

_MOST_BYTES = 16_384
_ORDER = "do"
_PATIENCE_S = 5.0
_NAMES = frozenset({HOST, "localhost"})
_SAFE = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_SNAPSHOT = TypeAdapter(Snapshot)


def application(view: View) -> Starlette:
    """Make the page for a view."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["show"] = showing
    pages = _Pages(view, environment)
    return Starlette(
        routes=[
            Route("/", pages.whole),
            Route("/live", pages.live),
            Route("/console", pages.console),
            Route("/orders", pages.order, methods=["POST"]),
            Route("/console.css", _console_style),
            Route("/page.css", partial(_file, "page.css", "text/css")),
            Route("/page.js", partial(_file, "page.js", "text/javascript")),
            Route("/api/snapshot", pages.snapshot),
            Route("/status", pages.to_status),
            Route("/status/{path:path}", pages.status),
            Route("/services/{service}/stop", pages.stop, methods=["POST"]),
            Route("/services/{service}/heal", pages.heal, methods=["POST"]),
            Route("/services/{service}/isolate/{location}", pages.isolate, methods=["POST"]),
        ],
        middleware=[Middleware(_OnlyThisSite)],
    )


class _Pages:
    def __init__(self, view: View, environment: Environment) -> None:
        self._view = view
        self._environment = environment

    async def whole(self, request: Request) -> Response:
        console = await self._console(_asked(request))
        return self._html("page.html", console=console, again="")

    async def console(self, request: Request) -> Response:
        """Give the console alone, as the page's script asks for it."""
        console = await self._console(_asked(request))
        return self._html("console.html", console=console)

    async def order(self, request: Request) -> Response:
        """Do what a button of the console asks for, and show the page with what became of it."""
        typed = _typed(await _body(request))
        try:
            words = json.loads(typed.get("words", ""))
        except (ValueError, RecursionError):
            words = None
        if not isinstance(words, dict):
            return PlainTextResponse("No such order\n", status_code=400)
        question = Question(words=words, typed=typed, wish=Wish())
        # Whoever has no script looks again by itself, which must not ask for it again.
        return self._html("page.html", console=await self._console(question), again="; url=/")

    async def live(self, request: Request) -> Response:
        """Give what changes around the console; nothing where the page has it already."""
        response = self._html("fresh.html")
        tag = f'"{blake2s(response.body, digest_size=16).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        response.headers["ETag"] = tag
        return response

    async def snapshot(self, _: Request) -> Response:
        body = _SNAPSHOT.dump_json(self._view.snapshot(), indent=2)
        return Response(body, media_type="application/json")

    async def to_status(self, _: Request) -> Response:
        return RedirectResponse("/status/", status_code=308)

    async def status(self, request: Request) -> Response:
        """Give a file of the public page, as it was written to its bucket."""
        path = request.path_params["path"] or "index.html"
        file = await run_in_threadpool(self._view.published, path)
        if file is None:
            return PlainTextResponse(
                "Not there, or not yet: the status page is written once a minute\n", status_code=404
            )
        return Response(file.body, headers={"Content-Type": file.content_type})

    async def stop(self, request: Request) -> Response:
        return await self._act(request, self._view.stop)

    async def heal(self, request: Request) -> Response:
        return await self._act(request, self._view.heal)

    async def isolate(self, request: Request) -> Response:
        location = request.path_params["location"]
        if location not in self._view.snapshot().locations:
            return PlainTextResponse("No such location\n", status_code=404)
        return await self._act(request, lambda service: self._view.isolate(service, location))

    async def _act(self, request: Request, action: Callable[[str], None]) -> Response:
        service = request.path_params["service"]
        if service not in {known.name for known in self._view.snapshot().services}:
            return PlainTextResponse("No such service\n", status_code=404)
        await run_in_threadpool(action, service)
        return RedirectResponse("/", status_code=303)

    async def _console(self, question: Question) -> Markup:
        answer = await run_in_threadpool(self._view.console, question, CONSOLE)
        return Markup(answer.html if answer else "")  # noqa: S704 - its templates have escaped it

    def _html(self, template: str, **more: str) -> Response:
        shown = {"snapshot": self._view.snapshot(), **more}
        text = self._environment.get_template(template).render(shown)
        return Response(text, media_type="text/html")


def _asked(request: Request) -> Question:
    """Read what is looked at; nothing is ever done because somebody looks."""
    words = {name: value for name, value in request.query_params.items() if name != _ORDER}
    return Question(words=words, typed=words, wish=Wish())


async def _body(request: Request) -> bytes:
    """Read as much of a form as there can be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            break
    return body[:_MOST_BYTES]


def _typed(body: bytes) -> Mapping[str, str]:
    """Read the fields of a form, the last of each name."""
    found = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[-1] for name, values in found.items()}


async def _console_style(_: Request) -> Response:
    return Response(render.style(), media_type="text/css")


async def _file(name: str, media_type: str, _: Request) -> Response:
    return Response((TEMPLATES / name).read_bytes(), media_type=media_type)


class _OnlyThisSite:
    """Refuse what comes under a foreign name (DNS rebinding) or from a foreign page (CSRF)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = _foreign(Request(scope))
        answer = PlainTextResponse(f"{problem}\n", status_code=403) if problem else self._app
        await answer(scope, receive, partial(_with_headers, send))


def _foreign(request: Request) -> str | None:
    host = request.headers.get("host", "")
    if host.rpartition(":")[0] not in _NAMES and host not in _NAMES:
        return "This page is only for this machine"
    if request.method in _SAFE:
        return None
    if request.headers.get("origin") != f"http://{host}":  # browsers always say where from
        return "Only the page itself may ask for this"
    return None


async def _with_headers(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        extra = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items()]
        message = {**message, "headers": [*message["headers"], *extra]}
    await send(message)


class PageServer:
    """The page, served from a thread of its own; use it in a `with`, or call `close`."""

    def __init__(self, view: View, port: int = 0) -> None:
        """Take the port, any free one by default; OSError where it is taken."""
        self._socket = socket.create_server((HOST, port))
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}/"
        config = uvicorn.Config(
            application(view),
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="page", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and give the port away; a second time does nothing."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE_S)
        self._socket.close()
