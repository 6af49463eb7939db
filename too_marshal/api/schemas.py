"""How the API's documents are described: JSON Schema 2020-12, as OpenAPI 3.1 has it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

SCHEMAS: dict[str, Schema] = {}
"""Every named schema; the modules of the nouns add theirs."""

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {"type": "object"}
FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1.000001}
FRACTIONS: Schema = {"type": "object", "additionalProperties": {"type": "number"}}


def described(schema: Schema, description: str) -> Schema:
    """Add what a value means, and its unit."""
    return {**schema, "description": description}


def nullable(schema: Schema) -> Schema:
    """Allow null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Describe a list of such."""
    return {"type": "array", "items": schema}


def named(name: str, /, **properties: Schema) -> Schema:
    """Define an object of exactly these properties under a name; returns a reference to it."""
    SCHEMAS[name] = record(**properties)
    return {"$ref": f"#/components/schemas/{name}"}


def record(**properties: Schema) -> Schema:
    """Describe an object of exactly these properties."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def document_schema(model: type[BaseModel]) -> Schema:
    """Describe the object that a pydantic model reads, in place."""
    return model.model_json_schema()


def page_of(name: str, schema: Schema) -> Schema:
    """Define one page of a list, with where the next begins."""
    return named(name, items=listed(schema), next_before=nullable(INTEGER))


PROBLEM = named(
    "Problem",
    title=described(TEXT, "the status in words"),
    status=INTEGER,
    detail=described(TEXT, "what is wrong, for a person"),
)
