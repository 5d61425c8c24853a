"""Say in words what pydantic refused: what is wrong, and how to mend it."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel

from tocsin.config import catalogue
from tocsin.config.configuration import LocationKind
from tocsin.config.document import Document
from tocsin.config.fault import MistakeError, Place, listed, nearest, shown
from tocsin.config.maintenance import WindowModel
from tocsin.config.models import KINDLESS, KINDS, MODELS, File
from tocsin.config.salvage import Refusal
from tocsin.config.scripts import STARTTLS
from tocsin.config.settings import LocationModel, Settings
from tocsin.config.shape import mapping
from tocsin.config.values import kind_of
from tocsin.domain.target import Kind

_PARTS = ("dns", "heartbeat", "expect", "tls", "basic")
"""Keys of monitors under which keys stand that some write beside them."""
_MEANT = MappingProxyType(
    {
        "ping": Kind.ICMP,
        "url": Kind.HTTP,
        "domain": Kind.ZONE,
        "server": Kind.RESOLVER,
        "nameserver": Kind.RESOLVER,
        "job": Kind.HEARTBEAT,
    }
)
"""Words that others have for keys of ours."""
_IN_WINDOWS = MappingProxyType(
    {
        **dict.fromkeys(("begin", "begins", "start", "starts", "starts_at"), "from"),
        **dict.fromkeys(("end", "ends", "to", "ends_at"), "until"),
        **dict.fromkeys(("duration", "length", "lasts"), "for"),
        **dict.fromkeys(("schedule", "crontab"), "cron"),
        "tz": "timezone",
    }
)
"""The same for keys of windows."""
_MONITORS_OWN = frozenset(
    {"tls", "ca", "self_signed", "expect", "script", "depends_on", "was", "public"}
)
_FILES_OWN = MappingProxyType(
    {"maintenance": "Move it to the beginning of a line, and name the monitor in its `monitors`"}
)
_SECTIONS = MappingProxyType(
    {
        "locations": ("no_locations", "Add `locations: {eu-west-1: {}, us-east-1: {}, …}`"),
        "monitors": ("no_monitors", 'Add `monitors: {web: {http: "https://www.example.com/"}}`'),
    }
)
_SEALED = frozenset({"basic", "headers"})
"""What stands there in place of a mapping may be a password."""
_SHAPES = MappingProxyType({"model_type": "a mapping", "dict_type": "a mapping"})


def explain(refusal: Refusal, document: Document) -> tuple[Place, MistakeError] | None:
    """Place a refusal and word it; None where another one says the same better."""
    match refusal.details["type"]:
        case "extra_forbidden":
            mistake = _unknown_key(refusal)
            return None if mistake is None else (document.key_at(refusal.path), mistake)
        case "missing":
            return document.key_at(refusal.path[:-1]), _missing(refusal)
        case _:
            return _value_place(refusal, document), _bad_value(refusal)


def _value_place(refusal: Refusal, document: Document) -> Place:
    key = refusal.details["loc"][-1:] == ("[key]",)
    return document.key_at(refusal.path) if key else document.value_at(refusal.path)


def _bad_value(refusal: Refusal) -> MistakeError:
    error = refusal.details.get("ctx", {}).get("error")
    if isinstance(error, MistakeError):
        return error
    kind, value = refusal.details["type"], refusal.details["input"]
    where = str(refusal.path[-1]) if refusal.path else "the file"
    if refusal.path in {("locations",), ("monitors",)} and value is None:
        return empty_section(where)
    if refusal.path[:1] == ("maintenance",) and kind in _SHAPES:
        message = f"a window must be a mapping, got {kind_of(value)}"
        fix = "Write it like {weekly: sunday 02:00, for: 2h, all: true}"
        return MistakeError("wrong_type", message, fix)
    shape = _SHAPES.get(kind, "something else")
    fix = f"Write `{where}: {{…}}` with its keys"
    if refusal.path[:1] == ("locations",) and value in tuple(LocationKind):
        fix = f"Write `{where}: {{kind: {value}}}`"
    got = "text" if isinstance(value, str) and where in _SEALED else kind_of(value)
    return MistakeError("wrong_type", f"{shown(where)} must be {shape}, got {got}", fix)


def _missing(refusal: Refusal) -> MistakeError:
    key = str(refusal.path[-1])
    if refusal.path[:-1] == ():
        return empty_section(key)
    around = shown(str(refusal.path[-2]))
    return MistakeError("missing_key", f"{around} has no {shown(key)}", f"Add `{key}:` to it")


def empty_section(name: str) -> MistakeError:
    """Say that a section, without which there is nothing to watch, is not there."""
    code, fix = _SECTIONS[name]
    return MistakeError(code, f"the file has no {name}", fix)


def _unknown_key(refusal: Refusal) -> MistakeError | None:
    key = str(refusal.path[-1])
    label = refusal.label
    known = keys(_model_at(refusal))
    if label is not None and len(refusal.path) == 3:  # noqa: PLR2004 - a key of a monitor itself
        if key in _FILES_OWN:
            message = f"{shown(key)} belongs to the file, not to a monitor"
            return MistakeError("unknown_key", message, _FILES_OWN[key])
        owners = tuple(kind for kind in KINDS if key in keys(MODELS[kind]))
        if owners and label == KINDLESS:
            return None
        if key in KINDS and not inside(label, key):
            message = f"{shown(key)} is a second kind: this monitor is {shown(label)} already"
            return MistakeError("two_kinds", message, "Make two monitors of it")
        if owners and not inside(label, key):
            message = (
                f"{shown(key)} belongs to monitors of kind {listed(owners, 'and')}, not {label}"
            )
            return MistakeError("unknown_key", message, "Remove it")
        if label == KINDLESS:
            known += KINDS
    if refusal.path == ("defaults", key) and key in _MONITORS_OWN:
        message = f"{shown(key)} belongs to a monitor, not to all of them"
        return MistakeError("unknown_key", message, "Move it to the monitors that it is true of")
    return MistakeError("unknown_key", f"{shown(key)} is not a known key", _mend(refusal, known))


def _mend(refusal: Refusal, known: tuple[str, ...]) -> str:
    """Say where an unknown key would be right, or which one may have been meant."""
    key = str(refusal.path[-1])
    label = refusal.label or KINDLESS
    if guess := _meant(key, known, _IN_WINDOWS if refusal.path[0] == "maintenance" else _MEANT):
        return f"Write {guess}"
    match refusal.path:
        case ("monitors", _, _):
            if label == KINDLESS and (service := catalogue.find(key)) is not None:
                return f"Write `service: {service[0]}` and `host:`"
            if part := inside(label, key):
                return f"Move it into `{part}: {{{key}: …}}`"
        case ("monitors", _, "expect", _):
            owners = tuple(
                kind for kind in KINDS if key in keys(_mapping_at(MODELS[kind], "expect"))
            )
            if owners:
                return f"Remove it: it is for monitors of kind {listed(owners, 'and')}"
        case (*_, "script", _, _) if key == STARTTLS:
            return f"Write the word {STARTTLS} alone"
    return f"Remove it, or write one of {', '.join(known)}"


def meant_as_kind(key: str) -> bool:
    """Tell whether an unknown key of a monitor was to say what it watches."""
    parts = (inside(KINDLESS, key), _MEANT.get(key), nearest(key, KINDS), catalogue.find(key))
    return any(parts)


def inside(label: str, key: str) -> str | None:
    """Name the mapping of a monitor in which a key has a meaning; without a kind, that of any."""
    models = MODELS.values() if label == KINDLESS else (MODELS[label],)
    found = (part for part in _PARTS for m in models if key in keys(_mapping_at(m, part)))
    return next(found, None)


def _meant(key: str, known: tuple[str, ...], words: Mapping[str, str]) -> str | None:
    return nearest(key, known) or (word if (word := words.get(key)) in known else None)


def _model_at(refusal: Refusal) -> type[BaseModel]:
    """Find the model of the mapping in which something was refused."""
    match refusal.path[:-1]:
        case ():
            return File
        case ("locations", _):
            return LocationModel
        case ("maintenance", _):
            return WindowModel
        case ("defaults", *steps):
            model: type[BaseModel] = Settings
        case (_, _, *steps):
            model = MODELS[refusal.label or KINDLESS]
    for step in steps:
        if isinstance(step, str):
            model = _mapping_at(model, step)
    return model


@cache  # the same few, for every mistake of a long file
def _mapping_at(model: type[BaseModel], key: str) -> type[BaseModel]:
    """Give the model of what stands under a key of a mapping; one without keys, if none does."""
    fields = ((field.alias or name, field) for name, field in model.model_fields.items())
    found = next((field.annotation for name, field in fields if name == key), None)
    return mapping(found) or BaseModel


@cache
def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Name the keys of a model as the file spells them."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
