"""Targets of DNS and ICMP as they are typed: `dns://…`, `zone://…`, `resolver://…`, `icmp://…`.

Each becomes what a monitor of the file would say, and is read by the file's own readers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

type Raw = dict[str, "str | list[str] | Raw"]

RESOLVER: Final = "resolver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What may stand behind the `?`: for the monitor itself, under its `key`, and in `expect`.

    What may be repeated is `listed`, or `expected_lists`. `days` become one key of `expect`, as
    `warn` and `fail`. With `trust` there are rules of TLS.
    """

    key: str
    own: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    expected_lists: tuple[str, ...] = ()
    days: str = ""
    trust: bool = False

    @property
    def once(self) -> tuple[str, ...]:
        """Give the options that may stand there once."""
        days = ("warn_days", "fail_days") if self.days else ()
        trust = TRUST if self.trust else ()
        return (*self.own, *self.asked, *self.expected, *days, *trust)

    @property
    def often(self) -> tuple[str, ...]:
        """Give those that may be repeated."""
        return (*self.listed, *self.expected_lists)


TRUST: Final = ("server_name", "ca", "self_signed", "minimum")
"""Rules of TLS; `name` is that of a question here."""

FORMS: Final[Mapping[str, Form]] = {
    "dns": Form(
        key="dns",
        asked=("type", "class", "resolver", "recursive", "edns"),
        expected=("rcode", "count", "matches", "ttl_at_least", "aa", "ad", "dnssec", "aliases"),
        expected_lists=("equals", "contains", "one_of", "none_of", "anchors"),
        trust=True,
    ),
    "zone": Form(
        key="zone",
        own=("resolver", "port", "family"),
        expected=("serial_lag", "dnssec", "servers"),
        listed=("parents", "record"),
        days="signature_days",
    ),
    RESOLVER: Form(
        key=RESOLVER,
        own=("name", "type"),
        expected=("absent", "validates", "bogus"),
        expected_lists=("equals",),
        trust=True,
    ),
    "icmp": Form(key="icmp", own=("count", "family"), expected=("loss", "rtt")),
}
_RENAMED: Final = {"record": "records", "server_name": "name"}


def form_of(scheme: str) -> Form | None:
    """Find the form of a scheme; a resolver's may name its transport: `resolver+tls`."""
    name, plus, _ = scheme.partition("+")
    return FORMS.get(name) if not plus or name == RESOLVER else None


def raw(scheme: str, where: str, said: Mapping[str, Sequence[str]]) -> Raw:
    """Give the monitor as the file would have it."""
    form, _, transport = scheme.partition("+")
    known = FORMS[form]
    monitor: Raw = {known.key: f"{transport}://{where}" if transport else where}
    if known.asked:
        asked: Raw = {"name": where}
        monitor[known.key] = asked | {key: said[key][0] for key in known.asked if key in said}
    monitor |= {name: said[name][0] for name in known.own if name in said}
    expect: Raw = {name: said[name][0] for name in known.expected if name in said}
    monitor |= {_RENAMED.get(each, each): list(said[each]) for each in known.listed if each in said}
    expect |= {each: list(said[each]) for each in known.expected_lists if each in said}
    if "count" in expect:
        expect["count"] = _count(str(expect["count"]))
    days: Raw = {n: said[f"{n}_days"][0] for n in ("warn", "fail") if f"{n}_days" in said}
    if days:
        expect[known.days] = days
    tls: Raw = {_RENAMED.get(n, n): said[n][0] for n in TRUST if known.trust and n in said}
    return monitor | {key: each for key, each in (("expect", expect), ("tls", tls)) if each}


def _count(text: str) -> str | Raw:
    """Read `3`, or `1-4`, `1-` and `-4` as bounds."""
    least, dash, most = text.partition("-")
    if not dash:
        return text
    return {name: bound for name, bound in (("min", least), ("max", most)) if bound}
