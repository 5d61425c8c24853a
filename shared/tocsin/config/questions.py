"""What a DNS question is made of: name, type, class; and what else names of DNS stand in."""

import re
from ipaddress import ip_address
from types import MappingProxyType

from tocsin.config.address import asked_name
from tocsin.config.fault import MistakeError, nearest, shown
from tocsin.config.values import text

TYPES = (
    *("A", "AAAA", "AFSDB", "APL", "CAA", "CDNSKEY", "CDS", "CERT", "CNAME", "CSYNC", "DHCID"),
    *("DNAME", "DNSKEY", "DS", "EUI48", "EUI64", "HINFO", "HIP", "HTTPS", "IPSECKEY", "KX", "LOC"),
    *("MX", "NAPTR", "NS", "NSEC", "NSEC3", "NSEC3PARAM", "OPENPGPKEY", "PTR", "RP", "RRSIG"),
    *("SMIMEA", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI", "ZONEMD"),
)
CLASSES = ("IN", "CH", "HS")
RCODES = (
    *("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "NOTAUTH"),
)

_NUMBERED = re.compile(r"TYPE([1-9][0-9]{0,4})")
_META = range(249, 256)
"""TKEY, TSIG, the transfers and ANY: what is asked for by them are no records of a name."""
_OPT = 41
_ANCHOR = re.compile(
    r"(?P<owner>\S+)\s+(?:[0-9]{1,10}\s+)?(?:IN\s+)?DS\s+"
    r"(?P<tag>[0-9]{1,5})\s+(?P<algorithm>[0-9]{1,3})\s+(?P<type>[0-9]{1,3})\s+"
    r"(?P<digest>[0-9A-F]+(?:\s+[0-9A-F]+)*)",
    re.IGNORECASE | re.ASCII,
)
_DIGITS = MappingProxyType({2: 64, 4: 96})
"""Hexadecimal digits of a digest that is strong enough (RFC 9905), by its type."""


def question_name(value: object) -> str:
    """Read the name that is asked for."""
    written = text(value)
    try:
        address = ip_address(written)
    except ValueError:
        return written if written == "." else asked_name(written)
    fix = f"Write a name, or {address.reverse_pointer}, which has records of type PTR"
    raise MistakeError("bad_dns_name", f"{shown(written)} is an address, not a name", fix)


def record_type(value: object) -> str:
    """Read a record type, by its name or as TYPE65280 (RFC 3597)."""
    written = text(value)
    number = _NUMBERED.fullmatch(written)
    numbered = number and int(number[1]) not in {_OPT, *_META} and int(number[1]) < 1 << 16
    if written not in TYPES and not numbered:
        guess = nearest(written, tuple(known.lower() for known in TYPES))
        fix = f"Write {guess.upper()}" if guess else "Write a type such as A, AAAA, MX, NS or TXT"
        raise MistakeError("unknown_type", f"{shown(written)} is not a DNS type that is asked", fix)
    return written


def record_class(value: object) -> str:
    """Read the class of a question."""
    written = text(value)
    if written not in CLASSES:
        meant = {"CHAOS": "CH", "HESIOD": "HS"}.get(written.upper(), written.upper())
        fix = f"Write {meant if meant in CLASSES else 'IN, CH or HS'}"
        raise MistakeError("unknown_class", f"{shown(written)} is not a DNS class", fix)
    return written


def rcode(value: object) -> str:
    """Read a response code."""
    written = text(value)
    if written not in RCODES:
        guess = nearest(written, tuple(known.lower() for known in RCODES))
        fix = f"Write {guess.upper()}" if guess else f"Write one of {', '.join(RCODES)}"
        raise MistakeError("unknown_rcode", f"{shown(written)} is not a response code", fix)
    return written


def zone_name(value: object) -> str:
    """Read the name of a delegated zone."""
    name = question_name(value)
    if name == "." or name.startswith("*"):
        message = f"{shown(name)} is not a zone that a parent delegates"
        raise MistakeError("bad_zone", message, "Write its name, as in example.com")
    return name.removesuffix(".")


def name_and_type(value: object) -> str:
    """Read `www.example.com A`, a name and the type of its records."""
    written = text(value)
    words = written.split()
    if len(words) != 2:  # noqa: PLR2004 - a name and a type
        message = f"{shown(written)} is not a name and a type"
        raise MistakeError("bad_record", message, "Write it like www.example.com A")
    name, kind = words
    if (kind := record_type(kind)) in {"SOA", "RRSIG"}:
        message = f"records of type {kind} are looked at anyway, and differ between sound servers"
        raise MistakeError("bad_record", message, "Remove it")
    name = name if name == "@" else question_name(name).removesuffix(".")
    return f"{name or '.'} {kind}"


def anchor(value: object) -> str:
    """Read a DS record with its owner, as in `example.com. DS 12345 13 2 3F…`."""
    written = text(value)
    match = _ANCHOR.fullmatch(written.strip())
    if match is None:
        fix = "Write it like example.com. DS 12345 13 2 and 64 hexadecimal digits"
        if " DNSKEY " in written.upper():
            fix = "Write the DS of that key: dnssec-dsfromkey(1) makes it"
        raise MistakeError("bad_anchor", f"{shown(written)} is not a DS record", fix)
    tag, algorithm, kind = (int(match[part]) for part in ("tag", "algorithm", "type"))
    digest = "".join(match["digest"].split()).lower()
    if kind not in _DIGITS:
        fix = "Write the one of type 2 (SHA-256): `dnssec-dsfromkey -2` makes it"
        raise MistakeError("bad_anchor", f"a digest of type {kind} proves nothing", fix)
    if len(digest) != _DIGITS[kind] or tag >= 1 << 16 or algorithm >= 1 << 8:
        message = f"{shown(written)} is cut short, or holds a number that is too large"
        fix = f"Write it whole: a digest of type {kind} has {_DIGITS[kind]} hexadecimal digits"
        raise MistakeError("bad_anchor", message, fix)
    owner = question_name(match["owner"]).removesuffix(".")
    return f"{owner}. DS {tag} {algorithm} {kind} {digest}"


def within(name: str, zone: str) -> bool:
    """Tell whether a name is that of a zone, or lies under it."""
    inner, outer = name.removesuffix("."), zone.removesuffix(".")
    return not outer or inner == outer or inner.endswith(f".{outer}")
