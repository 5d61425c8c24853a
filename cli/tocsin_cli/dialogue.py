"""Say a target in lines for people: what is sent to it, what must come, what TLS is held to."""

from collections.abc import Iterator
from dataclasses import fields
from difflib import ndiff
from hashlib import sha256
from ssl import PEM_cert_to_DER_cert
from typing import Any

from tocsin.config.bytestrings import written
from tocsin.domain.monitor import Target
from tocsin.domain.script import Expect, Send, Step
from tocsin.domain.target import Tls

_ENDS = "-----END CERTIFICATE-----\n"
_DIGITS = 16
"""Of a fingerprint: enough to tell two authorities apart."""


def steps(script: tuple[Step, ...]) -> list[str]:
    """Say a dialogue, a line a step."""
    return [_step(step) for step in script]


def changes(before: Target, after: Target) -> list[str]:
    """Say what differs between two targets, in lines that begin with `-` or `+`."""
    lines = ndiff(list(_lines(before)), list(_lines(after)))
    return [line for line in lines if line[0] in "-+"]


def _lines(target: Target) -> Iterator[str]:
    """Say what is not as it is by default, a line each."""
    for field in fields(target):
        value = getattr(target, field.name)
        if value == field.default and field.name != "kind":
            continue
        match field.name:
            case "script":
                yield from steps(value)
            case "tls":
                yield from _tls(value)
            case "status":
                yield f"status: {', '.join(f'{low}-{high}' for low, high in value)}"
            case "headers" | "header_rules" | "json":
                yield from (f"{field.name}: {key}: {_said(said)}" for key, said in value)
            case _:
                yield f"{field.name}: {_said(value)}"


def _step(step: Step) -> str:
    match step:
        case Send(data=data):
            return f"send {_data(data)}"
        case Expect():
            within = f" within {step.timeout.total_seconds():g}s" if step.timeout else ""
            declines = f", declined by {step.declines}" if step.declines else ""
            wrong = f", wrong with {step.wrong}" if step.wrong else ""
            return f"expect {step}{within}{declines}{wrong}"
        case _:
            return "starttls"


def _data(data: str) -> str:
    raw = data.encode("latin-1")
    text = written(data)
    return raw.hex(" ") if r"\x" in text or r"\0" in text else f'"{text}"'


def _tls(rules: Tls | None) -> Iterator[str]:
    for field in fields(Tls):
        value = getattr(rules, field.name)
        if field.name == "authority" and value is not None:
            for block in value.split(_ENDS)[:-1]:
                digest = sha256(PEM_cert_to_DER_cert(block + _ENDS)).hexdigest()[:_DIGITS]
                yield f"tls authority: sha256 {digest}…"
        elif value != field.default:
            yield f"tls {field.name}: {_said(value)}"
    if rules == Tls():
        yield "tls"


def _said(value: Any) -> str:  # noqa: ANN401 - a field of any target
    if isinstance(value, tuple):
        return ", ".join(map(_said, value))
    return "none" if value is None else str(value)
