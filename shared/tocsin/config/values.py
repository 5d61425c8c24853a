"""The values of single fields, from the text in which they are written.

Every function takes what the file holds, of any shape, and gives a value or raises MistakeError.
"""

import re
import warnings

from tocsin.config.configuration import LocationKind
from tocsin.config.fault import MistakeError, listed, nearest, shown
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import printable
from tocsin.domain.questions import Dnssec
from tocsin.domain.target import Addresses, Family

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
LOCATION = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
QUORUM_WORDS = ("majority", "all", "any")
PATTERN_LIMIT = 1000
TEXT_LIMIT = 4096
ITEMS_LIMIT = 100
MOST_SERVERS = 64
"""Addresses of a zone's servers that can be asked for: far above any real zone."""

_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=@+-]{0,62}")
_JSON_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,6}\])*")


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """Take a scalar as it is written."""
    if not isinstance(value, str):
        fix = "Write one value" if value is not None else "Write one value, or remove the key"
        raise MistakeError("wrong_type", f"expected text, got {kind_of(value)}", fix)
    if len(value) > limit:
        message = f"{shown(value)} has {len(value):,} characters"
        raise MistakeError("too_long", message, f"Shorten it to at most {limit:,} characters")
    return value


def kind_of(value: object) -> str:
    """Name the shape of what the file holds."""
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return shown(str(value))


def whole(value: object, *, least: int, most: int) -> int:
    """Read a whole number; `010` is refused, since some readers take it for 8."""
    digits = text(value)
    if _WHOLE.fullmatch(digits) and least <= int(digits) <= most:
        return int(digits)
    if re.fullmatch(r"0[0-7]{1,8}", digits):
        message = f"{shown(digits)} begins with a zero, so some readers of YAML take it for octal"
        fix = "Remove the leading zero"
    else:
        message = f"{shown(digits)} is not a whole number from {least} to {most}"
        fix = f"Write a number from {least} to {most} in digits"
    raise MistakeError("bad_number", message, fix)


def quorum(value: object) -> str | int:
    """Read how many locations must agree: a word or a number."""
    written = text(value)
    if written in QUORUM_WORDS:
        return written
    if _WHOLE.fullmatch(written) and int(written):
        return int(written)
    guess = nearest(written, QUORUM_WORDS)
    message = f"{shown(written)} is not a quorum"
    fix = f"Write {guess}" if guess else f"Write {listed(QUORUM_WORDS)}, or a number from 1"
    raise MistakeError("bad_quorum", message, fix)


def word(value: object, known: tuple[str, ...], code: str, what: str) -> str:
    """Read one of a few words."""
    written = text(value)
    if written in known:
        return written
    guess = nearest(written, known)
    fix = f"Write {guess}" if guess else f"Write {listed(known)}"
    raise MistakeError(code, f"{shown(written)} is not {what}", fix)


def flag(value: object) -> bool:
    """Read true or false; `yes` and `on` are words here."""
    return word(value, ("true", "false"), "bad_flag", "true or false") == "true"


def addresses(value: object) -> Addresses:
    """Read how many of a name's addresses must pass."""
    return Addresses(word(value, tuple(Addresses), "bad_addresses", "any or all"))


def route(value: object) -> Route:
    """Read where alerts go."""
    return Route(word(value, tuple(Route), "unknown_route", "a route"))


def family(value: object) -> Family:
    """Read which addresses of a name are tried."""
    return Family(word(value, tuple(Family), "bad_family", "a family of addresses"))


def location_kind(value: object) -> LocationKind:
    """Read what runs at a location."""
    return LocationKind(word(value, tuple(LocationKind), "bad_location_kind", "a kind of location"))


def signing(value: object, known: tuple[Dnssec, ...]) -> Dnssec:
    """Read what is expected of signatures."""
    words = tuple(map(str, known))
    return Dnssec(word(value, words, "bad_dnssec", "what can be expected of signatures"))


def servers(value: object) -> int | None:
    """Read how many servers of a zone must be well; None for all of them."""
    written = text(value)
    if written == "all":
        return None
    if not written.isdecimal():
        message = f"{shown(written)} is not a number of servers"
        raise MistakeError("bad_number", message, f"Write all, or from 1 to {MOST_SERVERS}")
    return whole(value, least=1, most=MOST_SERVERS)


def percent(value: object) -> int:
    """Read a percentage under a hundred."""
    digits = text(value)
    if digits.endswith("%") and _WHOLE.fullmatch(digits[:-1]):
        message = f"{shown(digits)} is not a number alone"
        raise MistakeError("bad_number", message, f"Write {digits[:-1]}: it is in percent")
    return whole(value, least=0, most=99)


def name(value: object) -> str:
    """Read the name of a monitor, which becomes its id."""
    written = text(value)
    if not NAME.fullmatch(written):
        fix = "Write at most 63 lower-case letters, digits, dots, hyphens or underscores"
        guess = re.sub(r"[^a-z0-9._-]+", "-", written.lower()).strip("-._")[:63]
        fix = f"Rename it, for example to {guess}" if NAME.fullmatch(guess) else fix
        raise MistakeError("bad_name", f"{shown(written)} cannot name a monitor", fix)
    return written


def former_name(value: object) -> str:
    """Read the name that a monitor had before it was renamed."""
    written = text(value)
    if not NAME.fullmatch(written):
        message = f"{shown(written)} was never the name of a monitor"
        fix = "Write the name that the file had before, or remove the key"
        raise MistakeError("bad_name", message, fix)
    return written


def location(value: object) -> str:
    """Read the name of a location."""
    written = text(value)
    if not LOCATION.fullmatch(written):
        fix = "Write at most 31 lower-case letters, digits or hyphens"
        raise MistakeError("bad_location", f"{shown(written)} cannot name a location", fix)
    if written == ENDPOINT:
        message = f"{shown(written)} is where jobs report, and no other location has this name"
        raise MistakeError("bad_location", message, "Write another name")
    return written


def tag(value: object) -> str:
    """Read a tag."""
    written = text(value)
    if not _TAG.fullmatch(written):
        fix = "Write at most 63 letters, digits or any of . _ : / = @ + -"
        raise MistakeError("bad_tag", f"{shown(written)} is not a tag", fix)
    return written


def pattern(value: object) -> str:
    """Read a regular expression."""
    written = text(value, PATTERN_LIMIT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of sets that will be read otherwise one day
            re.compile(written)
            re.compile(written.encode().decode("latin-1"))  # as a banner's bytes are matched
    except (re.error, OverflowError, RecursionError, Warning) as error:
        message = f"{shown(written)} is not a regular expression: {error}"
        fix = "Mend it, and escape with a backslash what is meant literally"
        raise MistakeError("bad_pattern", message, fix) from None
    return written


def json_path(value: object) -> str:
    """Read a path into a JSON document."""
    written = text(value)
    if not _JSON_PATH.fullmatch(written):
        fix = "Write it like $.db.replicas[0].state"
        raise MistakeError("bad_json_path", f"{shown(written)} is not a path", fix)
    return written


def json_value(value: object) -> str:
    """Read the text that a JSON value must equal; an empty value means null."""
    return "null" if value is None else text(value)


def something(value: object) -> object:
    """Refuse a key that stands there without a value."""
    if value is None:
        raise MistakeError("wrong_type", "nothing stands here", "Write a value, or remove the key")
    return value


def listing(value: object) -> object:
    """Refuse what is not a list, or a long one; the items have readers of their own."""
    if not isinstance(value, list):
        fix = (
            f"Write it as a list: [{printable(value, 40)}]"
            if isinstance(value, str)
            else "Write it as a list"
        )
        raise MistakeError("wrong_type", f"expected a list, got {kind_of(value)}", fix)
    return short(value)


def short(value: object) -> object:
    """Refuse a list or a mapping of very many; its shape is for others to judge."""
    if isinstance(value, list | dict) and len(value) > ITEMS_LIMIT:
        fix = f"Keep at most {ITEMS_LIMIT}"
        raise MistakeError("too_many", f"{len(value):,} stand here", fix)
    return value


def unique[T](values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a list that names something twice."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            fix = "Remove one"
            raise MistakeError("named_twice", f"{shown(str(value))} stands here twice", fix)
        seen.add(value)
    return values


def some[T](values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse an empty list."""
    if not values:
        raise MistakeError(
            "empty_list", "the list is empty", "Name at least one, or remove the key"
        )
    return values
