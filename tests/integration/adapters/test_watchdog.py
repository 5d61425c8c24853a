"""The call to a watchdog, by TLS on loopback: it is told, and can hurt nobody, whatever it does."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from tocsin.adapters.watchdog import Watchdog

TOKEN = "8f6f0b2e-secret"  # noqa: S105 - of nobody
BRIEF = 0.3
"""Seconds to wait in these tests, where nobody is there who answers."""
LONG = 20.0
"""Seconds that no machine needs, however busy."""

type Behaviour = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@contextmanager
def serving(authority: trustme.CA, behave: Behaviour) -> Iterator[str]:
    """Serve whoever connects, one after another; gives the URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with suppress(OSError), context.wrap_socket(connection, server_side=True) as on:
                        behave(on)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}/{TOKEN}?rid=1"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def answering(said: bytes, heard: list[bytes]) -> Behaviour:
    def behave(connection: ssl.SSLSocket) -> None:
        heard.append(connection.recv(4096))
        connection.sendall(said)

    return behave


def test_a_call_is_one_request_with_nothing_in_it(authority: trustme.CA) -> None:
    heard: list[bytes] = []
    with serving(authority, answering(b"HTTP/1.1 200 OK\r\n\r\nOK", heard)) as url:
        problem = Watchdog(url, wait_seconds=LONG).call()

    assert problem == ""
    (request,) = heard
    assert request.startswith(f"GET /{TOKEN}?rid=1 HTTP/1.1\r\n".encode())
    assert request.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [301, 404, 429, 500])
def test_an_answer_that_is_no_yes_is_told_by_its_status(authority: trustme.CA, status: int) -> None:
    """Also a redirect: it is not followed, and whoever set the URL must set another."""
    heard: list[bytes] = []
    said = f"HTTP/1.1 {status} No\r\nLocation: https://127.0.0.1:1/\r\n\r\n".encode()
    with serving(authority, answering(said, heard)) as url:
        problem = Watchdog(url, wait_seconds=LONG).call()

    assert problem == f"it answered with HTTP status {status}"
    assert len(heard) == 1


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"],
    ids=["nothing", "another protocol", "more headers than anybody sends"],
)
def test_an_answer_that_is_none_is_a_problem_and_no_exception(
    authority: trustme.CA, said: bytes
) -> None:
    with serving(authority, answering(said, [])) as url:
        problem = Watchdog(url, wait_seconds=LONG).call()

    assert problem
    assert TOKEN not in problem


def dripping(over: threading.Event) -> Behaviour:
    """Answer a byte at a time, for as long as anybody listens: no timeout of a socket ends it."""

    def behave(connection: ssl.SSLSocket) -> None:
        connection.recv(4096)
        while not over.wait(0.02):
            connection.sendall(b"H")

    return behave


def test_whoever_answers_a_byte_at_a_time_is_waited_for_no_longer_and_cut_off(
    authority: trustme.CA,
) -> None:
    over = threading.Event()
    with serving(authority, dripping(over)) as url:
        dog = Watchdog(url, wait_seconds=BRIEF)
        begun = time.monotonic()
        problem = dog.call()
        lasted = time.monotonic() - begun
        ended = _until(lambda: dog.call() != "the call before it has not ended yet")
        over.set()

    assert problem == f"no answer within {BRIEF:g} s"
    assert lasted < LONG
    assert ended, "the thread goes on for ever"


def _until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    "url",
    [
        f"https://127.0.0.1:9/{TOKEN}",
        f"https://127.0.0.1:none/{TOKEN}",
        f"https:///{TOKEN}",
        f"https://127.0.0.1:9/{TOKEN} x\r\ny: z",
        f"https://127.0.0.1:9/{TOKEN}ü",
        f"https://[::1/{TOKEN}",
    ],
    ids=["nobody there", "no port", "no host", "a line break", "not of ASCII", "half an address"],
)
def test_a_url_that_leads_nowhere_is_a_problem_that_does_not_show_it(url: str) -> None:
    problem = Watchdog(url, wait_seconds=LONG).call()

    assert problem
    assert TOKEN not in problem


def test_whoever_shows_a_certificate_of_nobody_is_not_told(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))

    with serving(authority, answering(b"HTTP/1.1 200 OK\r\n\r\n", heard)) as url:
        problem = Watchdog(url, wait_seconds=LONG).call()

    assert problem == "SSLCertVerificationError"
    assert heard == []
