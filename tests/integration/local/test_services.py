"""The demo services: what they say, and every way in which they can be broken."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tocsin.config.reader import parse
from tocsin.domain.monitor import Route
from tocsin_cli.local import listeners
from tocsin_cli.local.services import JOB, DemoServices, Service, monitors_file

HERE, THERE = "127.0.0.11", "127.0.0.12"
SOON = 0.7
NAMES = ("database", "mail", "dns", "web")


@pytest.fixture
def demo() -> Iterator[DemoServices]:
    with DemoServices() as services:
        yield services


def port(service: Service) -> int:
    return int(service.address.rpartition(":")[2])


def dial(service: Service, source: str = HERE, timeout: float = SOON) -> socket.socket:
    address = ("127.0.0.1", port(service))
    return socket.create_connection(address, timeout, source_address=(source, 0))


def ask(service: Service, name: str = "www.demo.test", source: str = HERE) -> dns.message.Message:
    query = dns.message.make_query(name, "A")
    return dns.query.udp(query, "127.0.0.1", SOON, port(service), source=source)


def test_the_database_declines_encryption_and_logins(demo: DemoServices) -> None:
    with dial(demo.services["database"]) as connection:
        connection.sendall(struct.pack("!II", 8, 80877103))
        assert connection.recv(1) == b"N"
        startup = b"\0\3\0\0user\0ada\0\0"
        connection.sendall(struct.pack("!I", len(startup) + 4) + startup)
        answer = connection.recv(1000)

    assert answer.startswith(b"E")
    assert b"C28000" in answer


def test_the_mail_server_greets(demo: DemoServices) -> None:
    with dial(demo.services["mail"]) as connection, connection.makefile("rwb") as lines:
        assert lines.readline() == b"220 mail.demo ESMTP\r\n"
        lines.write(b"EHLO me\r\nQUIT\r\n")
        lines.flush()
        assert lines.readlines() == [b"250 mail.demo\r\n", b"221 bye\r\n"]


def test_the_zone_is_answered_over_udp_and_tcp(demo: DemoServices) -> None:
    service = demo.services["dns"]
    query = dns.message.make_query("www.demo.test", "A")

    answers = (ask(service), dns.query.tcp(query, "127.0.0.1", SOON, port(service)))

    for answer in answers:
        assert [str(record) for record in answer.answer[0]] == ["192.0.2.80"]
        assert answer.flags & dns.flags.AA


@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        ("none.demo.test", dns.rcode.NXDOMAIN),
        ("mail.demo.test", dns.rcode.NOERROR),
        ("example.com", dns.rcode.REFUSED),
    ],
)
def test_the_zone_knows_what_it_is_not(
    demo: DemoServices, name: str, rcode: dns.rcode.Rcode
) -> None:
    assert ask(demo.services["dns"], name).rcode() == rcode


def test_what_is_no_question_gets_no_answer(demo: DemoServices) -> None:
    service = demo.services["dns"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"\xff" * 40, ("127.0.0.1", port(service)))

    assert ask(service).rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/health", 200, {"status": "ok", "db": "ok"}),
        ("/", 404, {"error": "not found"}),
    ],
)
def test_the_web_page_is_well_and_other_pages_are_not_found(
    demo: DemoServices, path: str, status: int, body: dict[str, str]
) -> None:
    client = HTTPConnection(demo.services["web"].address, timeout=2)
    with contextlib.closing(client):
        client.request("GET", path)
        answer = client.getresponse()
        assert (answer.status, json.load(answer)) == (status, body)


@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_service_refuses_and_comes_back_on_its_port(
    demo: DemoServices, name: str
) -> None:
    service = demo.services[name]
    address = service.address

    service.stop()
    assert not service.running
    with pytest.raises(ConnectionRefusedError):
        dial(service)
    service.start()

    assert service.address == address
    dial(service).close()


def test_a_stopped_zone_refuses_datagrams_too(demo: DemoServices) -> None:
    service = demo.services["dns"]
    service.stop()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(SOON)
        sock.connect(("127.0.0.1", port(service)))
        sock.send(b"anyone?")
        with pytest.raises(ConnectionRefusedError):
            sock.recv(100)

    service.start()
    assert ask(service).rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_nobody_else_gets_the_port_of_a_stopped_service(
    demo: DemoServices, kind: socket.SocketKind
) -> None:
    service = demo.services["dns"]
    service.stop()

    with socket.socket(socket.AF_INET, kind) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port(service)))


def test_stopping_breaks_off_what_is_going_on(demo: DemoServices) -> None:
    service = demo.services["mail"]
    with dial(service) as connection:
        assert connection.recv(100)
        service.stop()

        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""


@pytest.mark.parametrize("name", ["database", "mail", "web"])
def test_a_blocked_address_cannot_connect_while_another_can(demo: DemoServices, name: str) -> None:
    service = demo.services[name]

    service.block(THERE)

    assert service.blocked == {THERE}
    with pytest.raises(TimeoutError):
        dial(service, THERE)
    dial(service, HERE).close()
    service.unblock(THERE)
    dial(service, THERE).close()


def test_a_blocked_address_is_reset_where_packets_cannot_be_dropped(
    demo: DemoServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "drop", lambda *_: False)
    service = demo.services["mail"]
    service.block(THERE)

    # The reset may come before the client has noticed that it was connected.
    with pytest.raises(ConnectionResetError), dial(service, THERE) as connection:
        connection.recv(100)
    with dial(service, HERE) as connection:
        assert connection.recv(3) == b"220"


@pytest.mark.parametrize("dropped", [True, False], ids=["by the kernel", "by the service"])
def test_a_blocked_address_hears_nothing_of_the_zone(
    demo: DemoServices, monkeypatch: pytest.MonkeyPatch, *, dropped: bool
) -> None:
    if not dropped:
        monkeypatch.setattr(listeners, "drop", lambda *_: False)
    service = demo.services["dns"]
    service.block(THERE)

    with pytest.raises(dns.exception.Timeout):
        ask(service, source=THERE)
    assert ask(service, source=HERE).answer


def test_a_block_outlives_stop_and_start(demo: DemoServices) -> None:
    service = demo.services["web"]
    service.block(THERE)

    service.stop()
    service.start()

    with pytest.raises(TimeoutError):
        dial(service, THERE)
    service.unblock(THERE)
    dial(service, THERE).close()


def test_handles_can_be_used_from_many_threads(demo: DemoServices) -> None:
    service = demo.services["web"]

    with ThreadPoolExecutor(8) as pool:
        for _ in range(40):
            pool.submit(service.stop)
            pool.submit(service.start)

    service.start()
    dial(service).close()


def test_nothing_is_left_after_the_end() -> None:
    before = threading.active_count()
    with DemoServices() as demo:
        services = list(demo.services.values())

    assert threading.active_count() == before
    for service in services:
        with pytest.raises(ConnectionRefusedError):
            dial(service)
        with socket.socket() as other:
            other.bind(("127.0.0.1", port(service)))
    demo.close()


def test_the_monitors_file_is_sound_and_watches_each_service(demo: DemoServices) -> None:
    reading = parse(monitors_file(demo.services), "monitors.yaml", allow_private=True)

    assert reading.configuration is not None, reading.faults
    monitors = {monitor.id: monitor for monitor in reading.configuration.monitors}
    assert set(monitors) == {*NAMES, JOB}
    assert all(demo.services[name].address in str(monitors[name].target) for name in NAMES)
    assert monitors["database"].routes == (Route.PAGE, Route.NOTICE)


def test_the_monitors_file_names_the_locations_it_is_given(demo: DemoServices) -> None:
    text = monitors_file(demo.services, ("here", "there"))

    configuration = parse(text, "monitors.yaml", allow_private=True).configuration

    assert configuration is not None
    assert configuration.monitors[0].locations == ("here", "there")
