"""Judge an HTTP answer: status, headers, then its body. Each finding is a sentence for a person."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from tocsin.checks.coding import decoded
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import Answer, Extent, wire_limit
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import HttpTarget

_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]")
_ABSENT: Final = object()
_SHOWN: Final = 80
_CHARSETS: Final = frozenset({"utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
# What servers say in clear at the port of their TLS: nginx, Go, Apache, Tomcat.
_WANTS_TLS: Final = re.compile(
    rb"to (an )?https (port|server)|to an ssl-enabled server port|requires tls", re.IGNORECASE
)


def wants_body(target: HttpTarget) -> bool:
    """Tell whether anything is expected of the body; it is not read otherwise."""
    return (
        target.text is not None
        or target.without is not None
        or target.pattern is not None
        or bool(target.json)
    )


def judge_head(target: HttpTarget, answer: Answer, glimpse: Callable[[], bytes]) -> None:
    """Raise CheckFailedError for a status or header that is not as expected.

    `glimpse` gives what came along of the body, which may explain the status.
    """
    if not any(low <= answer.status <= high for low, high in target.status):
        expected = ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in target.status)
        text = f"status {answer.status}, expected {expected}{_hint(answer, glimpse)}"
        raise CheckFailedError(Layer.HTTP, Reason.STATUS_NOT_EXPECTED, text)
    for name, expression in target.header_rules:
        _judge_header(name, expression, answer.values(name.lower().encode()))


def judge_body(target: HttpTarget, answer: Answer) -> str:
    """Raise CheckFailedError for a body that is not as expected; say what of it was not seen."""
    answer = decoded(answer, target.limit)
    place, body = _place(target, answer), _text(answer)
    if target.text is not None and target.text not in body:
        raise _unmet(answer, f'"{target.text}" is not in {place}')
    if target.without is not None and (at := body.find(target.without)) >= 0:
        said = quoted(body[at : at + _SHOWN + 1].encode(errors="backslashreplace"), _SHOWN)
        raise _unexpected(f'"{target.without}" is in {place}: {said}')
    if target.pattern is not None and not _found(target.pattern, body, "body"):
        raise _unmet(answer, f"nothing in {place} matches {target.pattern}")
    if target.json:
        _judge_json(target, answer, body, place)
    if target.without is None or answer.extent is Extent.WHOLE:
        return ""
    return f'; "{target.without}" is not in {place}'


def _judge_header(name: str, expression: str | None, values: tuple[bytes, ...]) -> None:
    if expression is None:
        if values:
            raise _odd_header(f"the header {name} is there, {_listed(values)}, and must not be")
        return
    if not values:
        raise _odd_header(f"there is no header {name}, expected one that matches {expression}")
    # A line of its own for each: no pattern reaches from one value into the next.
    for value in values:
        if _found(expression, value.decode("utf-8", "backslashreplace"), f"header {name}"):
            return
    raise _odd_header(f"the header {name} is {_listed(values)}, expected to match {expression}")


def _judge_json(target: HttpTarget, answer: Answer, body: str, place: str) -> None:
    if answer.extent is Extent.BEGINNING:
        text = f"the body is longer than {_size(target.limit)}, so its JSON cannot be read"
        raise CheckFailedError(Layer.CONTENT, Reason.TOO_MUCH_DATA, text)
    if answer.extent is Extent.FRAGMENTS:
        text = f"{place} are all that is read of so many chunks: its JSON cannot be read"
        raise CheckFailedError(Layer.CONTENT, Reason.TOO_MUCH_DATA, text)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise _unmet(answer, f"{place} is not JSON") from None
    for path, expected in target.json:
        value = _at(document, path)
        if value is _ABSENT:
            raise _unmet(answer, f"{path} is not there")
        if (found := _written(value)) != expected:
            # The mark of a cut tells the redaction where a secret may have lost its end.
            shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}…"
            raise _unexpected(f'{path} is "{shown}", expected "{expected}"')


def _found(expression: str, text: str, what: str) -> bool:
    try:
        return Pattern(expression).search(text) is not None
    except TooSlowError:
        raise _unexpected(
            f"the pattern {expression} takes too long on this {what}; simplify it"
        ) from None


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


def _text(answer: Answer) -> str:
    r"""Give the body as text; bytes that are none in its charset appear as `\xff`."""
    kind = b", ".join(answer.values(b"content-type")).decode("latin-1").lower()
    _, _, named = kind.partition("charset=")
    charset = named.split(";")[0].strip(" \"'")
    # Only those by name: some of Python's codecs are slow on hostile text.
    text = answer.body.decode(charset if charset in _CHARSETS else "utf-8", "backslashreplace")
    return text.removeprefix("\ufeff")


def _hint(answer: Answer, glimpse: Callable[[], bytes]) -> str:
    """Say what else the answer tells of a status that nobody expected."""
    if answer.status == HTTPStatus.BAD_REQUEST and _WANTS_TLS.search(glimpse()):
        return ": this port speaks TLS, and the URL should begin with https"
    locations = answer.values(b"location")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST and locations:
        return f": it redirects to {quoted(locations[0])}, and no redirect is followed"
    return ""


def _place(target: HttpTarget, answer: Answer) -> str:
    size = len(answer.body)
    match answer.extent:
        case Extent.WHOLE:
            return "the body"
        case Extent.UNSURE:
            return f"the body, which was cut after {size} bytes (no TLS close_notify)"
        case Extent.FRAGMENTS:
            return f"the body's first {size} bytes (in {_size(wire_limit(target.limit))} of chunks)"
        case Extent.BEGINNING:
            return f"the body's first {size} bytes"


def _size(count: int) -> str:
    return f"{count} bytes" if count % 1024 else f"{count // 1024} KiB"


def _listed(values: tuple[bytes, ...]) -> str:
    more = f" and {len(values) - 1} more" if len(values) > 1 else ""
    return quoted(values[0], _SHOWN) + more


def _odd_header(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.HTTP, Reason.CONTENT_NOT_EXPECTED, text)


def _unexpected(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, text)


def _unmet(answer: Answer, text: str) -> CheckFailedError:
    begins = f"; it begins {quoted(answer.body, _SHOWN)}" if answer.body else "; it is empty"
    return _unexpected(text + begins)
