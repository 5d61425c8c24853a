"""Hosts as people write them: what is a name, what is an address, and which of them are not public.

The prober's own guard sees every address after resolving; this one only spares people the wait for
it, so it looks at what is written and never resolves.
"""

import re
from ipaddress import IPv4Address, IPv6Address

from tocsin.config.fault import MistakeError, shown
from tocsin.domain import egress
from tocsin.domain.egress import Egress

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})


def host(text: str) -> str:
    """Check a host name or address literal (without brackets) and give its canonical form."""
    if "/" in text:
        alone = re.sub(r":[0-9]*$", "", urlless(text))
        fix = f"Write {alone}" if alone else "Write the host alone"
        raise MistakeError("bad_host", f"{shown(text)} is more than a host", fix)
    if text.count(":") == 1:
        name, _, port = text.partition(":")
        fix = f"Write {name}" if name and port.isdigit() else "Write the host alone"
        raise MistakeError("bad_host", f"{shown(text)} is more than a host", fix)
    if ":" in text:
        return literal(text, IPv6Address)
    if not text:
        raise MistakeError("bad_host", "there is no host", "Write a name or an address")
    if not text.isascii():
        fix = f"Write its ASCII form: {_ascii(text)}"
        raise MistakeError("bad_host", f"{shown(text)} is not an ASCII host name", fix)
    if _NUMBER.fullmatch(text.rstrip(".").rsplit(".", 1)[-1]):
        return literal(text, IPv4Address)
    return domain_name(text, code="bad_host")


def literal(text: str, form: type[IPv4Address | IPv6Address]) -> str:
    """Check an address and give its canonical form."""
    if "%" in text:  # ipaddress takes any text for a zone
        message = f"{shown(text)} has a zone, which only one machine understands"
        raise MistakeError("bad_address", message, "Remove `%` and what follows")
    try:
        return str(form(text))
    except ValueError:
        known = _loose_ipv4(text) if form is IPv4Address else None
        name = "IPv4" if form is IPv4Address else "IPv6"
        fix = f"Write {known}" if known else f"Write an {name} address in its usual form"
        raise MistakeError("bad_address", f"{shown(text)} is not an {name} address", fix) from None


def lone_host(text: str) -> str:
    """Check a host that stands apart from its port; an IPv6 address needs no brackets there."""
    if text.startswith("[") and text.endswith("]"):
        return literal(text[1:-1], IPv6Address)
    name, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.endswith("]")):
        fix = f"Write `host: {name.strip('[]')}` and `port: {port}`"
        raise MistakeError("bad_host", f"{shown(text)} is not a host alone", fix)
    return host(text)


def portless(text: str) -> str:
    """Check a host that has no port at all; an IPv6 address needs no brackets there."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    name, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.endswith("]")):
        alone = shown(name.strip("[]"))
        raise MistakeError("bad_host", f"{shown(text)} has a port", f"Write {alone}: ICMP has none")
    return host(bare)


def domain_name(text: str, *, code: str) -> str:
    """Check the labels of a domain name and give it in lower case."""
    labels = text.removesuffix(".").split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        fix = "Write letters, digits and hyphens, in parts of at most 63 joined by dots"
        raise MistakeError(code, f"{shown(text)} is not a domain name", fix)
    return text.lower()


def endpoint(text: str) -> tuple[str, int]:
    """Split `host:port`, an IPv6 address in brackets."""
    if "/" in text:
        alone = urlless(text)
        port = "" if ":" in alone else ":5432"
        fix = f"Write `{alone}{port}`" if alone else "Write a host and its port"
        raise MistakeError("bad_endpoint", f"{shown(text)} is more than a host and its port", fix)
    name, colon, port = text.rpartition(":")
    if not colon or name.endswith(":") or ("[" in port or "]" in port):
        fix = f"Add the port, as in `{bracketed(text.strip('[]')) or 'db.example.com'}:5432`"
        raise MistakeError("bad_endpoint", f"{shown(text)} has no port", fix)
    if name.startswith("[") and name.endswith("]"):
        return literal(name[1:-1], IPv6Address), port_number(port)
    if ":" in name:
        fix = f"Put the address in brackets: `[{name}]:{port}`"
        raise MistakeError("bad_endpoint", f"{shown(text)} is not clear without brackets", fix)
    return host(name), port_number(port)


def urlless(text: str) -> str:
    """Give what stands between `://` and the path; nothing where that may hold a password."""
    authority = text.partition("://")[2] or text
    authority = authority.partition("/")[0]
    return "" if "@" in authority else authority


def port_number(text: str) -> int:
    """Read a port."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:  # noqa: PLR2004 - of TCP
        raise MistakeError(
            "bad_port", f"{shown(text)} is not a port", "Write a port from 1 to 65535"
        )
    return int(text)


def bracketed(name: str) -> str:
    """Write a host as it stands before a port."""
    return f"[{name}]" if ":" in name else name


def seclusion(name: str) -> str | None:
    """Say what a checked host is that cannot be a public one; None where it may be."""
    bare = name.rstrip(".").lower()
    if bare in _LOOPBACK_NAMES or bare.endswith(".localhost"):
        return "a loopback name"
    try:
        return egress.seclusion(bare, Egress.PUBLIC)
    except ValueError:
        return None  # a name: what it leads to is known after resolving


def _loose_ipv4(text: str) -> IPv4Address | None:
    """Read what C libraries take for an IPv4 address: fewer parts, octal, hexadecimal."""
    try:
        *parts, last = [_loose_number(part) for part in text.rstrip(".").split(".")]
        if len(parts) > 3 or any(part > 255 for part in parts):  # noqa: PLR2004 - of IPv4
            return None
        high = sum(part << 8 * (3 - position) for position, part in enumerate(parts))
        return IPv4Address(high + last) if last < 1 << 8 * (4 - len(parts)) else None
    except ValueError:
        return None


def _loose_number(text: str) -> int:
    if text.lower().startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _ascii(text: str) -> str:
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return "xn--…"
