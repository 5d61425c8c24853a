"""Hosts as people write them: what is a name, what is an address, and which of them are not public.

The prober's own guard sees every address after resolving; this one only spares people the wait for
it, so it looks at what is written and never resolves.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from unicodedata import normalize

from tocsin.config.fault import MistakeError, shown
from tocsin.domain import egress
from tocsin.domain.egress import Egress

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
_ASKED = re.compile(rf"{_LABEL.pattern}|[0-9]{{1,3}}/[0-9]{{1,3}}", re.IGNORECASE | re.ASCII)
LONGEST = 253
"""Characters of a domain name, without a final dot (RFC 1035, 2.3.4)."""
_DEVIATING = re.compile("[ßς\u200c\u200d]")
"""Letters that the Unicode names of today have and those of 2003 had not (RFC 5894, 7.2)."""
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
    if text.isascii() and _NUMBER.fullmatch(text.rstrip(".").rsplit(".", 1)[-1]):
        return literal(text, IPv4Address)
    return _domain_name(text, code="bad_host")


def asked_name(text: str) -> str:
    """Check a name that DNS alone has to understand: a wildcard's, say, or one of RFC 2317."""
    if "://" in text and (alone := re.sub(r":[0-9]*$", "", urlless(text))):
        raise MistakeError("bad_dns_name", f"{shown(text)} is more than a name", f"Write {alone}")
    return _domain_name(text, code="bad_dns_name", label=_ASKED)


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


def _domain_name(text: str, *, code: str, label: re.Pattern[str] = _LABEL) -> str:
    """Check the labels of a domain name and give it in lower case."""
    whole = text.removesuffix(".")
    if not text.isascii():
        fix = f"Write its ASCII form: {_ascii(text)}"
        raise MistakeError(code, f"{shown(text)} is not ASCII, and names of DNS are", fix)
    if len(whole) > LONGEST:
        message = f"{shown(text)} has {len(whole)} characters"
        raise MistakeError(code, message, f"Write a name of at most {LONGEST}")
    labels = whole.split(".")
    if label is _ASKED and labels[0] == "*":
        labels = labels[1:]
    if not labels or not all(label.fullmatch(each) for each in labels):
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
    """Give the ASCII form of a name; `xn--…` where it has none."""
    try:
        return ".".join(map(_ascii_label, text.lower().split(".")))
    except UnicodeError:
        return "xn--…"


def _ascii_label(label: str) -> str:
    if _DEVIATING.search(label):  # Python's `idna`, of 2003, would make another name of it
        return f"xn--{normalize('NFC', label).encode('punycode').decode('ascii')}"
    return label.encode("idna").decode("ascii")
