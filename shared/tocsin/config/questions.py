"""What a DNS question is made of: name, type, server, and the records that are expected."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from tocsin.config.address import bracketed, domain_name, endpoint, host, literal
from tocsin.config.fault import MistakeError, nearest, shown
from tocsin.config.values import text

TYPES = (
    *("A", "AAAA", "CAA", "CDNSKEY", "CDS", "CNAME", "DNSKEY", "DS", "HINFO", "HTTPS", "LOC", "MX"),
    *("NAPTR", "NS", "NSEC", "NSEC3PARAM", "PTR", "RRSIG", "SOA", "SRV", "SSHFP", "SVCB", "TLSA"),
    *("TXT", "URI"),
)
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")

_ENDS_IN_NAME = {"CNAME": 0, "MX": 1, "NS": 0, "PTR": 0, "SRV": 3}
"""How many numbers stand before the name in the records that end in one."""


def question_name(value: object) -> str:
    """Read the name that is asked for."""
    written = text(value)
    try:
        address = ip_address(written)
    except ValueError:
        return written if written == "." else _checked(written)
    fix = f"Write {address.reverse_pointer} with type PTR, or a name"
    raise MistakeError("bad_dns_name", f"{shown(written)} is an address, not a name", fix)


def record_type(value: object) -> str:
    """Read a record type."""
    written = text(value)
    if written not in TYPES:
        guess = nearest(written, tuple(known.lower() for known in TYPES))
        fix = f"Write {guess.upper()}" if guess else "Write a type such as A, AAAA, MX, NS or TXT"
        raise MistakeError("unknown_type", f"{shown(written)} is not a DNS type that is asked", fix)
    return written


def rcode(value: object) -> str:
    """Read a response code."""
    written = text(value)
    if written not in RCODES:
        guess = nearest(written, tuple(known.lower() for known in RCODES))
        fix = f"Write {guess.upper()}" if guess else f"Write one of {', '.join(RCODES)}"
        raise MistakeError("unknown_rcode", f"{shown(written)} is not a response code", fix)
    return written


def resolver(value: object) -> str:
    """Read the address of a server, with or without a port."""
    written = text(value)
    bare = written.count(":") != 1 and not written.startswith("[")
    name, port = (host(written), None) if bare else endpoint(written)
    try:
        ip_address(name)
    except ValueError:
        message = f"{shown(written)} is a name, and would itself need a resolver"
        fix = "Write an address, as in 192.0.2.53 or 192.0.2.53:5353"
        raise MistakeError("bad_resolver", message, fix) from None
    return name if port is None else f"{bracketed(name)}:{port}"


def record(written: str, kind: str) -> str:
    """Check a record of that type in presentation format, and give its canonical form.

    An expectation that no answer can meet would call a healthy server down.
    """
    match kind:
        case "A":
            return _address(written, IPv4Address, "192.0.2.1")
        case "AAAA":
            return _address(written, IPv6Address, "2001:db8::1")
        case _ if kind in _ENDS_IN_NAME:
            return _ending_in_name(written, kind)
        case _:
            return written


def _address(written: str, form: type[IPv4Address | IPv6Address], example: str) -> str:
    try:
        return literal(written, form)
    except MistakeError:
        message = f"{shown(written)} is not the address that such a record holds"
        raise MistakeError("bad_record", message, f"Write one such as {example}") from None


def _ending_in_name(written: str, kind: str) -> str:
    *numbers, name = written.split() or [""]
    count = _ENDS_IN_NAME[kind]
    if len(numbers) != count or not all(re.fullmatch(r"[0-9]{1,5}", n) for n in numbers):
        example = " ".join([*(["10"] * count), "host.example.com."])
        message = f"{shown(written)} is not an {kind} record"
        raise MistakeError("bad_record", message, f"Write it like {example}")
    if not name.endswith("."):
        fix = f"End the name with a dot: `{' '.join([*numbers, name])}.`"
        raise MistakeError("bad_record", f"{shown(written)} ends in a relative name", fix)
    return " ".join([*numbers, name if name == "." else _checked(name)])


def _checked(name: str) -> str:
    prefix = "*." if name.startswith("*.") else ""
    return prefix + domain_name(name.removeprefix("*."), code="bad_dns_name")
