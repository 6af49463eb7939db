"""The API's own description, made from the declared operations and nothing else."""

from __future__ import annotations

import re
from typing import Any

from too_marshal.api.operations import OPERATIONS, Content, Operation, Parameter, blueprint
from too_marshal.api.schemas import PROBLEM, SCHEMAS, Schema
from too_marshal.http.access import public

_ARGUMENT = re.compile(r"<row:(\w+)>")

COMMON = {401: "no valid token", 403: "the role does not suffice"}


@blueprint.get("/openapi.json")
@public
def openapi() -> dict[str, Any]:
    """Describe the API."""
    return document()


def document() -> dict[str, Any]:
    """Give the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for item in OPERATIONS:
        path = blueprint.url_prefix + _ARGUMENT.sub(r"{\1}", item.path)  # type: ignore[operator]
        paths.setdefault(path, {})[item.method] = _operation(item)
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


def _operation(item: Operation) -> dict[str, Any]:
    arguments = [_argument(name) for name in _ARGUMENT.findall(item.path)]
    problems = {**COMMON, **item.problems}
    if arguments:
        problems[404] = "there is no such thing"
    described: dict[str, Any] = {
        "operationId": item.name,
        "summary": item.summary,
        "description": f"Needs the role {item.role.name.lower()}.",
        "tags": [_tag(item.path)],
        "parameters": arguments + [_parameter(parameter) for parameter in item.parameters],
        "responses": {
            str(item.status): {"description": "done", "content": _content(item.answer)},
            **{
                str(status): {
                    "description": meaning,
                    "content": {"application/problem+json": {"schema": PROBLEM}},
                }
                for status, meaning in sorted(problems.items())
            },
        },
    }
    if item.body is not None:
        described["requestBody"] = {"required": True, "content": _content(item.body)}
    if item.method != "get":
        described["security"] = [{"token": []}]
    return described


def _tag(path: str) -> str:
    words = [part for part in path.split("/") if part and not part.startswith("<")]
    return words[-1] if words[-1] in {"notices", "plans", "exposures", "circulars"} else words[0]


def _argument(name: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    }


def _parameter(item: Parameter) -> Schema:
    return {
        "name": item.name,
        "in": item.where,
        "required": item.required,
        "description": item.description,
        "schema": item.schema,
    }


def _content(content: Content) -> Schema:
    return {content.mimetype: {"schema": content.schema}}
