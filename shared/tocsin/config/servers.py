"""DNS servers as people write them: an address, or whom to ask over TCP, TLS or HTTPS.

`192.0.2.53`, `192.0.2.53:5353` and `[2001:db8::53]:53` are asked over UDP, and over TCP for what
was cut short; `tcp://192.0.2.53`, `tls://dns.example.com` (RFC 7858) and
`https://dns.example.com/dns-query` (RFC 8484) as they say.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from tocsin.config.address import bracketed, endpoint, host
from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import text


class Transport(StrEnum):
    """How a server is asked."""

    PLAIN = "plain"
    TCP = "tcp"
    TLS = "tls"
    HTTPS = "https"


_PORTS = MappingProxyType(
    {Transport.PLAIN: 53, Transport.TCP: 53, Transport.TLS: 853, Transport.HTTPS: 443}
)
_OTHERWISE = MappingProxyType(
    {
        "http": "Write https://: questions over HTTP are always under TLS",
        "doh": "Write https://host/dns-query",
        "h2": "Write https://host/dns-query",
        "dot": "Write tls://host",
        "udp": "Write the address alone",
        "dns": "Write the address alone",
        "domain": "Write the address alone",
        "": "Write the address alone",
    }
)
"""What is meant by schemes that are none of these."""
_EXAMPLE = "https://dns.example.com/dns-query"
_WAYS = "Write an address, tcp://address, tls://host or https://host/path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that was read; `port` is None where none is written, `path` that of a URL."""

    transport: Transport
    host: str
    port: int | None = None
    path: str = ""

    @property
    def secured(self) -> bool:
        """Tell whether it is asked under TLS."""
        return self.transport in {Transport.TLS, Transport.HTTPS}

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or _PORTS[self.transport]

    def __str__(self) -> str:
        if self.transport is Transport.PLAIN and self.port is None:
            return self.host
        port = "" if self.port is None else f":{self.port}"
        scheme = "" if self.transport is Transport.PLAIN else f"{self.transport}://"
        return f"{scheme}{bracketed(self.host)}{port}{self.path}"


def server(value: object) -> str:
    """Read a server, asked in whichever way."""
    return str(parsed(text(value)))


def plain(value: object) -> str:
    """Read a server that is asked over UDP, as those of a zone are."""
    written = text(value)
    found = parsed(written)
    if found.transport is not Transport.PLAIN:
        message = f"{shown(written)} says how to ask, and such a server is asked over UDP"
        fix = "Write the address alone, as in 192.0.2.53"
        raise MistakeError("bad_resolver", message, fix)
    return str(found)


def parsed(written: str) -> Server:
    """Read a server's parts."""
    scheme, apart, rest = written.partition("://")
    if not apart:
        return _addressed(written, Transport.PLAIN)
    match scheme.lower():
        case "tcp":
            return _addressed(rest, Transport.TCP)
        case "tls":
            return _named(rest)
        case "https":
            return _url(written)
        case other:
            message = f"{shown(scheme)} is no way to ask a DNS server"
            raise MistakeError("bad_resolver", message, _OTHERWISE.get(other, _WAYS))


def _addressed(written: str, transport: Transport) -> Server:
    name, port = _host_and_port(written)
    try:
        ip_address(name)
    except ValueError:
        message = f"{shown(written)} is a name, and would itself need a resolver"
        fix = "Write an address, as in 192.0.2.53 or 192.0.2.53:5353"
        raise MistakeError("bad_resolver", message, fix) from None
    return Server(transport=transport, host=name, port=port)


def _named(written: str) -> Server:
    name, port = _host_and_port(written)
    return Server(transport=Transport.TLS, host=name, port=port)


def _host_and_port(written: str) -> tuple[str, int | None]:
    if re.fullmatch(r"\[[^\[\]]*\]", written):
        return host(written[1:-1]), None
    bare = written.count(":") != 1 and not written.startswith("[")
    return (host(written), None) if bare else endpoint(written)


def _url(written: str) -> Server:
    quoted = shown(written)
    if "${" in written:
        fix = "Write the URL itself"
        raise MistakeError("bad_reference", "the URL of a resolver holds no secrets", fix)
    if not (name := written.split("/")[2]).isascii():
        host(name)
    if re.search(r"[^\x21-\x7e]", written):
        fix = "Percent-encode spaces and all that is not ASCII"
        raise MistakeError("bad_url", f"{quoted} holds a character that no URL has", fix)
    try:
        parts = urlsplit(written)
    except ValueError as error:
        raise MistakeError("bad_url", f"{quoted} is not a URL: {error}", "Mend the host") from None
    if "@" in parts.netloc:
        message = "the URL of a resolver holds a user name or password"
        raise MistakeError("secret_in_clear", message, "Remove what stands before `@`")
    if "{" in written or "?" in written or "#" in written:
        fix = f"End it with the path, as in {_EXAMPLE}"
        raise MistakeError("bad_url", f"{quoted} says more than where to ask", fix)
    if not parts.netloc:
        raise MistakeError("bad_url", f"{quoted} has no host", f"Write {_EXAMPLE}")
    if not parts.path:
        fix = f"Add its path, most often {shown(f'{written}/dns-query')}"
        raise MistakeError("bad_url", f"{quoted} has no path", fix)
    name, port = _host_and_port(parts.netloc)
    return Server(transport=Transport.HTTPS, host=name, port=port, path=parts.path)
