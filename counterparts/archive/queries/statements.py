"""Whether a text is one SELECT on the archive's alerts, by DuckDB's own parser.

The parser gives the statement as a tree, and each of its nodes has to be one that is known. Nothing
of the text is run. This is the first of two locks: the engine that runs it can read nothing else.
"""

from __future__ import annotations

from typing import Any

from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.allowed import (
    EXPRESSIONS,
    FUNCTIONS,
    PARTS,
    QUERIES,
    SOURCES,
    SPOKEN,
    TYPES,
)
from counterparts.archive.queries.parser import DEEPEST, nodes, parsed, refuse, refuse_depth

VIEW = "alerts"


def check_statement(text: str) -> None:
    """Refuse a text that is not one SELECT on `alerts`.

    Raises
    ------
    QueryRefused
        With a sentence that names what is not allowed.
    """
    _check(parsed(text), frozenset({VIEW}), 0)


def check_expression(text: str) -> None:
    """Refuse a text that is not one condition on the columns of an alert.

    Raises
    ------
    QueryRefused
        With a sentence that names what is not allowed.
    """
    node = parsed(f"SELECT 1 FROM {VIEW} WHERE coalesce(\n{text}\n)")  # noqa: S608 - it is read and not run
    is_condition = (
        node["type"] == "SELECT_NODE"
        and [item["class"] for item in node["select_list"]] == ["CONSTANT"]
        and node["from_table"].get("table_name") == VIEW
        and (node["where_clause"] or {}).get("type") == "OPERATOR_COALESCE"
        and len(node["where_clause"]["children"]) == 1
        and not any(
            node[name] for name in ("modifiers", "group_expressions", "having", "sample", "qualify")
        )
    )
    if not is_condition:
        raise QueryRefused("A condition is one expression on the columns of an alert.")
    for inner in nodes(node["where_clause"], 0):
        if inner.get("class") in {"SUBQUERY", "WINDOW"}:
            raise QueryRefused("A condition looks at one alert, without a SELECT or OVER in it.")
    _check(node, frozenset({VIEW}), 0)


def _check(value: Any, tables: frozenset[str], depth: int) -> None:
    """Refuse what is not known in a part of the tree, in which some tables have names."""
    if depth > DEEPEST:
        refuse_depth()
    if isinstance(value, list):
        for inner in value:
            _check(inner, tables, depth + 1)
        return
    if not isinstance(value, dict):
        return
    _check_node(value, tables)
    if "cte_map" in value:
        # Each sees those before it, and not itself: a name that it shares with a table of the
        # engine's own is that table within.
        for entry in value["cte_map"]["map"]:
            _check(entry["value"], tables, depth + 1)
            tables |= {entry["key"].lower()}
    for name, inner in value.items():
        if name != "cte_map":
            _check(inner, tables, depth + 1)


def _check_node(node: dict[str, Any], tables: frozenset[str]) -> None:
    kind, expression = node.get("type"), node.get("class")
    if expression is not None:
        _check_expression(node, expression)
    elif kind in SOURCES or kind == "TABLE_FUNCTION":
        _check_source(node, tables)
    elif isinstance(kind, str) and kind not in QUERIES | PARTS:
        refuse(SPOKEN.get(kind, kind))


def _check_expression(node: dict[str, Any], expression: str) -> None:
    if expression not in EXPRESSIONS:
        refuse(SPOKEN.get(expression, expression))
    if expression in {"FUNCTION", "WINDOW"}:
        path = node["qualified_name"]["path"]
        if len(path) != 1 or path[0].lower() not in FUNCTIONS:
            refuse(f"The function {'.'.join(path)}")
    if expression == "TYPE":
        path = node["qualified_name"]["path"]
        if len(path) != 1 or path[0].lower() not in TYPES:
            refuse(f"The type {'.'.join(path)}")


def _check_source(node: dict[str, Any], tables: frozenset[str]) -> None:
    kind = node["type"]
    if kind == "TABLE_FUNCTION":
        refuse(f"The function {'.'.join(node['function']['qualified_name']['path'])}")
    if kind == "BASE_TABLE":
        path = node["qualified_name"]["path"]
        if len(path) != 1 or path[0].lower() not in tables or node["at_clause"] is not None:
            raise QueryRefused(f"The table {'.'.join(path)} is not allowed: only {VIEW} is.")
