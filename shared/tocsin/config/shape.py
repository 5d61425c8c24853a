"""What mappings of the file have in common: no other keys, and at times one word for the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAliasType, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_NULL = {"type": "null"}


class Strict(BaseModel):
    """A mapping of the file: no other keys, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def mapping(annotation: object) -> type[BaseModel] | None:
    """Find the model of what may stand in a field, in whatever its type is wrapped."""
    if isinstance(annotation, TypeAliasType):
        return mapping(annotation.__value__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(mapping, get_args(annotation))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InShort:
    """Lets a scalar stand for a mapping: `slow: 2s` for `slow: {total: 2s}`.

    `read` makes the model of the scalar, or raises MistakeError; `face` is its JSON schema.
    """

    read: Callable[[object], Strict]
    face: JsonSchemaValue

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._either, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        faces = handler(schema)
        return {"anyOf": [self.face, *(f for f in faces.get("anyOf", [faces]) if f != _NULL)]}

    def _either(self, value: object, mapping: Callable[[object], Strict]) -> Strict:
        return mapping(value) if isinstance(value, dict) else self.read(value)
