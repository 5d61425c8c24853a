"""Targets as they are written on a command line: `tcp://…`, `http(s)://…`, `dns://…`."""

from urllib.parse import unquote, urlsplit

from tocsin.config import address, questions, requests, values
from tocsin.config.fault import MistakeError, listed, shown
from tocsin.domain.script import greeting
from tocsin.domain.target import DnsTarget, Family, HttpTarget, Target, TcpTarget

type _Query = dict[str, list[str]]


def parse(text: str, family: str = Family.ANY) -> Target:
    """Read a target; raises MistakeError with the mend."""
    try:
        text.encode()
        return _parsed(text, family)
    except UnicodeError:
        fix = "Write UTF-8, also behind `%`"
        raise MistakeError("bad_target", f"{shown(text)} is not UTF-8", fix) from None


def _parsed(text: str, family: str) -> Target:
    scheme, colon, rest = text.partition("://")
    known = values.family(family)
    if "${" in text:
        fix = "Write the value, or watch it with a monitor"
        raise MistakeError("bad_target", "a check by hand reads no secrets", fix)
    match scheme:
        case "http" | "https":
            return HttpTarget(url=requests.url(text), family=known)
        case "tcp" if colon:
            return _tcp(rest, known)
        case "dns" if colon:
            return _dns(text)
        case _:
            fix = "Write tcp://host:port, https://host/path or dns://name?type=MX"
            raise MistakeError("bad_target", f"{shown(text)} is not a target", fix)


def _tcp(rest: str, family: Family) -> TcpTarget:
    where, _, query = rest.partition("?")
    options = _options(query, ("banner",), ())
    host, port = address.endpoint(where.removesuffix("/"))
    banner = options.get("banner")
    script = greeting(values.pattern(banner[0])) if banner else ()
    return TcpTarget(host=host, port=port, script=script, family=family)


def _dns(text: str) -> DnsTarget:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        fix = "Write dns://name?type=MX"
        raise MistakeError("bad_target", f"{shown(text)}: {error}", fix) from None
    options = _options(parts.query, ("type", "resolver", "rcode"), ("equals", "contains"))
    kind = questions.record_type(options.get("type", ["A"])[0])
    server = options.get("resolver")
    equals = options.get("equals")
    return DnsTarget(
        name=questions.question_name(parts.netloc + parts.path.removesuffix("/")),
        type=kind,
        resolver=questions.resolver(server[0]) if server else None,
        rcode=questions.rcode(options.get("rcode", ["NOERROR"])[0]),
        equals=tuple(questions.record(each, kind) for each in equals) if equals else None,
        contains=tuple(questions.record(each, kind) for each in options.get("contains", [])),
    )


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
