"""The parts of a URL that a request needs, and where a redirect leads."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from tocsin.checks.sockets import canonical

_PORTS: Final = {"http": 80, "https": 443}
# What may stand in a path or query as it is (RFC 3986), the sign of percent-encoding included.
_SAFE: Final = "%/:?#[]@!$&'()*+,;=-._~"
_ASCII: Final = bytes(range(0x80))
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")
# RFC 1035, 2.3.4; underscores are no host's, and found in the wild all the same.
_LABEL: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_NAME_LIMIT: Final = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An absolute http or https URL, ready to be dialled."""

    text: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs share when they lead to the same server."""
        return self.scheme, self.host, self.port


def parse(text: str) -> Url:
    """Take a URL apart. Raises ValueError, with what is wrong, for all that cannot be dialled."""
    _hold_no_control(text)
    parts = urlsplit(text)
    if parts.scheme not in _PORTS:
        raise ValueError("it is neither http nor https")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name or password")
    host = _ascii(parts.hostname or "")
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if not port:
        raise ValueError("its port is 0")
    path = (quote(parts.path, safe=_SAFE) or "/") + query
    return Url(text=text, scheme=parts.scheme, host=host, port=port, path=path)


def joined(base: Url, location: bytes) -> Url:
    """Give where a Location header leads (RFC 9110, 10.2.2). Raises ValueError as `parse` does."""
    try:
        text = location.decode()
    except UnicodeDecodeError:
        # Bytes in some old charset: a browser sends them back as they are.
        text = quote(location, safe=_ASCII)
    # `urljoin` would take some of them out in silence.
    _hold_no_control(text)
    if "\\" in re.split(r"[?#]", text, maxsplit=1)[0]:
        # A slash to browsers and none to the standard: where that leads is nobody's guess.
        raise ValueError("it holds a backslash")
    return parse(urljoin(base.text, text))


def _hold_no_control(text: str) -> None:
    if _CONTROL.search(text):
        raise ValueError("it holds a space or control character")


def _ascii(host: str) -> str:
    if not host:
        raise ValueError("it has no host")
    if "%" in host:
        raise ValueError("its host has a zone or an escape")
    if canonical(host) is not None:
        return host
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    bare = name.removesuffix(".")
    if len(bare) > _NAME_LIMIT or not all(_LABEL.fullmatch(label) for label in bare.split(".")):
        raise ValueError("its host is not a valid name")
    return name
