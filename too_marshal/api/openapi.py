"""The API's own description, made from the declared operations and nothing else."""

from __future__ import annotations

import re
from typing import Any

from too_marshal.api.operations import OPERATIONS, Content, Operation, Parameter, blueprint
from too_marshal.api.schemas import PROBLEM, SCHEMAS, Schema
from too_marshal.http.access import public

_ARGUMENT = re.compile(r"<row:(\w+)>")

COMMON = {401: "no valid token", 403: "the role or the scope does not suffice"}


@blueprint.get("/openapi.json")
@public
def openapi() -> dict[str, Any]:
    """Describe the API."""
    return document()


def document() -> dict[str, Any]:
    """Give the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = blueprint.url_prefix + _ARGUMENT.sub(r"{\1}", operation.path)  # type: ignore[operator]
        paths.setdefault(path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "too-marshal",
            "version": "1.0.0",
            "description": "Events, notices, localizations, plans, submissions, executed "
            "exposures and circular drafts. Angles are ICRS in deg, times UTC.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "toom_session",
                    "description": "a browser's login; for reading only",
                },
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    arguments = [_argument(name) for name in _ARGUMENT.findall(operation.path)]
    problems = {**COMMON, **operation.problems}
    if arguments:
        problems[404] = "there is no such thing"
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the role {operation.role.name.lower()}, and a token with the scope "
        f"{operation.scope}.",
        "tags": [_tag(operation.path)],
        "parameters": arguments + [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            str(operation.status): {"description": "done", "content": _content(operation.answer)},
            **{
                str(status): {
                    "description": description,
                    "content": {"application/problem+json": {"schema": PROBLEM}},
                }
                for status, description in sorted(problems.items())
            },
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    if operation.method != "get":
        described["security"] = [{"token": []}]
    return described


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part and not part.startswith("<")]
    return parts[-1] if parts[-1] in {"notices", "plans", "exposures", "circulars"} else parts[0]


def _argument(name: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    }


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _content(content: Content) -> Schema:
    return {content.mimetype: {"schema": content.schema}}
