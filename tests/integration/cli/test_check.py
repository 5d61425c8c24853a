"""`tocsin check` against servers on this machine."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
import trustme

from tocsin_cli.main import main

HERE = "127.0.0.1"
ONCE = ("--retries", "0", "--timeout", "2s")

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


type Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in a thread: it brings an event loop of its own."""

    def ended(arguments: tuple[str, ...]) -> int:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert isinstance(end.value.code, int)
        return end.value.code

    async def call(*arguments: str) -> Ended:
        code = await asyncio.to_thread(ended, arguments)
        out, err = capsys.readouterr()
        return Ended(code=code, out=out, err=err)

    return call


@asynccontextmanager
async def serving(talk: Talk, secured: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve connections on a free port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, HERE, 0, ssl=secured)
    async with server:
        yield server.sockets[0].getsockname()[1]


def saying(text: bytes, *, after: float = 0) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(after)
        writer.write(text)
        await writer.drain()
        await reader.read(1000)

    return talk


def answering(status: str, body: bytes = b"", *, after: float = 0) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(after)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return talk


class Nameserver(asyncio.DatagramProtocol):
    """Knows the mail servers of example.com, and no other name."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = dns.message.make_response(dns.message.from_wire(data))
        if str(answer.question[0].name) == "example.com.":
            records = ("10 mail.example.com.", "20 backup.example.com.")
            answer.answer.append(dns.rrset.from_text("example.com.", 60, "IN", "MX", *records))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def nameserver() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Nameserver, local_addr=(HERE, 0))
    host, port = transport.get_extra_info("sockname")
    yield f"{host}:{port}"
    transport.close()


async def unused() -> int:
    async with serving(saying(b"")) as port:
        return port


async def test_a_port_that_accepts_is_up(run: Run) -> None:
    async with serving(saying(b"")) as port:
        ended = await run("check", f"tcp://{HERE}:{port}", *ONCE)

    assert ended.code == 0
    assert ended.out.startswith(f"up  tcp://{HERE}:{port}\n")
    assert f"{HERE}:{port}" in ended.out
    assert "\nconnect\t" in ended.out


async def test_a_port_that_refuses_is_down(run: Run) -> None:
    port = await unused()

    ended = await run("check", f"tcp://{HERE}:{port}", *ONCE, "--json")

    assert ended.code == 2
    assert ended.document == {
        "target": f"tcp://{HERE}:{port}",
        "status": "down",
        "layer": "connect",
        "reason": "refused",
        "evidence": ended.document["evidence"],
        "address": HERE,
        "phases_ms": ended.document["phases_ms"],
        "attempts": 1,
        "certificate": None,
        "warning": None,
    }
    assert ended.document["evidence"]


@pytest.mark.parametrize(
    ("pattern", "status", "code"),
    [("^SSH-2", "up", 0), ("^220", "down", 2)],
    ids=["right", "wrong"],
)
async def test_a_banner_must_match(run: Run, pattern: str, status: str, code: int) -> None:
    async with serving(saying(b"SSH-2.0-OpenSSH_9.9\r\n")) as port:
        ended = await run("check", f"tcp://{HERE}:{port}?banner={pattern}", *ONCE, "--json")

    assert (ended.code, ended.document["status"]) == (code, status)
    assert "SSH-2.0-OpenSSH_9.9" in str(ended.document["evidence"])


async def test_a_page_is_up_with_the_time_of_each_phase(run: Run) -> None:
    async with serving(answering("200 OK", b"hello")) as port:
        ended = await run("check", f"http://localhost:{port}/health", *ONCE, "--json")

    assert ended.code == 0
    assert ended.document["status"] == "up"
    assert ended.document["reason"] is None
    phases = ended.document["phases_ms"]
    assert isinstance(phases, dict)
    assert {"connect", "send", "first_byte"} <= phases.keys()


async def test_a_page_with_the_wrong_status_is_down(run: Run) -> None:
    async with serving(answering("503 Service Unavailable")) as port:
        ended = await run("check", f"http://{HERE}:{port}/", *ONCE)

    assert ended.code == 2
    assert ended.out.startswith(f"down (http: status_not_expected)  http://{HERE}:{port}/\n")
    assert "503" in ended.out


async def test_a_failed_attempt_is_repeated(run: Run) -> None:
    async with serving(answering("503 Service Unavailable")) as port:
        ended = await run("check", f"http://{HERE}:{port}/", "--retries", "1", "--json")

    assert ended.document["attempts"] == 2


async def test_a_page_slower_than_the_threshold_is_degraded(run: Run) -> None:
    async with serving(answering("200 OK", after=0.1)) as port:
        quick = await run("check", f"http://{HERE}:{port}/", *ONCE, "--slow", "2s")
        slow = await run("check", f"http://{HERE}:{port}/", *ONCE, "--slow", "50ms", "--json")
        said = await run("check", f"http://{HERE}:{port}/", *ONCE, "--slow", "50ms")

    assert quick.code == 0
    assert (slow.code, slow.document["status"]) == (1, "degraded")
    assert said.out.startswith("degraded (slower than 50 ms)  http://")


async def test_a_silent_peer_ends_at_the_timeout(run: Run) -> None:
    async with serving(saying(b"", after=5)) as port:
        began = asyncio.get_running_loop().time()
        ended = await run(
            *("check", f"tcp://{HERE}:{port}?banner=x", "--retries", "0", "--timeout", "300ms"),
            "--json",
        )
        took = asyncio.get_running_loop().time() - began

    assert (ended.code, ended.document["reason"]) == (2, "silent")
    assert took < 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("type=MX", 0, id="any answer"),
        pytest.param(
            "type=MX&equals=20 backup.example.com.&equals=10%20mail.example.com.", 0, id="all"
        ),
        pytest.param("type=MX&contains=10 mail.example.com.", 0, id="one of them"),
        pytest.param("type=MX&equals=10 mail.example.com.", 2, id="one too many"),
        pytest.param("rcode=NXDOMAIN", 2, id="another rcode"),
    ],
)
async def test_a_name_is_asked_of_the_resolver_that_is_given(
    run: Run, query: str, code: int
) -> None:
    async with nameserver() as server:
        ended = await run("check", f"dns://example.com?{query}&resolver={server}", *ONCE, "--json")

    assert ended.code == code, ended.document
    assert ended.document["target"] == (
        f"dns://example.com?type={'MX' if 'MX' in query else 'A'}&resolver={server}"
    )


async def test_what_this_machine_must_not_dial_is_unknown(run: Run) -> None:
    ended = await run("check", "http://169.254.169.254/latest/", *ONCE, "--json")

    assert (ended.code, ended.document["status"]) == (3, "unknown")
    assert ended.document["reason"] == "forbidden_address"


def pong(said: bytes) -> Talk:
    """Answer a PING as Redis does, or otherwise."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What is no PING, or ends before there is one, has nothing to be told.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"PING\r\n")
            writer.write(said)
            await writer.drain()
            await reader.read(100)

    return talk


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        pytest.param(b"+PONG\r\n", "up", None, id="alive"),
        pytest.param(b"HTTP/1.1 400\r\n", "down", "unexpected_reply", id="something else"),
        pytest.param(b"-LOADING dataset\r\n", "down", "declined", id="not yet"),
    ],
)
async def test_a_service_is_checked_by_name(
    run: Run, said: bytes, status: str, reason: str | None
) -> None:
    async with serving(pong(said)) as port:
        ended = await run("check", f"redis://{HERE}:{port}", *ONCE, "--json")

    assert (ended.document["status"], ended.document["reason"]) == (status, reason)
    assert ended.document["target"] == f"redis://{HERE}:{port}"


async def test_a_service_that_says_nothing_is_no_open_port(run: Run) -> None:
    async with serving(saying(b"", after=5)) as port:
        quick = ("--retries", "0", "--timeout", "300ms", "--json")
        spoken = await run("check", f"redis://{HERE}:{port}", *quick)
        opened = await run("check", f"redis://{HERE}:{port}?open=true", *quick)

    assert (spoken.code, spoken.document["reason"]) == (2, "silent")
    assert opened.code == 0


TEN_DAYS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10, hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A server's side of TLS, its certificate, and the file of its authority."""

    context: ssl.SSLContext
    leaf: str
    ca: Path


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Secured:
    authority = trustme.CA()
    leaf = authority.issue_cert(HERE, not_after=TEN_DAYS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    ca = tmp_path_factory.mktemp("pki") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    return Secured(context=context, leaf=leaf.cert_chain_pems[0].bytes().decode(), ca=ca)


SOON = "certificate_expires_soon"


@pytest.mark.parametrize(
    ("days", "found"),  # status, warning, reason
    [
        pytest.param((), ("up", None, None), id="enough"),
        pytest.param(("9:5",), ("up", None, None), id="enough for both"),
        pytest.param(("30:7",), ("degraded", SOON, None), id="few enough to warn"),
        pytest.param(("14",), ("down", None, SOON), id="too few"),
    ],
)
@pytest.mark.parametrize("scheme", ["redis", "https"])
async def test_a_certificate_is_held_to_its_days_and_shown(
    run: Run,
    secured: Secured,
    scheme: str,
    days: tuple[str, ...],
    found: tuple[str, str | None, str | None],
) -> None:
    talk = pong(b"+PONG\r\n") if scheme == "redis" else answering("200 OK")
    query = "?tls=direct" if scheme == "redis" else "/"
    options = (f"--ca={secured.ca}", *(f"--certificate-days={count}" for count in days), *ONCE)
    async with serving(talk, secured.context) as port:
        target = f"{scheme}://{HERE}:{port}{query}"
        document = (await run("check", target, *options, "--json")).document
        shown = await run("check", target, *options)

    digest = sha256(ssl.PEM_cert_to_DER_cert(secured.leaf)).hexdigest()
    assert (document["status"], document["warning"], document["reason"]) == found
    assert document["certificate"] == {
        "fingerprint": digest,
        "issuer": document["certificate"]["issuer"],
        "expires_at": TEN_DAYS.isoformat(),
    }
    assert "trustme" in document["certificate"]["issuer"]
    assert f"10 days left (until {TEN_DAYS.date()})\nsha256 {digest}\n" in shown.out
    assert shown.out.startswith(f"{found[0]} ({SOON})" if found[1] else found[0])


async def test_an_authority_that_is_not_named_is_not_trusted(run: Run, secured: Secured) -> None:
    async with serving(pong(b"+PONG\r\n"), secured.context) as port:
        ended = await run("check", f"redis://{HERE}:{port}?tls=direct", *ONCE, "--json")

    assert (ended.code, ended.document["reason"]) == (2, "certificate_untrusted")
    assert ended.document["certificate"] is not None


async def test_another_name_is_asked_for_where_it_is_given(run: Run, secured: Secured) -> None:
    async with serving(pong(b"+PONG\r\n"), secured.context) as port:
        target = f"redis://{HERE}:{port}?tls=direct&ca={secured.ca}&name=db.example.com"
        ended = await run("check", target, *ONCE, "--json")

    assert (ended.code, ended.document["reason"]) == (2, "certificate_wrong_name")


def unforeseen(_: object) -> object:
    raise RuntimeError("as\nnobody thought")


async def test_a_fault_of_our_own_is_no_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_cli.check._run", unforeseen)
    plain = await run("check", f"tcp://{HERE}:1")
    monkeypatch.setenv("TOCSIN_DEBUG", "1")
    asked = await run("check", f"tcp://{HERE}:1")

    assert (plain.code, plain.out) == (70, "")
    assert "RuntimeError: as\\nnobody thought" in plain.err
    assert len(plain.err.splitlines()) == 1
    assert asked.code == 70
    assert "Traceback" in asked.err


@pytest.mark.parametrize("words", [["check", f"tcp://{HERE}:1", "--retries=0"], ["check"], []])
def test_a_reader_that_went_away_is_no_finding(words: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    program = "import sys; from tocsin_cli.main import main; main(sys.argv[1:])"

    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program, *words],
        stdout=theirs,
        stderr=theirs,
        check=False,
        timeout=30,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    os.close(theirs)
    assert done.returncode == 141


@pytest.mark.parametrize(
    ("words", "code"), [(f"check tcp://{HERE}:1 --retries=0", 2), ("check", 64), ("services", 0)]
)
def test_a_closed_stream_changes_no_exit(words: str, code: int) -> None:
    program = "import sys; from tocsin_cli.main import main; main(sys.argv[1:])"

    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        ["/bin/sh", "-c", f'"$0" -c "$1" {words} >&- 2>&-', sys.executable, program],
        check=False,
        timeout=30,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert done.returncode == code


def test_help_waits_for_nothing_heavy() -> None:
    heavy = "{'pydantic', 'yaml', 'rich', 'boto3', 'dns', 'httptools', 'asyncio', 'tocsin.checks'}"
    program = f"import sys, tocsin_cli.main; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert done.stdout == "[]\n"
