"""Targets as they are typed: `tcp://…`, `https://…`, `smtp://…`, `dns://…`, `icmp://…` and others.

They are read as a monitor of the file would be, by the same readers and under the same rules.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tocsin.config import catalogue, servers, values
from tocsin.config.certificates import beside
from tocsin.config.fault import MistakeError, listed, nearest, shown
from tocsin.config.reader import parse as read
from tocsin.domain.monitor import Target
from tocsin.domain.target import Family, Kind
from tocsin_cli import inquiries
from tocsin_cli.inquiries import Form
from tocsin_cli.mends import typed

TLS = ("name", "ca", "self_signed", "minimum")
DAYS = ("warn_days", "fail_days")
OPTIONS = ("tls", *TLS, *DAYS, "addresses")
"""What may stand behind the `?` of a service and of a port, beside what is only theirs."""

_BRACKETED = re.compile(r"\[[^\[\]]*\]")

type _Query = dict[str, list[str]]
type _Raw = inquiries.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is said of a target beside it, as it is typed; `days` is `FAIL` or `WARN:FAIL`."""

    family: str = Family.ANY
    addresses: str | None = None
    ca: str | None = None
    name: str | None = None
    self_signed: bool = False
    minimum: str | None = None
    days: str | None = None

    def said(self) -> dict[str, str]:
        """Give it in the words of a query."""
        warn, colon, fail = (self.days or "").partition(":")
        both = colon and (warn or fail)
        words = {
            "addresses": self.addresses,
            "ca": self.ca,
            "name": self.name,
            "self_signed": "true" if self.self_signed else None,
            "minimum": self.minimum,
            "warn_days": (warn or None) if both else None,
            "fail_days": (fail or None) if both else self.days,
        }
        return {name: word for name, word in words.items() if word is not None}


def parse(text: str, options: Options = Options()) -> Target:
    """Read a target; raises MistakeError with the mend."""
    try:
        text.encode()
        return _parsed(text, options)
    except UnicodeError:
        fix = "Write UTF-8, also behind `%`"
        raise MistakeError("bad_target", f"{shown(text)} is not UTF-8", fix) from None


def _parsed(text: str, options: Options) -> Target:
    scheme, colon, rest = text.partition("://")
    scheme = scheme.lower()
    values.family(options.family)
    if "${" in text:
        fix = "Write the value, or watch it with a monitor"
        raise MistakeError("bad_target", "a check by hand reads no secrets", fix)
    if not colon:
        raise MistakeError("bad_target", f"{shown(text)} is not a target", _with_a_scheme(text))
    if (form := inquiries.form_of(scheme)) is not None:
        return _inquired(scheme, rest, form, options)
    match scheme:
        case "http" | "https":
            return _monitored({"http": text}, options.said(), options)
        case "tcp":
            where, said = _split(rest, ("banner", *OPTIONS))
            return _monitored({"tcp": where}, said, options)
        case _ if (meant := _meant(scheme, rest.partition("?")[0])) is not None:
            raise MistakeError("bad_target", f"{shown(scheme)} names no service", meant)
        case _:
            where, said = _split(rest, ("open", *OPTIONS))
            return _monitored({"service": scheme, **_host_and_port(where)}, said, options)


def _meant(scheme: str, where: str) -> str | None:
    """Guess what was meant by a scheme that others have, or that has nothing to be checked."""
    match scheme:
        case "tls" | "ssl":
            return f"Write {shown(f'tcp://{where}?tls=direct')}"
        case "ping":
            return f"Write {shown(f'icmp://{where}')}"
        case "doh" | "dot":
            transport = "https" if scheme == "doh" else "tls"
            return f"Write {shown(f'resolver+{transport}://{where}')}"
        case Kind.HEARTBEAT:
            return "Ask `tocsin status`: a job reports by itself, and nothing of it can be checked"
        case _:
            return None


def _split(rest: str, known: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Split what follows `://` into host and port, and what is said of them."""
    where, _, query = rest.partition("?")
    if "@" in where:
        fix = "Remove what stands before `@`: no login is needed, and none is sent"
        raise MistakeError("bad_target", "a user name or password stands before the host", fix)
    where, slash, path = where.partition("/")
    if not where and not path:
        raise MistakeError("bad_target", "there is no host behind `://`", "Write it there")
    if path:
        message = f"{shown(slash + path)} names something inside of the service"
        raise MistakeError("bad_target", message, "End the target with the host or its port")
    return where, {name: said[0] for name, said in _options(query, known, ()).items()}


def _with_a_scheme(text: str) -> str:
    """Guess what was meant by a target without `://`."""
    scheme, colon, rest = text.partition(":")
    host = rest.strip("/")
    if scheme in {"http", "https", "tcp", *inquiries.FORMS} or catalogue.find(scheme) is not None:
        return f"Write {shown(f'{scheme}://{host}')}" if host else f"Write {scheme}://host"
    if colon and rest.isdigit():
        return f"Write {shown(f'tcp://{text}')}, or the name of a service in place of tcp"
    return "Write postgres://host, tcp://host:port, https://host/path, dns://name or icmp://host"


def _host_and_port(where: str) -> _Raw:
    host, colon, port = where.rpartition(":")
    if ":" in host and not _BRACKETED.fullmatch(host) and not _BRACKETED.fullmatch(where):
        fix = "Put an IPv6 address in brackets, as in [2001:db8::1]:5432"
        raise MistakeError("bad_target", f"{shown(where)} is not clear without brackets", fix)
    if not colon or _BRACKETED.fullmatch(where):
        return {"host": where}
    return {"host": host, "port": port}


def _monitored(raw: _Raw, said: dict[str, str], options: Options) -> Target:
    """Read a service, a port or a URL with what is said of it."""
    if twice := said.keys() & options.said().keys() if "http" not in raw else set():
        message = f"{shown(min(twice))} stands in the target and beside it"
        raise MistakeError("bad_target", message, "Remove one")
    return _read(raw | _said(said | options.said()) | {"family": options.family})


def _read(monitor: _Raw) -> Target:
    """Read a monitor as the only one of a file, at a location that may reach everything."""
    file = {"locations": {"here": {"kind": "agent"}}, "monitors": {"check": monitor}}
    # All JSON is YAML, as long as no character is written as two halves.
    reading = read(json.dumps(file, ensure_ascii=False), "", fetch=beside(Path()))
    for fault in reading.errors:
        raise MistakeError(fault.code, *typed(fault))
    if reading.configuration is None:
        raise AssertionError(reading)
    return reading.configuration.monitors[0].target


def _said(said: dict[str, str]) -> _Raw:
    """Put what is said where a monitor has it."""
    tls: _Raw = {name: said[name] for name in TLS if name in said}
    if "tls" in said:
        tls["mode"] = said["tls"]
    days: _Raw = {name.removesuffix("_days"): said[name] for name in DAYS if name in said}
    expect: _Raw = {name: said[name] for name in ("open", "banner") if name in said}
    if days:
        expect["certificate_days"] = days
    found: _Raw = {"tls": tls, "expect": expect}
    if "addresses" in said:
        found["addresses"] = said["addresses"]
    return {key: value for key, value in found.items() if value}


def _inquired(scheme: str, rest: str, form: Form, options: Options) -> Target:
    """Read a question, a zone, a resolver or a host to ping."""
    where, _, query = rest.partition("?")
    if not where:
        raise MistakeError("bad_target", "there is no name behind `://`", "Write it there")
    _hold_no_server(scheme, where)
    said = _options(query, form.once, form.often)
    for name, word in _beside(form, options).items():
        if name not in form.once:
            message = f"{shown(name)} says nothing of a target of {scheme}"
            raise MistakeError("bad_target", message, "Remove it")
        if name in said:
            message = f"{shown(name)} stands in the target and beside it"
            raise MistakeError("bad_target", message, "Remove one")
        said[name] = [word]
    path = where if scheme.endswith("https") else where.removesuffix("/")
    return _read(inquiries.raw(scheme, path, said))


def _hold_no_server(scheme: str, where: str) -> None:
    """Refuse other ways to say whom to ask: `dns://server/name` (RFC 4501) and `name@server`."""
    first, apart, second = re.sub("/$", "", where).partition("@")
    if apart and (scheme != Kind.DNS or ":" in first):
        fix = "Remove what stands before `@`, and the `@`"
        raise MistakeError("bad_target", "a user name or password stands before the name", fix)
    server, name = second, first
    if not apart:
        server, apart, name = first.rpartition("/")
    if apart and scheme == Kind.DNS and (second or not _without_class(server)):
        fix = f"Write {shown(f'dns://{name}?resolver={server}')}, with the server's address"
        raise MistakeError("bad_target", f"{shown(where)} says whom to ask", fix)


def _without_class(text: str) -> bool:
    """Tell whether it stands before the slash in a name of RFC 2317, as 0 in 0/25.2.0.192…."""
    try:
        servers.server(text)
    except MistakeError:
        return text.rpartition(".")[2].isdecimal()
    return False


def _beside(form: Form, options: Options) -> dict[str, str]:
    """Give what is said beside the target, in the words of the form."""
    said = options.said()
    if form.trust and "name" in said:
        said["server_name"] = said.pop("name")
    if options.family != Family.ANY:
        said["family"] = options.family
    return said


def _options(query: str, once: tuple[str, ...], often: tuple[str, ...]) -> _Query:
    """Read `name=value&…`, where `+` stands for itself: patterns and records are full of it."""
    options: _Query = {}
    for pair in filter(None, query.split("&")):
        name, _, value = (unquote(part, errors="strict") for part in pair.partition("="))
        if name not in (*once, *often):
            fix = f"Use {nearest(name, (*once, *often)) or listed((*once, *often))}"
            raise MistakeError("bad_target", f"{shown(name)} is not an option here", fix)
        if name in once and name in options:
            raise MistakeError("bad_target", f"{shown(name)} stands there twice", "Remove one")
        options.setdefault(name, []).append(value)
    return options
