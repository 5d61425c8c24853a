"""Whether who reads by one JSON schema reads what is written by another.

Fields that a reader does not know it leaves out; a word that it does not know it cannot read.
"""

from collections.abc import Iterator
from typing import Any

type Schema = dict[str, Any]


def complaints(reader: Schema, writer: Schema) -> list[str]:
    """Say what the reader could not read, or would take for something else."""
    return sorted(set(_differences("", Side(reader), Side(writer), set())))


class Side:
    """A schema, with the definitions that it refers to."""

    def __init__(self, schema: Schema, definitions: Schema | None = None) -> None:
        self._definitions = schema.get("$defs", {}) if definitions is None else definitions
        self.name = schema.get("$ref", "")
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].removeprefix("#/$defs/")]
        self.schema = schema

    def of(self, schema: Schema) -> "Side":
        return Side(schema, self._definitions)

    def options(self) -> list["Side"]:
        found = self.schema.get("anyOf") or self.schema.get("oneOf")
        return [self.of(each) for each in found] if found else [self]


def _differences(at: str, reader: Side, writer: Side, seen: set[tuple[str, str]]) -> Iterator[str]:
    if reader.name and writer.name:
        if (reader.name, writer.name) in seen:
            return
        seen = seen | {(reader.name, writer.name)}
    known = reader.options()
    for option in writer.options():
        # It would be taken for another kind that has its fields.
        if len(known) > 1 and option.name and option.name not in {each.name for each in known}:
            yield f"{at}: may be a {option.name.rpartition('/')[2]}, which was not known"
            continue
        found = [[*_one(at, each, option, seen)] for each in known]
        if all(found):
            yield from min(found, key=len)


def _one(at: str, reader: Side, writer: Side, seen: set[tuple[str, str]]) -> Iterator[str]:
    old, new = reader.schema, writer.schema
    for key in ("type", "format"):
        if old.get(key) != new.get(key):
            yield f"{at}: {key} was {old.get(key)} and is {new.get(key)}"
            return
    if _words(old) and (strange := _words(new) - _words(old)):
        yield f"{at}: may be {', '.join(map(str, sorted(strange)))}, which was not known"
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _differences(f"{at}[]", reader.of(old[key]), writer.of(new[key]), seen)
    for n, (was, is_now) in enumerate(
        zip(old.get("prefixItems", []), new.get("prefixItems", []), strict=False)
    ):
        yield from _differences(f"{at}[{n}]", reader.of(was), writer.of(is_now), seen)
    yield from _fields(at, reader, writer, seen)


def _words(said: Schema) -> set[Any]:
    return set(said.get("enum", [said["const"]] if "const" in said else []))


def _fields(at: str, reader: Side, writer: Side, seen: set[tuple[str, str]]) -> Iterator[str]:
    old, new = reader.schema.get("properties", {}), writer.schema.get("properties", {})
    needed, written = (set(each.schema.get("required", [])) for each in (reader, writer))
    for name in sorted(needed - written):
        yield f"{at}.{name}: is no longer written always"
    for name in sorted(old.keys() & new.keys()):
        if name not in needed and old[name].get("default") != new[name].get("default"):
            yield f"{at}.{name}: what is left out meant something else"
        yield from _differences(f"{at}.{name}", reader.of(old[name]), writer.of(new[name]), seen)
