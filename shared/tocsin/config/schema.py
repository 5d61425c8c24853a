"""The JSON schema of monitors.yaml, for editors that complete and check while one types."""

import json
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from tocsin.config import catalogue
from tocsin.config.models import File


class _Plain(GenerateJsonSchema):
    """Without titles, without defaults in the spelling of Python, and nothing is no value."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema() -> str:
    """Give the schema as the text of a file."""
    generated = File.model_json_schema(schema_generator=_Plain)
    # An editor is to offer the services; the table is not read before anybody asks.
    generated["$defs"]["ServiceName"] = {"enum": [*catalogue.names()]}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tocsin: monitors.yaml",
        **generated,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(path: Path) -> None:
    """Write it to a file, as the tests want to find it in docs/monitors.schema.json."""
    path.write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs/monitors.schema.json"))
