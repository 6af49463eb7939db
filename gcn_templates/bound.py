"""Texts in which values stay bound to the data that they came from.

In a text that is edited such a value is marked with its name, as ``{ZTF.area=1238.8 square
degrees}``; what is sent has the value alone. So a value that a person has changed by hand, or that
the data have left behind, is told from the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill

MARK = re.compile(r"\{([A-Za-z][\w.-]{0,79})=([^{}]*)\}")
"""Name and value."""

COLUMNS = 76
"""Paragraphs are filled up to this column."""

COLUMNS_OF_TABLE = re.compile(r"\S {2,}\S|\|")
"""What a row of a table has."""

_UNITS = (
    r"(?:%|percent|square deg|deg\b|mag\b|hours?\b|minutes?\b|seconds?\b|images?\b|exposures?\b)"
)
_LOOSE_NUMBER = re.compile(rf"(?<![\w.,:+-])\d[\d,]*(?:\.\d+)?\s?{_UNITS}", re.IGNORECASE)


@dataclass(frozen=True)
class Value:
    """A piece of text that was made from data."""

    text: str
    """As it is printed."""

    source: str
    """Where it comes from, in words."""


@dataclass(frozen=True)
class Difference:
    """A marked value that is not what the data say."""

    name: str
    """Of the value."""

    says: str
    """As it stands in the text."""

    should: str | None
    """By the data; None where they have no such value."""


def mark(name: str, value: Value) -> str:
    """Write a value with its name."""
    return f"{{{name}={value.text}}}"


def plain(marked: str) -> str:
    """Write the text as it is sent: without marks, and filled; a table stays as it is."""
    text = MARK.sub(lambda match: match[2], marked.replace("\r\n", "\n"))
    blocks = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(_filled(block) for block in blocks) + "\n"


def _filled(block: str) -> str:
    lines = [line.rstrip() for line in block.split("\n")]
    if any(COLUMNS_OF_TABLE.search(line) for line in lines):
        return "\n".join(lines)
    # A long word (an address) is left whole, and found by the lint.
    return fill(" ".join(lines), COLUMNS, break_long_words=False, break_on_hyphens=False)


def differences(marked: str, values: Mapping[str, Value]) -> list[Difference]:
    """Values in a text that are not what the data say, in the order of the text."""
    found = []
    for name, says in dict.fromkeys(MARK.findall(marked.replace("\r\n", "\n"))):
        value = values.get(name)
        if value is None or value.text != says:
            found.append(Difference(name, says, None if value is None else value.text))
    return found


def loose_numbers(marked: str) -> list[str]:
    """Numbers with a unit that no data stand behind: they were typed by hand."""
    text = " ".join(MARK.sub(" ", marked).split())
    return [match[0] for match in _LOOSE_NUMBER.finditer(text)]


def up_to_date(marked: str, before: Mapping[str, Value], values: Mapping[str, Value]) -> str:
    """Put the values of today in the place of those of before; what was typed by hand stays."""

    def renewed(match: re.Match[str]) -> str:
        name, says = match[1], match[2]
        old, new = before.get(name), values.get(name)
        if old is None or new is None or says != old.text:
            return match[0]
        return mark(name, new)

    return MARK.sub(renewed, marked.replace("\r\n", "\n"))
