"""Targets as they are written on a command line: `tcp://…`, `http(s)://…`, `dns://…`, `smtp://…`.

They are read as a monitor of the file would be, by the same readers and under the same rules.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tocsin.config import catalogue, values
from tocsin.config.certificates import beside
from tocsin.config.fault import MistakeError, listed, shown
from tocsin.config.reader import parse as read
from tocsin.domain.monitor import Target
from tocsin.domain.target import Family
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
        case "tls" | "ssl":
            where = shown(f"tcp://{rest.partition('?')[0]}?tls=direct")
            raise MistakeError("bad_target", f"{shown(scheme)} names no service", f"Write {where}")
        case _:
            where, said = _split(rest, ("open", *OPTIONS))
            return _monitored({"service": scheme, **_host_and_port(where)}, said, options)


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
    return "Write postgres://host, tcp://host:port, https://host/path or dns://name?type=MX"


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
            fix = f"Use {listed((*once, *often))}"
            raise MistakeError("bad_target", f"{shown(name)} is not an option here", fix)
        if name in once and name in options:
            raise MistakeError("bad_target", f"{shown(name)} stands there twice", "Remove one")
        options.setdefault(name, []).append(value)
    return options
