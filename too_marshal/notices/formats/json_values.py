"""What single values of a JSON notice mean, in the spellings that programs use."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from too_marshal.notices.notice import NoticeMalformed

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What JSON can escape but neither UTF-8 nor PostgreSQL can hold."""

NULL = frozenset({"", "null", "none"})
"""Texts by which programs write that there is no value, in lower case."""

NAMELESS = frozenset({"null", "none", "nan", "n/a", "na", "unknown", "undefined", "tbd", "-"})
"""Texts that stand where an identifier or a name would, and would make one event of many."""

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def plain_text(value: Any) -> str | None:
    """A text, or a number as it was written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        text = str(value).strip()
    except ValueError:  # thousands of digits
        return None
    return None if UNSTORABLE.search(text) else text


def finite_number(value: Any) -> float | None:
    """A finite number, or a text that holds one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_object(payload: bytes) -> dict[str, Any]:
    """Read a JSON object; raises `NoticeMalformed` where it is none (`read_document` says when)."""
    try:
        value = json.loads(
            payload.decode("utf-8-sig"),
            parse_int=_integer,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError as err:
        raise NoticeMalformed(f"not UTF-8: {err.reason} at byte {err.start}") from err
    except RecursionError as err:
        raise NoticeMalformed("nested too deeply") from err
    except ValueError as err:
        raise NoticeMalformed(f"not JSON: {err}") from err
    if not isinstance(value, dict):
        raise NoticeMalformed("the JSON is not an object")
    return value


def _integer(text: str) -> int | float:
    # Python refuses to read more than 4300 digits.
    return int(text) if len(text) <= 1000 else math.inf


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs) and any(members[name] != value for name, value in pairs):
        raise NoticeMalformed("a name is given twice in one object")
    return members
