"""Records in presentation format (RFC 1035, 5.1): what an answer can hold, type by type.

An expectation that no answer can meet would call a healthy server down.
"""

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType

from tocsin.config.address import LONGEST, asked_name, literal
from tocsin.config.fault import MistakeError, shown

_BYTE, _SHORT, _LONG = (1 << bits for bits in (8, 16, 32))
_NAME, _WORD, _TEXT, _HEX = "name", "word", "text", "hex"
_ANY = -1
_ESCAPE = r"\\(?:[01][0-9]{2}|2[0-4][0-9]|25[0-5]|[^0-9\s])"
_STRING = rf'"(?:[^"\\]|{_ESCAPE})*"'
_STRINGS = re.compile(rf"{_STRING}(?:\s+{_STRING})*")
_STRING_LIMIT = 255
"""Bytes of one string of a text (RFC 1035, 3.3)."""
_PATTERNS = MappingProxyType(
    {
        _NAME: r"\S+",
        _WORD: "[A-Za-z0-9]+",
        _TEXT: rf"{_STRING}|[^\s\"\\;()]+",
        _HEX: r"[0-9A-Fa-f]+(?:\s+[0-9A-Fa-f]+)*",
    }
)
_ESCAPED = re.compile(rf"(?:(?:[a-z0-9_/-]|{_ESCAPE}){{1,63}}\.)+", re.ASCII | re.IGNORECASE)
"""Names that hold a dot or a space in one of their parts, as mailboxes and printers do."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of a type, a number by what it stays under; and what a record looks like.

    `digits` is how many of them a digest has, by the number before it: SHA-1, SHA-256 and so on.
    """

    fields: tuple[int | str, ...]
    example: str
    digits: tuple[tuple[int, int], ...] = ()


_DS = _Form(
    (_SHORT, _BYTE, _BYTE, _HEX),
    "12345 13 2 and 64 hexadecimal digits",
    digits=((1, 40), (2, 64), (4, 96)),
)
_TLSA = _Form(
    (_BYTE, _BYTE, _BYTE, _HEX),
    "3 1 1 and 64 hexadecimal digits",
    digits=((0, _ANY), (1, 64), (2, 128)),
)
_PREFERRED = _Form((_SHORT, _NAME), "10 host.example.com.")
_FORMS: MappingProxyType[str, _Form] = MappingProxyType(
    {
        "AFSDB": _PREFERRED,
        "CAA": _Form((_BYTE, _WORD, _TEXT), '0 issue "letsencrypt.org"'),
        "CDS": _DS,
        "CNAME": _Form((_NAME,), "host.example.com."),
        "DNAME": _Form((_NAME,), "host.example.com."),
        "DS": _DS,
        "KX": _PREFERRED,
        "MX": _PREFERRED,
        "NS": _Form((_NAME,), "host.example.com."),
        "PTR": _Form((_NAME,), "host.example.com."),
        "SMIMEA": _TLSA,
        "SOA": _Form(
            (_NAME, _NAME, _LONG, _LONG, _LONG, _LONG, _LONG),
            "ns1.example.com. hostmaster.example.com. 2026010101 3600 900 604800 300",
        ),
        "SRV": _Form((_SHORT, _SHORT, _SHORT, _NAME), "10 10 5060 host.example.com."),
        "SSHFP": _Form(
            (_BYTE, _BYTE, _HEX), "4 2 and 64 hexadecimal digits", digits=((1, 40), (2, 64))
        ),
        "TLSA": _TLSA,
    }
)


def record(written: str, kind: str) -> str:
    """Check a record of that type, and give its canonical form."""
    match kind:
        case "A":
            return _address(written, IPv4Address, "192.0.2.1")
        case "AAAA":
            return _address(written, IPv6Address, "2001:db8::1")
        case "TXT" | "SPF":
            return _strings(written)
        case _:
            return _in_form(written, kind) if kind in _FORMS else written


def _address(written: str, form: type[IPv4Address | IPv6Address], example: str) -> str:
    try:
        return literal(written, form)
    except MistakeError:
        message = f"{shown(written)} is not the address that such a record holds"
        raise MistakeError("bad_record", message, f"Write one such as {example}") from None


def _strings(written: str) -> str:
    """Check a text: it stands there as it is, or as strings in quotes, which are joined."""
    if not written.startswith('"'):
        return written
    fix = "Remove its quotes: a text needs none of its own, and is compared as a whole"
    if not _STRINGS.fullmatch(written):
        message = f"the double quotes in {shown(written)} do not match"
        raise MistakeError("bad_record", message, fix)
    if any(len(each.encode()) > _STRING_LIMIT + 2 for each in re.findall(_STRING, written)):
        message = f"a string in {shown(written)} has more than {_STRING_LIMIT} characters"
        raise MistakeError("bad_record", message, fix)
    return written


def _in_form(written: str, kind: str) -> str:
    form = _FORMS[kind]
    found = _pattern(form.fields).fullmatch(written)
    parts = list(found.groups()) if found else []
    if not parts or not _within_bounds(parts, form):
        article = "an" if kind[0] in "AHMNS" else "a"
        message = f"{shown(written)} is not {article} {kind} record"
        fix = f"Write it like {form.example}"
        if form is _PREFERRED and len(written.split()) == 1:
            fix = f"Put its preference before it, as in {shown(f'10 {written}')}"
        raise MistakeError("bad_record", message, fix)
    for at, field in enumerate(form.fields):
        if field == _NAME:
            parts[at] = _absolute(parts, at)
    return " ".join(parts)


def _within_bounds(parts: list[str], form: _Form) -> bool:
    numbers = [
        (int(part), limit)
        for part, limit in zip(parts, form.fields, strict=True)
        if isinstance(limit, int)
    ]
    if form.digits:
        digits = len("".join(parts[-1].split()))
        wanted = dict(form.digits).get(numbers[-1][0])
        if digits % 2 or wanted not in {digits, _ANY}:
            return False
    return all(number < limit for number, limit in numbers)


@cache
def _pattern(fields: tuple[int | str, ...]) -> re.Pattern[str]:
    parts = (_PATTERNS[each] if isinstance(each, str) else "[0-9]{1,10}" for each in fields)
    return re.compile(r"\s+".join(f"({part})" for part in parts), re.ASCII)


def _absolute(parts: list[str], at: int) -> str:
    name = parts[at]
    if not name.endswith("."):
        mended = " ".join((*parts[:at], f"{name}.", *parts[at + 1 :]))
        message = f"{shown(' '.join(parts))} holds a relative name"
        raise MistakeError("bad_record", message, f"End the name with a dot: {shown(mended)}")
    if name == ".":
        return name
    escaped = "\\" in name and len(name) <= LONGEST and _ESCAPED.fullmatch(name)
    return name.lower() if escaped else asked_name(name)
