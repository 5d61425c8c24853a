"""SNS and Lambda as they answer over the wire, on a port of loopback: what moto does not play.

moto confirms whoever subscribes, takes any token, has no sandbox of SMS and runs no function.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

PAGE = "arn:aws:sns:eu-west-1:123456789012:page"
TOPICS = {route: PAGE.replace("page", route) for route in ("page", "chat", "notice")}
WATCHER = PAGE.replace("page", "watcher")
ALERTS_QUEUE = "arn:aws:sqs:eu-west-1:123456789012:alerts"
SUBSCRIPTION = f"{PAGE}:68762e72-e9b1-410a-8b3b-903da69ee1d5"
TOKEN = "2336412f37fb687f5d51e6e2425dacbba9cb18c1"  # noqa: S105 - of nobody


@dataclass
class Wire:
    """What it answers: subscriptions by topic, `refusing` by action; what was asked, and where."""

    subscriptions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    sandboxed: bool = False
    spend_limit: str = "1"
    refusing: dict[str, tuple[str, str]] = field(default_factory=dict)
    function: Callable[[dict[str, Any]], Any] = dict
    asked: list[dict[str, str]] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)

    def calls(self, action: str) -> list[dict[str, str]]:
        return [each for each in self.asked if each["Action"] == action]

    def answer(self, asked: dict[str, str]) -> str:
        self.asked.append(asked)
        match asked["Action"]:
            case "ListSubscriptionsByTopic":
                rows = self.subscriptions.get(asked["TopicArn"], [])
                return f"<Subscriptions>{''.join(map(_member, rows))}</Subscriptions>"
            case "GetSMSAttributes":
                return _map("attributes", {"MonthlySpendLimit": self.spend_limit})
            case "GetSMSSandboxAccountStatus":
                return f"<IsInSandbox>{str(self.sandboxed).lower()}</IsInSandbox>"
            case "ConfirmSubscription":
                return f"<SubscriptionArn>{SUBSCRIPTION}</SubscriptionArn>"
            case "GetSubscriptionAttributes":
                return _map("Attributes", self.attributes)
            case other:
                raise AssertionError(f"nobody expects {other}")


def _member(row: tuple[str, str, str]) -> str:
    names = ("SubscriptionArn", "Protocol", "Endpoint")
    fields = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in zip(names, row, strict=True))
    return f"<member>{fields}</member>"


def _map(name: str, values: dict[str, str]) -> str:
    entries = "".join(
        f"<entry><key>{key}</key><value>{escape(value)}</value></entry>"
        for key, value in values.items()
    )
    return f"<{name}>{entries}</{name}>"


class _Server(ThreadingHTTPServer):
    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wire = wire


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/2015-03-31/functions/"):
            self._invoke(json.loads(body))
            return
        asked = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        # The signature says for which region it is: Credential=KEY/20260101/REGION/sns/aws4_request
        self.server.wire.regions.append(self.headers["Authorization"].split("/")[2])
        action = asked["Action"]
        if action in self.server.wire.refusing:
            self.server.wire.asked.append(asked)
            code, message = self.server.wire.refusing[action]
            text = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
            self._send(403, f"<ErrorResponse><Error>{text}</Error></ErrorResponse>")
            return
        result = f"<{action}Result>{self.server.wire.answer(asked)}</{action}Result>"
        self._send(200, f"<{action}Response>{result}</{action}Response>")

    def _invoke(self, event: dict[str, Any]) -> None:
        wire = self.server.wire
        wire.asked.append({"Action": "Invoke", "Path": self.path, **event})
        if "Invoke" in wire.refusing:
            code, message = wire.refusing["Invoke"]
            self._send(403, json.dumps({"Message": message}), {"X-Amzn-ErrorType": code})
            return
        try:
            self._send(200, json.dumps(wire.function(event)))
        except Exception as error:  # noqa: BLE001 - as Lambda has it
            said = {"errorMessage": str(error), "errorType": type(error).__name__}
            self._send(200, json.dumps(said), {"X-Amz-Function-Error": "Unhandled"})

    def _send(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextmanager
def answering(wire: Wire) -> Iterator[str]:
    """Serve it for a while, and give its URL."""
    server = _Server(wire)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
