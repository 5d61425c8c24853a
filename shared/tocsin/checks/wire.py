"""DNS questions and answers as they are on the wire (RFC 1035, 4), read as far as a check needs it.

dnspython reads names and records; its whole messages cost four times as much as all that is looked
at here. Nothing is parsed before its size and its question are seen to be right.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypedDict, Unpack

import dns.exception
import dns.flags
import dns.rdata
from dns.name import Name, from_wire_parser
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.wire import Parser

from tocsin.domain.questions import PAYLOAD

RECORDS_LIMIT: Final = 512
"""Records of an answer that are parsed; hostile ones cost a quarter of a millisecond each."""
UNHELPFUL: Final = frozenset({Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP, Rcode.FORMERR})
"""What a server says that cannot or will not help: another one may."""
_HEADER: Final = struct.Struct("!HHHHHH")
_OPCODE: Final = 0x7800
_DO: Final = 0x8000
"""The bit of EDNS that asks for signatures (RFC 3225)."""
_NSID: Final = 3
"""The option of EDNS in which a server names itself (RFC 5001)."""


class WireError(Exception):
    """What came is no answer to the question; the text says why."""


class How(TypedDict, total=False):
    """How a question is asked; see Question."""

    rdclass: RdataClass
    recursive: bool
    dnssec: bool
    unchecked: bool
    whole: bool
    nsid: bool
    payload: int


class Question:
    """A question, and how it is asked; `asked` is how an answer repeats it, in lower case.

    With `dnssec` signatures come along, `unchecked` has a resolver give what it thinks is bogus.
    `whole` has authority and additional section read too, `nsid` asks who the server is.
    """

    def __init__(self, name: Name, kind: RdataType, how: How) -> None:
        self.name, self.kind = name, kind
        self.rdclass = how.get("rdclass", RdataClass.IN)
        self.whole = how.get("whole", False)
        question = (name.to_wire() or b"") + struct.pack("!HH", kind, self.rdclass)
        flags = dns.flags.RD if how.get("recursive", True) else 0
        flags |= dns.flags.CD if how.get("unchecked") else 0
        self._without = _HEADER.pack(0, flags, 1, 0, 0, 0)[2:] + question
        options = struct.pack("!HH", _NSID, 0) if how.get("nsid") else b""
        # Which sizes we take, and what else we want to be told (RFC 6891, 6.1.2).
        wanted = (how.get("payload", PAYLOAD), _DO if how.get("dnssec") else 0, len(options))
        edns = struct.pack("!BHHIH", 0, RdataType.OPT, *wanted) + options
        self._with_edns = _HEADER.pack(0, flags, 1, 0, 0, 1)[2:] + question + edns
        # The numbers behind the name as well, as they come out of an answer: HTTPS is an `A`.
        self.asked = question.lower()

    def __str__(self) -> str:
        return f"{self.name} {self.rdclass.name} {RdataType.to_text(self.kind)}"

    def wire(self, number: int, *, edns: bool = True) -> bytes:
        """Write the query that asks it, under this id."""
        return number.to_bytes(2) + (self._with_edns if edns else self._without)


# As many as a probe has monitors: they ask the same in every tick.
@lru_cache(maxsize=16384)
def question(name: Name, kind: RdataType, **how: Unpack[How]) -> Question:
    """Make a question, or give it as it was made before."""
    return Question(name, kind, how)


class Record(NamedTuple):
    """A record of an answer; `ttl` in seconds."""

    owner: Name
    kind: RdataType
    ttl: int
    data: Rdata


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    `authority` and `additional` hold records only where the whole was asked for. `nsid` is how the
    server names itself, `size` the bytes of the message.
    """

    rcode: Rcode
    flags: int
    records: tuple[Record, ...]
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    nsid: bytes = b""
    size: int = 0

    @property
    def helpful(self) -> bool:
        """Tell whether it says anything of the name."""
        return self.rcode not in UNHELPFUL

    @property
    def truncated(self) -> bool:
        """Tell whether it was cut short (TC)."""
        return bool(self.flags & dns.flags.TC)

    @property
    def authoritative(self) -> bool:
        """Tell whether the server speaks for the zone (AA)."""
        return bool(self.flags & dns.flags.AA)

    @property
    def authenticated(self) -> bool:
        """Tell whether a resolver has validated it (AD)."""
        return bool(self.flags & dns.flags.AD)

    def find(self, name: Name, kind: RdataType) -> list[Rdata]:
        """Give the different records of a name and a type."""
        found = (each.data for each in self.records if each.kind == kind and each.owner == name)
        return list(dict.fromkeys(found))


def read(data: bytes, number: int, question: Question) -> Answer:
    """Read the answer to a question that was asked under this id. Raises WireError."""
    if len(data) < _HEADER.size:
        raise WireError("its answer cannot be read (too short)")
    answered, flags, questions, *counts = _HEADER.unpack_from(data)
    # Only a refusal may leave the question out.
    asked = question.asked if questions or flags & 0xF not in UNHELPFUL else b""
    begin = _HEADER.size + len(asked)
    if len(data) < begin:
        raise WireError("its answer cannot be read (too short)")
    repeated = data[_HEADER.size : begin].lower()
    meant = flags & dns.flags.QR and not flags & _OPCODE
    if (answered, repeated) != (number, asked) or questions > 1 or not meant:
        raise WireError("its answer is to another question")
    if sum(counts) > RECORDS_LIMIT:
        raise WireError(f"its answer holds more than {RECORDS_LIMIT} records")
    parser = Parser(data, begin)
    try:
        records = tuple(_records(parser, counts[0], question.rdclass))
        if question.whole:
            authority = tuple(_records(parser, counts[1], question.rdclass))
            additional, edns = _additional(parser, counts[2], question.rdclass)
        else:
            authority, additional = (), ()
            edns = _passed_by(parser, counts[1] + counts[2])
        rcode = Rcode.make(edns.ttl >> 24 << 4 | flags & 0xF)
        nsid = _nsid(edns.data)
    except (dns.exception.DNSException, ValueError) as error:
        if flags & dns.flags.TC:
            # Some cut in the middle of a record; all of it is asked for again over TCP.
            return Answer(rcode=Rcode.make(flags & 0xF), flags=flags, records=(), size=len(data))
        raise WireError(f"its answer cannot be read ({type(error).__name__})") from None
    if parser.remaining():
        raise WireError("its answer cannot be read (something follows it)")
    return Answer(rcode, flags, records, authority, additional, nsid, len(data))


class _Edns(NamedTuple):
    """What the OPT record says (RFC 6891, 6.1): in the bits of its TTL, and as options."""

    ttl: int = 0
    data: bytes = b""


_NO_EDNS: Final = _Edns()


def _records(parser: Parser, count: int, wanted: RdataClass) -> Iterator[Record]:
    for _ in range(count):
        owner = from_wire_parser(parser)
        kind, rdclass, ttl, size = parser.get_struct("!HHIH")
        if rdclass == wanted:
            yield _record(parser, owner, kind, (wanted, ttl, size))
        else:
            parser.get_bytes(size)


def _record(
    parser: Parser, owner: Name, kind: RdataType, head: tuple[RdataClass, int, int]
) -> Record:
    rdclass, ttl, size = head
    with parser.restrict_to(size):
        data = dns.rdata.from_wire_parser(rdclass, kind, parser)
    # A negative TTL is none (RFC 2181, 8).
    return Record(owner, data.rdtype, ttl if ttl < 1 << 31 else 0, data)


def _additional(parser: Parser, count: int, wanted: RdataClass) -> tuple[tuple[Record, ...], _Edns]:
    records: list[Record] = []
    edns = _NO_EDNS
    for _ in range(count):
        owner = from_wire_parser(parser)
        kind, rdclass, ttl, size = parser.get_struct("!HHIH")
        if rdclass == wanted and kind != RdataType.OPT:
            records.append(_record(parser, owner, kind, (wanted, ttl, size)))
            continue
        data = parser.get_bytes(size)
        if kind == RdataType.OPT:
            edns = _Edns(ttl, data)
    return tuple(records), edns


def _passed_by(parser: Parser, count: int) -> _Edns:
    """Pass the other records by, but for what EDNS says."""
    edns = _NO_EDNS
    for _ in range(count):
        from_wire_parser(parser)
        kind, _, ttl, size = parser.get_struct("!HHIH")
        data = parser.get_bytes(size)
        if kind == RdataType.OPT:
            edns = _Edns(ttl, data)
    return edns


def _nsid(options: bytes) -> bytes:
    parser = Parser(options)
    while parser.remaining():
        code, size = parser.get_struct("!HH")
        option = parser.get_bytes(size)
        if code == _NSID:
            return option
    return b""
