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
from dns.name import (
    BadLabelType,
    BadPointer,
    DecompressionForbidden,
    LabelTooLong,
    Name,
    NameTooLong,
    PointerChainTooLong,
)
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.wire import Parser

from tocsin.checks.failure import quoted
from tocsin.domain.questions import PAYLOAD

RECORDS_LIMIT: Final = 512
"""Records of an answer that are parsed."""
LABELS_LIMIT: Final = 16 * RECORDS_LIMIT
"""Labels of all their names: compression makes hundreds of a few bytes, each of which costs."""
BITMAP_LIMIT: Final = 320
"""Bytes of a record with a list of types; in 64 KiB of them are 500,000, seconds of writing."""
_BITMAPS: Final = frozenset({RdataType.NXT, RdataType.NSEC, RdataType.NSEC3, RdataType.CSYNC})
UNHELPFUL: Final = frozenset({Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP, Rcode.FORMERR})
"""What a server says that cannot or will not help: another one may."""
_HEADER: Final = struct.Struct("!HHHHHH")
_RECORD: Final = struct.Struct("!HHIH")
# The flags as plain numbers: dnspython's take longer to look at than all else of a header.
_QR: Final = int(dns.flags.QR)
_AA: Final = int(dns.flags.AA)
_TC: Final = int(dns.flags.TC)
_AD: Final = int(dns.flags.AD)
_OPCODE: Final = 0x7800
_RCODE: Final = 0xF
_DO: Final = 0x8000
"""The bit of EDNS that asks for signatures (RFC 3225)."""
_NSID: Final = 3
"""The option of EDNS in which a server names itself (RFC 5001)."""
_EDE: Final = 15
"""The option of EDNS in which it says why there is no answer (RFC 8914)."""
_WHY: Final = 80
"""Characters that are told of that."""
_SAME: Final = b"\xc0\x0c"
"""How nearly every record names its owner: the name in the question, right behind the header."""
_REPEATED: Final = 5
"""The byte of the header that tells whether the question is there."""

_OF_NAMES: Final = (
    BadLabelType,
    BadPointer,
    DecompressionForbidden,
    LabelTooLong,
    NameTooLong,
    PointerChainTooLong,
)

_rcode: Final = lru_cache(maxsize=256)(Rcode.make)


@lru_cache(maxsize=256)
def _code(rcode: Rcode) -> str:
    text = Rcode.to_text(rcode)
    return f"RCODE{text}" if text.isdecimal() else text


class WireError(Exception):
    """What came is no answer to the question; the text says why."""


class BrokenError(WireError):
    """It bears the question and its id, and yet cannot be read: nobody else sends such a thing."""


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
    server names itself, `size` the bytes of the message, `ede` its extended error.
    """

    rcode: Rcode
    flags: int
    records: tuple[Record, ...]
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    nsid: bytes = b""
    size: int = 0
    ede: bytes = b""

    @property
    def code(self) -> str:
        """Give the response code as people write it, a number that has no name as `RCODE11`."""
        return _code(self.rcode)

    @property
    def why(self) -> str:
        """Give the reason that the server tells, if it does (RFC 8914)."""
        return _why(self.ede) if self.ede else ""

    @property
    def told(self) -> str:
        """Give the code, and the reason where there is one."""
        return f"{self.code} ({self.why})" if self.ede else self.code

    @property
    def helpful(self) -> bool:
        """Tell whether it says anything of the name."""
        return self.rcode not in UNHELPFUL

    @property
    def truncated(self) -> bool:
        """Tell whether it was cut short (TC)."""
        return bool(self.flags & _TC)

    @property
    def authoritative(self) -> bool:
        """Tell whether the server speaks for the zone (AA)."""
        return bool(self.flags & _AA)

    @property
    def authenticated(self) -> bool:
        """Tell whether a resolver has validated it (AD)."""
        return bool(self.flags & _AD)

    def find(self, name: Name, kind: RdataType) -> list[Rdata]:
        """Give the different data of a name and a type."""
        return [each.data for each in self.select(name, kind)]

    def select(self, name: Name, kind: RdataType) -> list[Record]:
        """Give the different records of a name and a type."""
        found = [
            each
            for each in self.records
            if each.kind == kind and (each.owner is name or each.owner == name)
        ]
        return list({each.data: each for each in found}.values()) if len(found) > 1 else found


def read(data: bytes, number: int, question: Question) -> Answer:
    """Read the answer to a question that was asked under this id. Raises WireError.

    What follows the last record is let be, as all resolvers let it.
    """
    if len(data) < _HEADER.size:
        raise WireError("its answer cannot be read (too short)")
    answered, flags, questions, *counts = _HEADER.unpack_from(data)
    # Only a refusal may leave the question out.
    asked = question.asked if questions or flags & _RCODE not in UNHELPFUL else b""
    begin = _HEADER.size + len(asked)
    if questions and len(data) < begin:
        raise WireError("its answer cannot be read (too short)")
    repeated = data[_HEADER.size : begin].lower()
    meant = flags & _QR and not flags & _OPCODE
    if (answered, repeated) != (number, asked) or questions > 1 or not meant:
        raise WireError("its answer is to another question")
    if sum(counts) > RECORDS_LIMIT:
        raise BrokenError(f"its answer holds more than {RECORDS_LIMIT} records")
    parser = _Parser(data, begin)
    try:
        records = tuple(_records(parser, counts[0], question))
        if question.whole:
            authority = tuple(_records(parser, counts[1], question))
            additional, edns = _additional(parser, counts[2], question)
        else:
            authority, additional = (), ()
            edns = _passed_by(parser, counts[1] + counts[2])
        nsid, ede = _options(edns.data) if edns.data else (b"", b"")
    except (dns.exception.DNSException, ValueError) as error:
        if flags & _TC:
            # Some cut in the middle of a record; all of it is asked for again over TCP.
            return Answer(rcode=_rcode(flags & _RCODE), flags=flags, records=(), size=len(data))
        what = "name" if isinstance(error, _OF_NAMES) else "record"
        raise BrokenError(f"its answer cannot be read (a {what} is cut or malformed)") from None
    rcode = _rcode(edns.ttl >> 24 << 4 | flags & _RCODE)
    return Answer(rcode, flags, records, authority, additional, nsid, len(data), ede)


class _Parser(Parser):
    """Counts the labels of all names that it reads."""

    labels = 0

    def get_name(self, origin: Name | None = None, decompress: bool = False) -> Name:  # noqa: FBT001, FBT002 - dnspython's
        name = super().get_name(origin, decompress)
        self.labels += len(name)
        if self.labels > LABELS_LIMIT:
            raise NameTooLong
        return name


class _Edns(NamedTuple):
    """What the OPT record says (RFC 6891, 6.1): in the bits of its TTL, and as options."""

    ttl: int = 0
    data: bytes = b""


_NO_EDNS: Final = _Edns()


def _records(parser: Parser, count: int, asked: Question) -> Iterator[Record]:
    for _ in range(count):
        owner = _owner(parser, asked)
        kind, rdclass, ttl, size = _head(parser)
        if rdclass == asked.rdclass:
            yield _record(parser, owner, kind, (asked.rdclass, ttl, size))
        else:
            parser.get_bytes(size)


def _owner(parser: Parser, asked: Question) -> Name:
    here = parser.current
    # Where the question was left out, the first record stands in its place.
    if parser.wire[here : here + 2] == _SAME and parser.wire[_REPEATED]:
        parser.seek(here + 2)
        return asked.name
    return parser.get_name(decompress=True)


def _head(parser: Parser) -> tuple[int, int, int, int]:
    kind, rdclass, ttl, size = _RECORD.unpack(parser.get_bytes(_RECORD.size))
    return kind, rdclass, ttl, size


def _record(parser: Parser, owner: Name, kind: int, head: tuple[RdataClass, int, int]) -> Record:
    rdclass, ttl, size = head
    if size > BITMAP_LIMIT and kind in _BITMAPS:
        raise dns.exception.FormError
    with parser.restrict_to(size):
        data = dns.rdata.from_wire_parser(rdclass, RdataType.make(kind), parser)
    # A negative TTL is none (RFC 2181, 8).
    return Record(owner, data.rdtype, ttl if ttl < 1 << 31 else 0, data)


def _additional(parser: Parser, count: int, asked: Question) -> tuple[tuple[Record, ...], _Edns]:
    records: list[Record] = []
    edns = _NO_EDNS
    for _ in range(count):
        owner = _owner(parser, asked)
        kind, rdclass, ttl, size = _head(parser)
        if rdclass == asked.rdclass and kind != RdataType.OPT:
            records.append(_record(parser, owner, kind, (asked.rdclass, ttl, size)))
            continue
        data = parser.get_bytes(size)
        if kind == RdataType.OPT:
            edns = _Edns(ttl, data)
    return tuple(records), edns


def _passed_by(parser: Parser, count: int) -> _Edns:
    """Pass the other records by, but for what EDNS says."""
    edns = _NO_EDNS
    for _ in range(count):
        parser.get_name(decompress=True)
        kind, _, ttl, size = _head(parser)
        data = parser.get_bytes(size)
        if kind == RdataType.OPT:
            edns = _Edns(ttl, data)
    return edns


def _options(options: bytes) -> tuple[bytes, bytes]:
    """Find who the server is, and what it says of an error; the first of each."""
    parser = Parser(options)
    found: dict[int, bytes] = {}
    while parser.remaining():
        code, size = parser.get_struct("!HH")
        found.setdefault(code, parser.get_bytes(size))
    return found.get(_NSID, b""), found.get(_EDE, b"")


def _why(ede: bytes) -> str:
    # It takes longer to import than many checks take, and few servers need it.
    from dns.edns import EDECode  # noqa: PLC0415 - as above

    name = EDECode.to_text(int.from_bytes(ede[:2])).replace("_", " ").lower()
    said = f"error {name}" if name.isdecimal() else name
    return f"{said}: {quoted(ede[2:], _WHY)}" if ede[2:] else said
