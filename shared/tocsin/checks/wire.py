"""DNS questions and answers as they are on the wire (RFC 1035, 4), read as far as a check needs it.

dnspython reads names and records; its whole messages cost four times as much as all that is looked
at here. Nothing is parsed before its size and its question are seen to be right.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import dns.exception
import dns.flags
import dns.rdata
from dns.name import Name, from_wire_parser
from dns.rcode import Rcode
from dns.rdata import Rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.wire import Parser

PAYLOAD: Final = 1232
"""Bytes of a UDP answer that pass everywhere without fragments (DNS Flag Day 2020)."""
RECORDS_LIMIT: Final = 512
"""Records of an answer that are parsed; hostile ones cost a quarter of a millisecond each."""
UNHELPFUL: Final = frozenset({Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP, Rcode.FORMERR})
"""What a server says that cannot or will not help: another one may."""
_HEADER: Final = struct.Struct("!HHHHHH")
_OPCODE: Final = 0x7800
_EDNS: Final = struct.pack("!BHHIH", 0, RdataType.OPT, PAYLOAD, 0, 0)
"""The record that says which sizes we take (RFC 6891, 6.1.2)."""


class WireError(Exception):
    """What came is no answer to the question; the text says why."""


class Question:
    """A recursive question in the class IN; `asked` is how an answer repeats it, in lower case."""

    def __init__(self, name: Name, kind: RdataType) -> None:
        question = (name.to_wire() or b"") + struct.pack("!HH", kind, RdataClass.IN)
        self._without = _HEADER.pack(0, dns.flags.RD, 1, 0, 0, 0)[2:] + question
        self._with_edns = _HEADER.pack(0, dns.flags.RD, 1, 0, 0, 1)[2:] + question + _EDNS
        # The numbers behind the name as well, as they come out of an answer: HTTPS is an `A`.
        self.asked = question.lower()

    def wire(self, number: int, *, edns: bool = True) -> bytes:
        """Write the query that asks it, under this id."""
        return number.to_bytes(2) + (self._with_edns if edns else self._without)


# As many as a probe has monitors: they ask the same in every tick.
@lru_cache(maxsize=16384)
def question(name: Name, kind: RdataType) -> Question:
    """Make a question, or give it as it was made before."""
    return Question(name, kind)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: its code, whether it was cut short, and the records of the answer."""

    rcode: Rcode
    truncated: bool
    records: tuple[tuple[Name, RdataType, Rdata], ...]

    @property
    def helpful(self) -> bool:
        """Tell whether it says anything of the name."""
        return self.rcode not in UNHELPFUL

    def find(self, name: Name, kind: RdataType) -> list[Rdata]:
        """Give the different records of a name and a type."""
        found = (data for owner, each, data in self.records if each == kind and owner == name)
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
        records = tuple(_records(parser, counts[0]))
        rcode = Rcode.make(_extended(parser, counts[1] + counts[2]) << 4 | flags & 0xF)
    except (dns.exception.DNSException, ValueError) as error:
        if flags & dns.flags.TC:
            # Some cut in the middle of a record; all of it is asked for again over TCP.
            return Answer(rcode=Rcode.make(flags & 0xF), truncated=True, records=())
        raise WireError(f"its answer cannot be read ({type(error).__name__})") from None
    if parser.remaining():
        raise WireError("its answer cannot be read (something follows it)")
    return Answer(rcode=rcode, truncated=bool(flags & dns.flags.TC), records=records)


def _records(parser: Parser, count: int) -> Iterator[tuple[Name, RdataType, Rdata]]:
    for _ in range(count):
        owner = from_wire_parser(parser)
        kind, rdclass, _, size = parser.get_struct("!HHIH")
        with parser.restrict_to(size):
            if rdclass == RdataClass.IN:
                data = dns.rdata.from_wire_parser(rdclass, kind, parser)
                yield owner, data.rdtype, data
            else:
                parser.get_remaining()


def _extended(parser: Parser, count: int) -> int:
    """Pass the other records by; give the high bits of the code from EDNS (RFC 6891, 6.1.3)."""
    high = 0
    for _ in range(count):
        from_wire_parser(parser)
        kind, _, ttl, size = parser.get_struct("!HHIH")
        parser.get_bytes(size)
        if kind == RdataType.OPT:
            high = ttl >> 24
    return high
