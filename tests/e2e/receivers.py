"""Servers on loopback that alerts are brought to: endpoints of SNS over TLS, webhooks, mail.

Each keeps what it was sent, with the time of its arrival, and understands none of it.
"""

import json
import ssl
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from threading import Thread
from typing import Any, Final, cast, override

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.signatures import ForgedError, verify

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came to a path or a mailbox; a mail's `said` is its `subject` and `text`."""

    at: datetime
    to: str
    said: dict[str, Any]


@dataclass(kw_only=True)
class Endpoint:
    """An HTTPS endpoint of SNS, as docs/routes.md asks for one of your own.

    It takes nothing that SNS has not signed, and confirms a subscription by the URL that it is
    sent, if that is one of AWS.
    """

    trust: ssl.SSLContext
    certificates: str
    """What the URL of a certificate of SNS begins with."""
    aws: str = f"http://{HOST}:"
    """What the URL that confirms a subscription begins with."""
    port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    """The topics that it is subscribed to."""
    refused: list[str] = field(default_factory=list)

    def url(self, path: str = "") -> str:
        return f"https://{HOST}:{self.port}/{path}"

    def take(self, path: str, body: bytes) -> int:
        """Take a message, and give the status to answer with."""
        message = json.loads(body)
        try:
            verify(message, trusted=self.certificates, fetch=self._fetch)
            if message["Type"] == "SubscriptionConfirmation":
                self._confirm(message)
            else:
                self.arrivals.append(Arrival(at=datetime.now(UTC), to=path, said=message))
        except ForgedError as error:
            self.refused.append(f"{path}: {error}")
            return 403
        return 200

    def _confirm(self, message: dict[str, Any]) -> None:
        url = message["SubscribeURL"]
        if not url.startswith(self.aws):
            raise ForgedError("it wants to be confirmed somewhere else")
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310
            answer.read()
        self.confirmed.append(message["TopicArn"])

    def _fetch(self, url: str) -> bytes:
        with urllib.request.urlopen(  # noqa: S310 - its beginning was looked at
            url, timeout=PATIENCE_S, context=self.trust
        ) as answer:
            return cast("bytes", answer.read())


@contextmanager
def endpoint(endpoint: Endpoint, identity: ssl.SSLContext) -> Iterator[Endpoint]:
    """Let an endpoint answer; `identity` has its certificate."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            self.answer(endpoint.take(self.path.lstrip("/"), self.body()))

    with _serving(Handler, identity) as endpoint.port:
        yield endpoint


@contextmanager
def certificate(pem: bytes, identity: ssl.SSLContext) -> Iterator[str]:
    """Publish a certificate as SNS does, and give its URL."""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            self.answer(200, pem)

    with _serving(Handler, identity) as port:
        yield f"https://{HOST}:{port}/SimpleNotificationService-0.pem"


@contextmanager
def webhook() -> Iterator[tuple[int, list[Arrival]]]:
    """Take whatever JSON is posted; gives the port and what came."""
    came: list[Arrival] = []

    class Handler(_Quiet):
        def do_POST(self) -> None:
            said = json.loads(self.body())
            came.append(Arrival(at=datetime.now(UTC), to=self.path.lstrip("/"), said=said))
            self.answer(200)

    with _serving(Handler, None) as port:
        yield port, came


@contextmanager
def mailboxes() -> Iterator[tuple[int, list[Arrival]]]:
    """Take mail for anybody; gives the port and what came."""
    came: list[Arrival] = []

    class Server(Controller):
        @override
        def factory(self) -> SMTP:
            return SMTP(self.handler, hostname="mail.test")

    class Handler:
        async def handle_DATA(  # noqa: N802 - aiosmtpd's own
            self, server: SMTP, session: Session, envelope: Envelope
        ) -> str:
            mail = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
            came.extend(_letters(mail, envelope.rcpt_tos))
            return "250 OK"

    server = Server(Handler(), hostname=HOST, port=_free_port(), ready_timeout=PATIENCE_S)
    server.start()
    try:
        yield server.port, came
    finally:
        server.stop()


@contextmanager
def nobody(port: int = 0) -> Iterator[int]:
    """Keep a port where nobody answers; gives it."""
    with socket() as held:
        if port:  # those who were answered there may still be about to leave
            held.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        held.bind((HOST, port))
        yield held.getsockname()[1]


class _Quiet(BaseHTTPRequestHandler):
    """A handler that reads bodies, answers shortly and keeps no log."""

    timeout = PATIENCE_S

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None: ...


class _Threaded(ThreadingHTTPServer):
    """A server that says nothing of clients that break off."""

    daemon_threads = True

    @override
    def handle_error(self, request: object, client_address: object) -> None: ...


@contextmanager
def _serving(
    handler: type[BaseHTTPRequestHandler], identity: ssl.SSLContext | None
) -> Iterator[int]:
    with _Threaded((HOST, 0), handler) as server:
        if identity is not None:
            # A client that says nothing must not keep the others from being heard.
            server.socket = identity.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _letters(mail: EmailMessage, recipients: Sequence[str]) -> Iterator[Arrival]:
    part = mail.get_body(("plain",))
    # On the wire lines end as RFC 5322 has it.
    text = "" if part is None else part.get_content().replace("\r\n", "\n")
    # A long subject begins on the header's second line, after a space of which no reader knows.
    said = {"subject": mail["subject"].strip(), "text": text}
    for each in recipients:
        yield Arrival(at=datetime.now(UTC), to=each, said=said)


def _free_port() -> int:
    with nobody() as port:
        return port
