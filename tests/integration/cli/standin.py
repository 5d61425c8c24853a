"""AWS as an agent meets it: moto behind a port of loopback, with a clock of its own.

It refuses what is signed over five minutes from its time, as AWS does, and can be out of reach,
`silent`, or `refusing` whatever comes.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import requests

from tests.fakes.make import shard
from tests.integration.adapters.conftest import REGION
from tocsin.adapters.configs import DynamoConfigs
from tocsin.domain.monitor import Monitor
from tocsin.domain.script import greeting
from tocsin.domain.target import IcmpTarget, TcpTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SKEW = timedelta(minutes=5)
LONG = 20
"""Seconds after which a process that hangs fails its test."""


class StandIn(ThreadingHTTPServer):
    """The server; `ahead` is what its clock shows over this machine's."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ahead = timedelta()
        self.out = threading.Event()
        self.silent = threading.Event()
        self.over = threading.Event()
        self.refusing: str | None = None
        self.skewed = 0
        self.calls: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.out.is_set():
            self.close_connection = True
            return
        if self.server.silent.is_set():
            self.server.over.wait(10 * LONG)
            self.close_connection = True
            return
        if self.server.refusing is not None:
            self._refuse(self.server.refusing)
            return
        signed = datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(self.server.now - signed) > SKEW:
            self.server.skewed += 1
            self._refuse("InvalidSignatureException")
            return
        target = self.headers["X-Amz-Target"]
        self.server.calls.append(target.partition(".")[2])
        service = "dynamodb" if target.startswith("DynamoDB") else "ssm"
        said = requests.post(
            f"https://{service}.{REGION}.amazonaws.com/",
            data=body,
            headers={
                name: self.headers[name]
                for name in ("X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date")
            },
            timeout=10,
        )
        self._answer(said.status_code, said.content)

    def _refuse(self, code: str) -> None:
        text = {"__type": f"com.amazon.coral.service#{code}", "message": "no"}
        self._answer(400, json.dumps(text).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.server.now, usegmt=True))
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Say nothing."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Answer for as long as the block runs; moto must be on already."""
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def watch(dynamodb: "DynamoDBClient", target: socket.socket) -> None:
    """Put a monitor in force that waits for a banner."""
    port = target.getsockname()[1]
    put(dynamodb, TcpTarget(host="127.0.0.1", port=port, script=greeting("^hello")))


def put(dynamodb: "DynamoDBClient", target: TcpTarget | IcmpTarget) -> None:
    """Put a monitor in force."""
    monitor = Monitor(
        id="gw",
        target=target,
        locations=("office",),
        need=1,
        timeout=timedelta(seconds=LONG),
        retries=0,
    )
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((shard(monitor),), over=configs.current(), at="now")


def greet(target: socket.socket) -> None:
    """Give that banner."""
    connection, _ = target.accept()
    with connection:
        connection.sendall(b"hello\r\n")
