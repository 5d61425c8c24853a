"""What an HTTP request is made of: URL, headers, secrets by reference, accepted statuses."""

import re
import sys
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from tocsin.config.address import bracketed, endpoint, host, literal, port_number
from tocsin.config.fault import MistakeError, nearest, shown
from tocsin.config.values import pattern, text

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADER_LIMIT = 2048
USER_LIMIT = 256

_SECRET_HEADER = re.compile(
    r"authorization|proxy-authorization|cookie|.*(api-?key|token|secret|password).*", re.IGNORECASE
)
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "upgrade", "te"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_REFERENCE = re.compile(r"\$\{ssm:(/tocsin/[A-Za-z0-9_./-]{1,1000})\}")
_RANGE = re.compile(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?")


def url(value: object) -> str:
    """Read an absolute http or https URL without userinfo and fragment."""
    written = text(value)
    quoted = shown(written)
    if re.search(r"[^\x21-\x7e]", written):
        fix = "Percent-encode spaces and all that is not ASCII"
        raise MistakeError("bad_url", f"{quoted} holds a character that no URL has", fix)
    try:
        parts = urlsplit(written)
        _, userinfo, address = parts.netloc.rpartition("@")
    except ValueError as error:
        raise MistakeError("bad_url", f"{quoted} is not a URL: {error}", "Mend the host") from None
    if parts.scheme not in {"http", "https"} or not address:
        fix = "Write it like https://www.example.com/health"
        raise MistakeError("bad_url", f"{quoted} is not an http or https URL", fix)
    if userinfo:
        message = f"{quoted} holds a user name or password"
        fix = "Remove it, and write `basic: {user: …, password: ${ssm:/tocsin/name}}`"
        raise MistakeError("secret_in_clear", message, fix)
    if parts.fragment:
        message = f"{quoted} ends in a fragment, which is never sent"
        raise MistakeError("bad_url", message, "Remove `#` and what follows")
    host_and_port(written)
    references(written)
    return written


def host_and_port(checked: str) -> tuple[str, int]:
    """Give the host of a URL, and its port or that of its scheme."""
    parts = urlsplit(checked)
    port = re.search(r":([^:\]]*)$", parts.netloc)
    name = parts.hostname or ""
    number = port_number(port[1]) if port else {"http": 80}.get(parts.scheme, 443)
    return host(name), number


def method(value: object) -> str:
    """Read a request method."""
    written = text(value)
    if written not in METHODS:
        guess = nearest(written, tuple(m.lower() for m in METHODS))
        fix = f"Write {guess.upper()}" if guess else "Write one such as GET, HEAD or POST"
        raise MistakeError("bad_method", f"{shown(written)} is not a method that is sent", fix)
    return written


def header_token(value: object) -> str:
    """Read the name of any header."""
    written = text(value)
    if not _TOKEN.fullmatch(written):
        fix = "Write letters, digits and hyphens"
        raise MistakeError("bad_header", f"{shown(written)} is not a header's name", fix)
    return written


def header_name(value: object) -> str:
    """Read the name of a header that a monitor may set."""
    written = header_token(value)
    if written.lower() in _OURS:
        message = f"the header {shown(written)} is set by the prober"
        fix = "Write it as `host:` of the monitor" if written.lower() == "host" else "Remove it"
        raise MistakeError("bad_header", message, fix)
    return written


def header_rule(value: object) -> str | None:
    """Read what a header of the answer must match; nothing means that it must not be there."""
    return None if value is None else pattern(value)


def authority(value: object) -> str:
    """Read what the Host header says: a name or address, with a port where that belongs to it."""
    written = text(value)
    bare = "/" in written or (written.count(":") != 1 and not written.startswith("["))
    name, port = (host(written), None) if bare else _host_port(written)
    return bracketed(name) if port is None else f"{bracketed(name)}:{port}"


def user(value: object) -> str:
    """Read the name of a user for Basic authentication (RFC 7617 knows no colon in it)."""
    written = text(value) if isinstance(value, str) and len(value) <= USER_LIMIT else ""
    if not re.fullmatch(r"[^\x00-\x20\x7f:][^\x00-\x1f\x7f:]*", _REFERENCE.sub("x", written)):
        # Not shown: the password may stand behind a colon in it.
        message = "this cannot be a user's name"
        fix = f"Write at most {USER_LIMIT} characters without a colon or a control character"
        raise MistakeError("bad_user", message, fix)
    return references(written)


def secret(value: object) -> str:
    """Read a reference to a secret; what stands there in clear is not shown."""
    written = text(value) if isinstance(value, str) and len(value) <= HEADER_LIMIT else ""
    if not _REFERENCE.fullmatch(written):
        message = "a password or token stands here in clear"
        if "${" in written:
            message = "this is not one reference to a parameter that probes may read"
        fix = "Put it into Parameter Store and write ${ssm:/tocsin/name}"
        raise MistakeError("secret_in_clear", message, fix)
    return written


def header_value(value: object) -> str:
    """Read what a header says: one line of ASCII."""
    written = text(value, sys.maxsize)
    if len(written) > HEADER_LIMIT:  # not shown, as `text` would: it may be a token
        message = f"the value has {len(written):,} characters"
        fix = f"Shorten it to at most {HEADER_LIMIT:,} characters"
        raise MistakeError("too_long", message, fix)
    if re.search(r"[^\t\x20-\x7e]", written) or written != written.strip():
        message = "the value holds a line break, a control character or is not ASCII"
        fix = "Write one line of ASCII without space at its ends"
        raise MistakeError("bad_header", message, fix)
    return references(written)


def sealed_header(header: str, value: str) -> bool:
    """Tell whether a header that carries a secret carries it by reference."""
    return not _SECRET_HEADER.fullmatch(header) or refers(value)


def refers(written: str) -> bool:
    """Tell whether a secret is put in here when the request is sent."""
    return _REFERENCE.search(written) is not None


def body(value: object) -> str:
    """Read what is sent."""
    return references(text(value))


def _host_port(written: str) -> tuple[str, int | None]:
    if written.startswith("[") and written.endswith("]"):
        return literal(written[1:-1], IPv6Address), None
    return endpoint(written)


def references(written: str) -> str:
    """Refuse a `${…}` that is not a reference to a parameter."""
    if "${" in _REFERENCE.sub("", written):
        message = "a `${` begins something that is not a reference to a parameter"
        raise MistakeError(
            "bad_reference", message, "Write ${ssm:/tocsin/name}: probes may read no others"
        )
    return written


def status(value: object) -> tuple[int, int]:
    """Read a status code, or an inclusive range of them."""
    written = text(value)
    match = _RANGE.fullmatch(written)
    if match is None or (match[2] and match[2] < match[1]):
        fix = "Write a code such as 200, or a range such as 200-299"
        raise MistakeError("bad_status", f"{shown(written)} is not an HTTP status", fix)
    return int(match[1]), int(match[2] or match[1])
