"""The JSON schema of what is sent to machines, for whoever writes a receiver or a rule."""

import json
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from tocsin.messages.payload import Payload


class _Plain(GenerateJsonSchema):
    """Without titles, which only repeat the names, and without defaults: nothing is left out."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema() -> str:
    """Give the schema as the text of a file: of what is written, so all fields are there."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Payload.model_json_schema(mode="serialization", schema_generator=_Plain),
        "title": "Tocsin: an alert, version 1",
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(path: Path) -> None:
    """Write it to a file, as the tests want to find it in docs/alert.schema.json."""
    path.write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs/alert.schema.json"))
