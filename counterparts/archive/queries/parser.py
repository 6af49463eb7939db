"""SQL as the tree that DuckDB's own parser makes of it; nothing of the text is run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

import duckdb

from counterparts.archive.errors import QueryRefused

_LONGEST = 10_000
"""Characters of a statement."""

DEEPEST = 300
"""Levels of the tree; each bracket of a text makes two or three."""

_MOST_SOURCES = 12
"""Tables that are joined: to plan more cannot be ended in time."""


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def parsed(text: str) -> dict[str, Any]:
    """Read one SELECT as the tree of its query.

    Raises
    ------
    QueryRefused
        If it cannot be read, is no SELECT or more than one, or is too long or too deep.
    """
    if len(text) > _LONGEST:
        raise QueryRefused(f"The statement is longer than {_LONGEST} characters.")
    if "\0" in text:
        raise QueryRefused("The statement has a character in it that no text has.")
    parser = _parser().cursor()
    try:
        row = parser.execute("SELECT json_serialize_sql(?)", [text]).fetchone()
        assert row is not None
        tree = json.loads(row[0])
    except (duckdb.Error, UnicodeError) as error:
        raise QueryRefused("The statement cannot be read.") from error
    except RecursionError:
        refuse_depth()
    if tree["error"]:
        raise QueryRefused(_reason(parser, text, tree))
    statements = tree["statements"]
    if len(statements) != 1:
        raise QueryRefused("One statement at a time: there is more than one, or none.")
    if statements[0].get("named_param_map"):
        raise QueryRefused("A parameter is not allowed.")
    sources = sum(node.get("type") == "BASE_TABLE" for node in nodes(statements[0], 0))
    if sources > _MOST_SOURCES:
        raise QueryRefused(f"More than {_MOST_SOURCES} tables in one statement are not allowed.")
    return dict(statements[0]["node"])


def _reason(parser: duckdb.DuckDBPyConnection, text: str, tree: dict[str, Any]) -> str:
    """Say what a statement is that is no SELECT."""
    if tree.get("error_type") == "parser":
        return f"The statement cannot be read: {str(tree['error_message']).splitlines()[0]}."
    try:
        kinds = [statement.type.name for statement in parser.extract_statements(text)]
    except duckdb.Error:
        kinds = []
    other = next((kind for kind in kinds if kind != "SELECT"), "This statement")
    first = text.split(maxsplit=1)[0].upper() if text.split() else ""
    spoken = first if first.isalpha() and len(first) < 20 else other.replace("_", " ")
    return f"{spoken} is not allowed: only SELECT is."


def refuse(spoken: str) -> NoReturn:
    """Say that something is not allowed."""
    raise QueryRefused(f"{spoken} is not allowed.")


def refuse_depth() -> NoReturn:
    """Say that brackets stand in brackets too often."""
    raise QueryRefused("The statement is nested too deeply.")


def nodes(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """All nodes below one, and itself."""
    if depth > DEEPEST:
        refuse_depth()
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, depth + 1)
