"""A server of HTTP on loopback that keeps what it is sent, and answers as its path says."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override


@dataclass
class Listener:
    """What it has heard, by path; `answers` gives the statuses that a path is answered with."""

    port: int = 0
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, more: str = "") -> str:
        return f"json://127.0.0.1:{self.port}/{path}{more}"

    def of(self, path: str) -> list[dict[str, Any]]:
        return [said for at, said in self.heard if at == f"/{path}"]

    def answer(self, path: str) -> int:
        """Give the next status that is laid up for a path, the last of them for ever."""
        statuses = self.answers.get(path.lstrip("/"), [200])
        return statuses.pop(0) if len(statuses) > 1 else statuses[0]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = listener.answer(self.path)
            if not status:  # nobody ever answers
                listener.over.wait(20)
                return
            listener.heard.append((self.path, json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"no such token: hunter2" if status >= 300 else b"")

        @override
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield listener
        finally:
            listener.over.set()
            server.shutdown()
            thread.join()
