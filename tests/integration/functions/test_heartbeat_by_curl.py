"""Jobs report with curl, through a server on loopback that does what a Function URL does."""

import asyncio
import base64
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.heartbeat import CANARY
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.pulse import Pulse
from tocsin.domain.target import HttpTarget
from tocsin.messages.words import REASONS
from tocsin.usecases.beat import BODY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEARTBEAT = handler("heartbeat")
PAGE = Path(__file__).parents[3] / "docs" / "heartbeats.md"
RUN = "728b3763-ea80-4113-9fc0-f49b3adf226a"
CURL = ("curl", "--disable", "--noproxy", "*", "--silent", "--show-error", "--max-time", "20")
TEXTS = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass
class Front:
    """What stands before the function; it has no room for the first `busy` calls."""

    busy: int = 0
    statuses: list[int] = field(default_factory=list)
    base: str = ""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        if self.busy:
            self.busy -= 1
            return {"statusCode": 429, "headers": {}, "body": "Rate Exceeded."}
        path, _, query = target.partition("?")
        text = headers.get("content-type", "text/plain").startswith(TEXTS)
        encoded = base64.b64encode(body).decode()
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {"http": {"method": method, "path": path}},
            "isBase64Encoded": not text,
        }
        if body:
            event["body"] = body.decode() if text else encoded
        return HEARTBEAT.lambda_handler(event, Context())


@contextmanager
def listening(front: Front) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = front.answer(self.command, self.path, headers, body)
            front.statuses.append(answer["statusCode"])
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            said = answer["body"].encode()
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_HEAD = do_POST = do_PUT = serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        front.base = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def table(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> Iterator[DynamoHeartbeats]:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="heartbeat")
    yield DynamoHeartbeats(dynamodb, "state")
    forget()


@pytest.fixture
def front(table: DynamoHeartbeats) -> Iterator[Front]:
    front = Front()
    with listening(front):
        yield front


@pytest.fixture
def url(front: Front, table: DynamoHeartbeats) -> str:
    return f"{front.base}/{table.issue('backup', datetime.now(UTC), old_ends_at=None)}"


def curl(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - our own list of arguments
        [*CURL, *map(str, words)], capture_output=True, check=False
    )


def pulse(table: DynamoHeartbeats) -> Pulse:
    found = table.pulses(["backup"])["backup"]
    assert found is not None
    return found


def test_the_line_that_the_documentation_gives_reports_success(
    url: str, table: DynamoHeartbeats
) -> None:
    done = curl("-f", "--retry", "3", url)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"OK", b"")
    assert pulse(table).success_at is not None


@pytest.mark.parametrize(
    ("number", "reports"), [(0, 1), (1, 2), (2, 2)], ids=["success", "exit status", "runs"]
)
def test_the_scripts_of_the_documentation_report_what_they_say(
    front: Front, url: str, table: DynamoHeartbeats, number: int, reports: int
) -> None:
    script = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[number]

    done = subprocess.run(  # noqa: S603 - of our own documentation
        ["/bin/sh", "-eu", "-c", script],
        env={"PATH": os.environ["PATH"], "URL": url, "no_proxy": "*"},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"OK" * reports, b"")
    assert set(front.statuses) == {200}
    assert (pulse(table).success_at is not None, pulse(table).runs) == (True, ())
    assert (pulse(table).took is not None) is (reports > 1)


def test_the_documentation_names_each_answer_and_each_reason_by_its_word() -> None:
    page = PAGE.read_text("utf-8")
    reasons = (
        Reason.LATE,
        Reason.NEVER_SEEN,
        Reason.JOB_FAILED,
        Reason.TOO_LONG,
        Reason.ENDPOINT_OUT,
        Reason.NO_URL,
    )

    for reason in reasons:
        assert f"\n| {REASONS[reason]} |" in page
    for status in (200, 400, 404, 405, 410, 429, 503):
        assert f"\n| {status} |" in page
    assert f"the first {BODY:,} bytes" in page


def test_a_call_with_head_reports_success_and_is_answered_without_a_body(
    url: str, table: DynamoHeartbeats
) -> None:
    done = curl("-f", "-I", url)

    head, body = done.stdout.split(b"\r\n\r\n")
    assert (done.returncode, body) == (0, b"")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nping-body-limit: 10000\r\n" in head.lower()
    assert pulse(table).success_at is not None


def test_a_script_reports_its_exit_status_and_its_log_of_two_runs_at_once(
    url: str, table: DynamoHeartbeats
) -> None:
    other = RUN.replace("7", "8")
    for run in (RUN, other):
        assert curl("-f", f"{url}/start?rid={run}").returncode == 0
    assert curl("-f", "--data-raw", "disk full\n", f"{url}/23?rid={RUN}").returncode == 0

    assert [run.id for run in pulse(table).runs] == [other]
    failure = pulse(table).failure
    assert failure is not None
    assert (failure.status, failure.said) == (23, "disk full")
    assert curl("-f", f"{url}/0?rid={other}").returncode == 0
    assert (pulse(table).fails, pulse(table).runs) == (False, ())


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "application/octet-stream", "text/plain"],
)
def test_a_log_of_a_mebibyte_is_sent_whole_and_its_beginning_kept(
    url: str, table: DynamoHeartbeats, tmp_path: Path, kind: str
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"line of a log\n" * (2**20 // 14 + 1))

    done = curl("-f", "-X", "POST", "-H", f"Content-Type: {kind}", "--data-binary", f"@{log}", url)

    assert (done.returncode, done.stdout) == (0, b"OK")
    assert table.kept("backup")[0].body == log.read_bytes()[:10_000]
    assert pulse(table).success_at is not None


def test_what_is_no_text_is_kept_as_it_came(
    url: str, table: DynamoHeartbeats, tmp_path: Path
) -> None:
    core = tmp_path / "core"
    core.write_bytes(bytes(range(256)) * 8)

    assert curl("-f", "--data-binary", f"@{core}", f"{url}/fail").returncode == 0

    assert table.kept("backup")[0].body == core.read_bytes()
    failure = pulse(table).failure
    assert failure is not None
    assert failure.said.isprintable()


def test_a_call_that_finds_no_room_is_made_again_and_counts_once(
    front: Front, url: str, table: DynamoHeartbeats
) -> None:
    front.busy = 1

    done = curl("-f", "--retry", "3", url)

    assert (done.returncode, done.stdout) == (0, b"OK")
    assert front.statuses == [429, 200]
    assert pulse(table).reports == 1


@pytest.mark.parametrize(
    ("end", "status", "says"),
    [
        pytest.param("/stop", 400, b"start, fail, log, or an exit status", id="a wrong word"),
        pytest.param("/256", 400, b"from 0 to 255", id="an exit status too high"),
        pytest.param("?rid=1", 400, b"rid must be a UUID", id="a run id that is none"),
        pytest.param("%2Ffail", 400, b"not a token", id="an encoded slash"),
        pytest.param("0", 400, b"not a token", id="a token too long"),
    ],
)
def test_what_is_refused_fails_the_call_with_a_reason_and_is_not_made_again(
    front: Front, url: str, end: str, status: int, says: bytes
) -> None:
    done = curl("--fail-with-body", "--retry", "3", f"{url}{end}")

    assert done.returncode == 22
    assert says in done.stdout
    assert front.statuses == [status]


def test_a_token_that_was_replaced_says_so(front: Front, url: str, table: DynamoHeartbeats) -> None:
    table.issue("backup", datetime.now(UTC), old_ends_at=datetime.now(UTC))

    done = curl("--fail-with-body", "--retry", "3", url)

    assert (done.returncode, front.statuses) == (22, [410])
    assert done.stdout.startswith(b"gone: this token was replaced")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("{base}//{token}", id="two slashes"),
        pytest.param("{base}/{token}/", id="a slash at the end"),
        pytest.param("{base}/./x/../{token}/log/../start", id="dots, which curl resolves"),
    ],
)
def test_a_path_that_was_put_together_carelessly_arrives(
    front: Front, url: str, table: DynamoHeartbeats, path: str
) -> None:
    base, _, token = url.rpartition("/")

    assert curl("-f", path.format(base=base, token=token)).returncode == 0
    assert pulse(table).reports == 1


def test_no_way_around_leads_past_the_token(front: Front, url: str) -> None:
    token = url.rpartition("/")[2]
    for path in ("/../", "/.%2e/", "/%2e/", "/canary/../", "/canary/", "/;/", "/x/"):
        assert curl("--path-as-is", "-f", f"{front.base}{path}{token}").returncode == 22
    assert set(front.statuses) == {400}


async def test_the_call_of_a_probe_is_a_sign_of_life(front: Front, table: DynamoHeartbeats) -> None:
    target = HttpTarget(url=f"{front.base}/{CANARY}", method="POST")
    call = Monitor(id="/canary", target=target, locations=("lima",), need=1)
    deadline = asyncio.get_running_loop().time() + 20

    found = await Engine(Dialer(egress=Egress.LOOPBACK)).run([call], deadline=deadline)

    assert found["/canary"].vote is Vote.PASS
    assert table.endpoint().heard_at is not None
