"""Put questions to DNS servers: over UDP, over TCP what was cut short, to the next when one fails.

Only answers count that come from the asked server, bear the question's id and repeat the question.
"""

import asyncio
import math
import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import dns.entropy
from dns.rcode import Rcode

from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.checks.sockets import canonical, connect, endpoint, failure, opened, readable
from tocsin.checks.wire import Answer, BrokenError, Question, WireError, read
from tocsin.domain.outcome import Layer, Reason

RESEND: Final = 0.5
"""Seconds after which a question is sent again: datagrams are lost."""
SENDINGS: Final = 2
"""How often one of several questions is sent though another is answered: some servers know of no
AAAA and stay silent."""
TURN: Final = 2.0
"""Seconds for one of several servers, at most, before it is the next one's turn."""
ROUNDS: Final = 3
STRAYS_LIMIT: Final = 1024
"""Datagrams that are no answer, after which a server is not listened to any longer: whoever guesses
at our port shall not silence it, nor keep us busy."""
BROKEN_LIMIT: Final = 4
"""Answers that cannot be read, after which likewise: to find that out takes far longer."""
_BROKEN: Final = STRAYS_LIMIT // BROKEN_LIMIT
_LAST_PORT: Final = 0xFFFF
_DATAGRAM: Final = 4096
"""Bytes of the longest answer over UDP: more is never asked for."""


class Transport(StrEnum):
    """How a server is asked: by datagrams, and over TCP what was cut short, or in other ways."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    """RFC 7858."""
    HTTPS = "https"
    """RFC 8484."""


PORTS: Final = {Transport.TLS: 853, Transport.HTTPS: 443}
"""The usual ports of those that are asked under TLS."""


@dataclass(frozen=True, slots=True)
class Nameserver:
    """A DNS server: an address; where it is asked under TLS it may be a name. `path` is a URL's."""

    address: str
    port: int = 53
    transport: Transport = Transport.UDP
    path: str = ""

    def __str__(self) -> str:
        where = endpoint(self.address, self.port)
        return (
            where if self.transport is Transport.UDP else f"{self.transport}://{where}{self.path}"
        )


@lru_cache(maxsize=1024)
def parse(text: str) -> Nameserver:
    """Read `address`, `address:port` (IPv6 in brackets before a port), or these after a scheme.

    Schemes are `tcp`, `tls` and `https`, which has a path; the latter two take a name as well.
    Raises ValueError.
    """
    scheme, colon, rest = text.partition("://")
    transport = Transport(scheme) if colon else Transport.UDP
    where, slash, path = (rest if colon else text).partition("/")
    if slash and transport is not Transport.HTTPS:
        raise ValueError(f"expected a server, got {text!r}")
    host, port = _split(where, PORTS.get(transport, 53))
    address = canonical(host) or (host if transport in PORTS else None)
    if not address:
        raise ValueError(f"expected an address with or without a port, got {text!r}")
    return Nameserver(address, port, transport, slash + path)


def _split(where: str, usual: int) -> tuple[str, int]:
    if canonical(bare := where.removeprefix("[").removesuffix("]")) is not None:
        return bare, usual
    host, colon, port = where.rpartition(":")
    if not colon:
        return where, usual
    if not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError(f"expected a port, got {port!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def from_resolv_conf(path: Path) -> tuple[Nameserver, ...]:
    """Read the system's servers; as resolv.conf(5) has it, this machine where none is named."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = (line.split() for line in lines)
    named = (word[1] for word in words if len(word) > 1 and word[0] == "nameserver")
    found = tuple(Nameserver(each) for each in named if canonical(each) is not None)
    return found[:3] or (Nameserver("127.0.0.1"),)


class Inquiry:
    """Questions of one attempt to a row of servers, and what went wrong with each so far.

    A single server has `patience` seconds for each question, or else all that the attempt has.
    """

    def __init__(
        self,
        attempt: Attempt,
        servers: Sequence[Nameserver],
        source: str | None = None,
        *,
        patience: float = math.inf,
    ) -> None:
        self._attempt = attempt
        self._servers = servers
        self._source = source
        self._patience = patience
        self.answered: Nameserver | None = None
        """Who answered last."""
        self._remarks: dict[Nameserver, CheckFailedError] = {}
        # How long each that was asked had to answer.
        self._turns: dict[Nameserver, float] = {}

    async def ask(self, *questions: Question) -> list[Answer | None]:
        """Give an answer to each question; None where one of several stayed unanswered.

        Raises CheckFailedError when no server answers any of them.
        """
        self._attempt.enter("dns", self.unanswered)
        for _ in range(ROUNDS):
            heard = await self._ask_around(questions)
            if heard is not None:
                return heard
            if self._patience < math.inf or all(
                remark.reason is not Reason.DNS_TIMEOUT for remark in self._remarks.values()
            ):
                break  # every server was heard, and asking again at once changes nothing
        raise self.unanswered()

    def unanswered(self) -> CheckFailedError:
        """Say how the servers failed: what one of them did tells more than that one was silent."""
        told = [self._remarks.get(server) or self._silence(server) for server in self._turns]
        main = min(told, key=_weight)
        return CheckFailedError(
            Layer.DNS, main.reason, "; ".join(remark.evidence for remark in told)
        )

    async def _ask_around(self, questions: Sequence[Question]) -> list[Answer | None] | None:
        loop = asyncio.get_running_loop()
        unhelpful: list[Answer | None] | None = None
        for others, server in zip(reversed(range(len(self._servers))), self._servers, strict=True):
            # A part of what is left stays for the others and for another round.
            turn = self._patience
            if self._several:
                turn = min(TURN, self._attempt.left() / (others + 2))
            self._turns.setdefault(server, turn)
            try:
                heard = await self._ask_one(server, questions, loop.time() + turn)
            except CheckFailedError as error:
                self._remarks[server] = error.kept()
                continue
            self.answered = server
            if any(each is not None and each.helpful for each in heard):
                return heard
            unhelpful = unhelpful or heard
        return unhelpful

    async def _ask_one(
        self, server: Nameserver, questions: Sequence[Question], until: float
    ) -> list[Answer | None]:
        heard = await self._over_udp(server, questions, until)
        for position, (question, answer) in enumerate(zip(questions, heard, strict=True)):
            said, edns = answer, True
            if said is not None and said.rcode is Rcode.FORMERR:
                # A server from before RFC 6891 (1999) does not know the option.
                edns = False
                (said,) = await self._over_udp(server, [question], until, edns=edns)
            if said is not None and said.truncated:
                said = await self._whole(server, question, until, edns=edns)
            heard[position] = said
        if not any(heard):
            raise self._remarks.get(server) or self._silence(server)
        return heard

    async def _whole(
        self, server: Nameserver, question: Question, until: float, *, edns: bool
    ) -> Answer | None:
        """Ask again over TCP; should that fail, the answers to other questions stay."""
        try:
            return await self._over_tcp(server, question, until, edns=edns)
        except CheckFailedError as error:
            self._remarks[server] = error.kept()
            return None

    async def _over_udp(
        self,
        server: Nameserver,
        questions: Sequence[Question],
        until: float,
        *,
        edns: bool = True,
    ) -> list[Answer | None]:
        loop = asyncio.get_running_loop()
        # Ids that nobody can guess, and never twice the same.
        first = dns.entropy.random_16()
        waiting = {(first + n) % 0x10000: question for n, question in enumerate(questions)}
        answers: dict[Question, Answer] = {}
        sendings = strays = 0
        with closing(opened(socket.SOCK_DGRAM, server.address, self._source)) as sock:
            try:
                # A connected socket hears its peer only, and of a closed port at once.
                await connect(sock, server.address, server.port, self._attempt.processor)
                while waiting and (now := loop.time()) < until and strays < STRAYS_LIMIT:
                    if answers and sendings >= SENDINGS:
                        break
                    sendings += 1
                    for number, question in waiting.items():
                        sock.send(question.wire(number, edns=edns))
                    pause = min(until, now + RESEND)
                    while waiting and strays < STRAYS_LIMIT and await readable(sock, pause):
                        strays += self._hear(server, _received(sock), waiting, answers)
            except OSError as error:
                raise failure(error.errno, f"DNS server {server}", Layer.DNS) from None
        if not answers:
            raise self._remarks.get(server) or self._silence(server)
        return [answers.get(question) for question in questions]

    def _hear(
        self,
        server: Nameserver,
        datagram: bytes | None,
        waiting: dict[int, Question],
        answers: dict[Question, Answer],
    ) -> int:
        """Take a datagram, and give as how many strays it counts: an answer is none."""
        if datagram is None:
            return 1
        number = int.from_bytes(datagram[:2])
        if (question := waiting.get(number)) is None:
            self._remark(server, "its answer bears another id than the question")
            return 1
        try:
            if len(datagram) > _DATAGRAM:
                raise BrokenError(f"its answer is longer than {_DATAGRAM} bytes, over UDP")
            answers[question] = read(datagram, number, question)
        except WireError as error:
            self._remark(server, str(error))
            return _BROKEN if isinstance(error, BrokenError) else 1
        del waiting[number]
        return 0

    async def _over_tcp(
        self, server: Nameserver, question: Question, until: float, *, edns: bool
    ) -> Answer:
        number = dns.entropy.random_16()
        wire = question.wire(number, edns=edns)
        self._remark(server, "cut its answer short, then did not give it over TCP")
        where = f"DNS server {server} over TCP"
        end = until if until < math.inf else None
        with closing(opened(socket.SOCK_STREAM, server.address, self._source)) as sock:
            try:
                data = await self._fetched(sock, server, wire, end)
            except TimeoutError:
                raise self._remarks[server] from None
            except CheckFailedError as error:
                text = f"DNS server {server} cut its answer short; over TCP {error.evidence}"
                raise CheckFailedError(Layer.DNS, error.reason, text) from None
            except OSError as error:
                raise failure(error.errno, where, Layer.DNS) from None
            except EOFError:
                self._remark(server, "closed the TCP connection before its answer was complete")
                raise self._remarks[server] from None
        try:
            answer = read(data, number, question)
        except WireError as error:
            self._remark(server, str(error))
            raise self._remarks[server] from None
        if answer.truncated:
            self._remark(server, "cut its answer short over TCP too")
            raise self._remarks[server]
        del self._remarks[server]
        return answer

    async def _fetched(
        self, sock: socket.socket, server: Nameserver, wire: bytes, end: float | None
    ) -> bytes:
        if not await connect(sock, server.address, server.port, self._attempt.processor, end):
            raise TimeoutError
        await asyncio.get_running_loop().sock_sendall(sock, framed(wire))
        length = int.from_bytes(await _exactly(sock, 2, end))
        return await _exactly(sock, length, end)

    def _remark(self, server: Nameserver, text: str) -> None:
        evidence = f"DNS server {server}: {text}"
        self._remarks[server] = CheckFailedError(Layer.DNS, Reason.DNS_MALFORMED, evidence)

    def _silence(self, server: Nameserver) -> CheckFailedError:
        turn = self._turns[server]
        waited = turn if turn < math.inf else self._attempt.patience
        text = f"DNS server {server} did not answer within {spoken(waited)}"
        return CheckFailedError(Layer.DNS, Reason.DNS_TIMEOUT, text)

    @property
    def _several(self) -> bool:
        return len(self._servers) > 1


def _received(sock: socket.socket) -> bytes | None:
    try:
        return sock.recv(_DATAGRAM + 1)
    except BlockingIOError:
        return None  # it was announced, then thrown away for its checksum


def _weight(remark: CheckFailedError) -> int:
    if remark.reason in ABSTAINING:
        return 2
    return 1 if remark.reason is Reason.DNS_TIMEOUT else 0


def framed(message: bytes) -> bytes:
    """Write a message as it goes over a stream, its length first (RFC 1035, 4.2.2)."""
    return len(message).to_bytes(2) + message


async def _exactly(sock: socket.socket, size: int, until: float | None) -> bytes:
    """Read `size` bytes; at most 64 KiB, for the length prefix of DNS has two bytes.

    Raises TimeoutError once the loop's clock shows `until`, EOFError where the peer ends before.
    """
    data = bytearray()
    while len(data) < size:
        if not await readable(sock, until):
            raise TimeoutError
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
