"""The page over a real socket."""

import contextlib
import socket
import threading
from http.client import HTTPConnection

import pytest

from tests.unit.local.scenes import FakeView, everything
from tocsin_cli.local.page import PageServer


def test_it_is_served_on_loopback_only_and_ends() -> None:
    before = {*threading.enumerate()}
    with PageServer(FakeView(everything())) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=2)) as client:
            client.request("GET", "/")
            answer = client.getresponse()
            assert answer.status == 200
            assert b"database" in answer.read()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), 1)

    for begun in {*threading.enumerate()} - before:
        begun.join(10)
        assert not begun.is_alive(), begun.name
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
    server.close()


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        PageServer(FakeView(everything()), port=other.getsockname()[1])
