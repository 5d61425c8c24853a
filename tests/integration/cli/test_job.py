"""The demo's job: it calls as jobs do while it is started, and then no more."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import pytest

from tocsin_cli.local.job import Job

PATIENCE_S = 30


class Calls:
    """A server on loopback that notes what is called, and answers with a status."""

    def __init__(self) -> None:
        self.paths: SimpleQueue[str] = SimpleQueue()
        self.status = 200
        calls = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(calls.status)
                self.send_header("content-length", "0")
                self.end_headers()
                calls.paths.put(self.path)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"


@pytest.fixture
def calls() -> Iterator[Calls]:
    calls = Calls()
    with calls.server as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield calls
        server.shutdown()
        thread.join()


@pytest.fixture
def job() -> Iterator[Job]:
    job = Job("backup", "a job")
    yield job
    job.stop()


def test_a_job_reports_that_it_begins_and_that_it_is_done_until_it_is_stopped(
    job: Job, calls: Calls
) -> None:
    job.start()
    assert not job.running, "it knows no URL yet"

    job.report_to(calls.url)
    job.start()
    assert [calls.paths.get(timeout=PATIENCE_S) for _ in range(2)] == ["/token/start", "/token"]
    assert job.running
    job.stop()

    assert not job.running
    assert (calls.paths.empty(), job.trouble) == (True, "")
    assert "backup" not in {thread.name for thread in threading.enumerate()}


def test_a_report_that_does_not_arrive_says_why(job: Job, calls: Calls) -> None:
    calls.status = 404

    job.report_to(calls.url)
    for _ in range(2):
        calls.paths.get(timeout=PATIENCE_S)
    job.stop()

    assert "404" in job.trouble
