"""Judge an HTTP answer: its status, then its body. Each finding is a sentence for a person."""

import json
import re
from typing import Final

from tocsin.checks.connection import LIMIT
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import BODY_LIMIT, Answer, Extent
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import HttpTarget

_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]")
_ABSENT: Final = object()


def wants_body(target: HttpTarget) -> bool:
    """Tell whether anything is expected of the body; it is not read otherwise."""
    return target.text is not None or target.pattern is not None or bool(target.json)


def judge(target: HttpTarget, answer: Answer) -> None:
    """Raise CheckFailedError for the first expectation that is not met."""
    if not any(low <= answer.status <= high for low, high in target.status):
        expected = ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in target.status)
        text = f"status {answer.status}, expected {expected}"
        raise CheckFailedError(Layer.HTTP, Reason.STATUS_NOT_EXPECTED, text)
    if target.text is not None and target.text not in answer.text:
        raise _unmet(answer, f'"{target.text}" is not in {_place(answer)}')
    if target.pattern is not None:
        _judge_pattern(target.pattern, answer)
    if target.json:
        _judge_json(target.json, answer)


def _judge_pattern(expression: str, answer: Answer) -> None:
    try:
        found = Pattern(expression).search(answer.text)
    except TooSlowError:
        text = f"the pattern {expression} takes too long on this body; simplify it"
        raise _unmet(answer, text) from None
    if not found:
        raise _unmet(answer, f"nothing in {_place(answer)} matches {expression}")


def _judge_json(rules: tuple[tuple[str, str], ...], answer: Answer) -> None:
    if answer.extent is Extent.BEGINNING:
        text = f"the body is longer than {BODY_LIMIT // 1024} KiB, so its JSON cannot be read"
        raise CheckFailedError(Layer.CONTENT, Reason.TOO_MUCH_DATA, text)
    if answer.extent is Extent.FRAGMENTS:
        text = f"{_place(answer)} are all that is read of so many chunks: its JSON cannot be read"
        raise CheckFailedError(Layer.CONTENT, Reason.TOO_MUCH_DATA, text)
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError):
        raise _unmet(answer, f"{_place(answer)} is not JSON") from None
    for path, expected in rules:
        value = _at(document, path)
        if value is _ABSENT:
            raise _unmet(answer, f"{path} is not there")
        if (found := _written(value)) != expected:
            text = f'{path} is "{found[:80]}", expected "{expected}"'
            raise CheckFailedError(Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, text)


def _at(document: object, path: str) -> object:
    value = document
    for key, index in _STEP.findall(path):
        if key and isinstance(value, dict) and key in value:
            value = value[key]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return _ABSENT
    return value


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place(answer: Answer) -> str:
    size = len(answer.body)
    match answer.extent:
        case Extent.WHOLE:
            return "the body"
        case Extent.UNSURE:
            return f"the body, which was cut after {size} bytes (no TLS close_notify)"
        case Extent.FRAGMENTS:
            return f"the body's first {size} bytes (in {LIMIT // 1024} KiB of chunks)"
        case Extent.BEGINNING:
            return f"the body's first {size} bytes"


def _unmet(answer: Answer, text: str) -> CheckFailedError:
    begins = f"; it begins {quoted(answer.body, 80)}" if answer.body else "; it is empty"
    return CheckFailedError(Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, text + begins)
