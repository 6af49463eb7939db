"""Each address of the API, declared once: the route, the permission and the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, abort, request

from too_marshal.api.schemas import INTEGER, Schema
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.http.access import API, needs

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint(API, __name__, url_prefix="/api/v1")

MAX_PAGE_SIZE = 200


@dataclass(frozen=True)
class Parameter:
    """One thing that a caller may say beside the body."""

    name: str
    where: str
    """query or header."""

    schema: Schema
    description: str
    required: bool = False


@dataclass(frozen=True)
class Content:
    """A body: of which type, and of which form where it is JSON."""

    schema: Schema
    mimetype: str = "application/json"


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    role: Role
    scope: Scope
    status: int
    answer: Content
    body: Content | None
    parameters: tuple[Parameter, ...]
    problems: Mapping[int, str]


OPERATIONS: list[Operation] = []
"""Every operation; the modules of the nouns add theirs."""

PAGING = (
    Parameter(
        "limit",
        "query",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": 50},
        "how many at the most",
    ),
    Parameter("before", "query", INTEGER, "only items of a smaller number, for the next page"),
)

BINARY: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}


def operation(  # noqa: PLR0913 - what an operation consists of
    method: str,
    path: str,
    answer: Content,
    *,
    role: Role = Role.VIEWER,
    scope: Scope = Scope.READ,
    status: int = 200,
    body: Content | None = None,
    parameters: tuple[Parameter, ...] = (),
    problems: Mapping[int, str] | None = None,
) -> Callable[[View], View]:
    """Declare a view as an operation; its docstring's first line is the summary.

    Parameters
    ----------
    method, path
        As Flask takes them, below the API's prefix.
    answer
        What is answered when all is well.
    role
        Who may.
    scope
        What a token must be for; to read is not enough where something is changed.
    status
        Of that answer.
    body, parameters
        What the caller says.
    problems
        Status and meaning of the refusals that are peculiar to it.
    """
    if method != "GET" and scope is Scope.READ:
        raise ValueError(f"{method} {path} says no scope")

    def declare(view: View) -> View:
        summary = (view.__doc__ or "").strip().splitlines()[0].rstrip(".")
        OPERATIONS.append(
            Operation(
                view.__name__, method.lower(), path, summary, role, scope, status, answer,
                body, parameters, problems or {},
            )
        )  # fmt: skip
        blueprint.add_url_rule(path, view.__name__, needs(role, scope)(view), methods=[method])
        return view

    return declare


def page_limit() -> int:
    """How many items the caller wants."""
    limit = _integer("limit", default=50)
    if limit is None or not 1 <= limit <= MAX_PAGE_SIZE:
        abort(422, f"limit is a whole number from 1 to {MAX_PAGE_SIZE}")
    return limit


def page_before() -> int | None:
    """Below which number the wanted page begins."""
    return _integer("before", default=None)


def query_integer(name: str) -> int | None:
    """Whole number in the query, if it is there."""
    return _integer(name, default=None)


def _integer(name: str, default: int | None) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        abort(422, f"{name} is a whole number")
    return int(text)


def query_truth(name: str, *, default: bool) -> bool:
    """Truth in the query: true or false."""
    text = request.args.get(name)
    if text is None:
        return default
    if text not in {"true", "false"}:
        abort(422, f"{name} is true or false")
    return text == "true"


def json_body(allowed: tuple[str, ...]) -> dict[str, Any]:
    """Read the body: a JSON object that has no members but these."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        abort(400, "the body is nested too deeply")
    if not isinstance(body, dict):
        abort(400, "the body is a JSON object, of type application/json")
    strange = sorted(set(body) - set(allowed))
    if strange:
        abort(422, f"unknown: {', '.join(strange)[:200]}; known: {', '.join(allowed)}")
    return body


def iso(when: datetime | None) -> str | None:
    """Write a time in UTC, as RFC 3339 has it."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")
