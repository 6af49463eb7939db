"""Rows of a table that somebody uploads, as CSV or JSON, each with its number and its text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from astropy import units as u

from telescopes.tables.table_columns import Column
from telescopes.tables.verdict_columns import Kind, match_verdicts

MAX_SIZE = 32 * 2**20
"""Bytes of a table that are read: a year of one telescope is a tenth of it."""

MAX_LINE_LENGTH = 100_000
"""Letters of a line of CSV; Python's reader takes no cell much longer."""

_DELIMITERS = ",;\t|"

_ABSENT = frozenset({"", "-", "--", "nan", "none", "null", "n/a", "na"})
"""What tables write, in lower case, where they have no value."""


class TableUnreadable(ValueError):
    """The file as a whole is not such a table; the message says why."""


@dataclass(frozen=True)
class Row:
    """One row, its values still as they stand in the file."""

    row_number: int
    """Line of a CSV file (the header is line 1), or place in a JSON list, from 1."""

    text: str
    """As it stands in the file."""

    values: Mapping[str, str]
    """What is not blank, by the heading of the column."""

    surplus: int = 0
    """Cells beyond the last column."""

    def get(self, column: Column | None) -> str | None:
        """What stands in a column; None if nothing does."""
        return None if column is None else self.values.get(column.heading)

    def quantity_in(self, column: Column | None, unit: u.UnitBase) -> float | None:
        """A number, carried to `unit` from what the column or the cell itself says.

        Raises
        ------
        ValueError
            If it is no finite number, or in a unit that cannot be meant.
        """
        text = self.get(column)
        if column is None or text is None:
            return None
        try:
            quantity = float(text) * (column.unit or unit)
        except ValueError:
            quantity = _with_unit(column, text)
        try:
            value = float(quantity.to_value(unit))
        except u.UnitConversionError:
            raise ValueError(f"{column.heading} {text!r} is in no unit like {unit}") from None
        if not math.isfinite(value):
            raise ValueError(f"{column.heading} {text!r} is not finite")
        return value


def _with_unit(column: Column, text: str) -> u.Quantity:
    """A cell that is not a plain number, such as "30 s"."""
    try:
        return u.Quantity(text)
    except (TypeError, ValueError):
        raise ValueError(f"{column.heading} {text!r} is not a number") from None


def read_rows(data: bytes) -> tuple[list[str], Iterator[Row]]:
    """Read the headings, and the rows below them.

    Raises
    ------
    TableUnreadable
        If it is neither CSV with a line of headings nor a JSON list of objects.
    """
    if len(data) > MAX_SIZE:
        raise TableUnreadable(f"the table has more than {MAX_SIZE // 2**20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise TableUnreadable(f"the table is no text in UTF-8: {err}") from err
    if "\0" in text:
        raise TableUnreadable("the table is no text: it has NUL characters")
    if not text.strip():
        raise TableUnreadable("the table is empty")
    if max(map(len, text.splitlines())) > MAX_LINE_LENGTH and text.lstrip()[0] not in "[{":
        raise TableUnreadable(f"a line of the table has more than {MAX_LINE_LENGTH} letters")
    return _from_json(text) if text.lstrip()[0] in "[{" else _from_csv(text)


def _from_csv(text: str) -> tuple[list[str], Iterator[Row]]:
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if _counts(line)), None)
    if first is None:
        raise TableUnreadable("the table has only comments")
    delimiter = max(_DELIMITERS, key=lines[first].count)
    headings = [part.strip() for part in next(csv.reader([lines[first]], delimiter=delimiter))]
    doubled = sorted({name for name in headings if name and headings.count(name) > 1})
    if doubled:
        raise TableUnreadable(f"two columns are called {', '.join(doubled)}")
    return headings, _csv_rows(lines, first, headings, delimiter)


def _counts(line: str) -> bool:
    """Whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _csv_rows(lines: list[str], first: int, headings: list[str], delimiter: str) -> Iterator[Row]:
    for row_number, line in enumerate(lines[first + 1 :], start=first + 2):
        if not _counts(line):
            continue
        cells = next(csv.reader(io.StringIO(line), delimiter=delimiter))
        values = dict(zip(headings, cells, strict=False))
        yield Row(row_number, line, _present(values), max(0, len(cells) - len(headings)))


def _from_json(text: str) -> tuple[list[str], Iterator[Row]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise TableUnreadable(f"the table is no JSON: {err}") from err
    shared: dict[str, object] = {}
    if isinstance(document, dict):
        shared = _said_of_all(document)
        lists = [value for value in document.values() if isinstance(value, list)]
        if len(lists) != 1:
            raise TableUnreadable("the JSON object has not exactly one list of exposures")
        document = lists[0]
    if not all(isinstance(entry, dict) for entry in document):
        raise TableUnreadable("the JSON list has entries that are not objects")
    names = [*shared, *(name for entry in document for name in entry)]
    return list(dict.fromkeys(name.strip() for name in names)), _json_rows(document, shared)


def _said_of_all(document: Mapping[str, object]) -> dict[str, object]:
    """Verdicts on all rows: {"status": "planned", "exposures": [...]}, {"planned": [...]}."""
    shared: dict[str, object] = {}
    for column in match_verdicts(list(document)):
        value = document[column.heading]
        if not isinstance(value, list):
            shared[column.heading] = value
        elif column.kind in {Kind.FAILURE, Kind.INTENT}:
            shared[column.heading] = True
    return shared


def _json_rows(document: list[dict[str, object]], shared: dict[str, object]) -> Iterator[Row]:
    for row_number, entry in enumerate(document, start=1):
        values = {name.strip(): _cell(value) for name, value in {**shared, **entry}.items()}
        yield Row(row_number, json.dumps(entry), _present(values))


def _cell(value: object) -> str:
    """A JSON value as it would stand in a cell; an empty list is a value too."""
    if isinstance(value, list):
        return f"[{' '.join(_cell(member) for member in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def _present(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text.strip() for name, text in values.items() if text.strip().lower() not in _ABSENT
    }
