"""Rows of an ECSV table, as texts with their units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from telescopes.tables.table_rows import Row, TableUnreadable


def ecsv_rows(data: bytes) -> tuple[list[str], Iterator[Row], Any]:
    """Headings, rows, and the telescope of which the table says to be, if it says so.

    Raises
    ------
    TableUnreadable
        If astropy cannot read it.
    """
    text = data.decode("utf-8", errors="replace")
    lines = text.splitlines()
    try:
        table = Table.read(lines, format="ascii.ecsv")
    except Exception as err:
        # astropy's readers raise whatever the format's library does, some with pages of advice.
        reason = next(iter(str(err).splitlines()), type(err).__name__)
        raise TableUnreadable(f"the file is no ECSV that astropy reads: {reason}") from err
    numbers = [k for k, line in enumerate(lines, start=1) if line.strip() and line[:1] != "#"][1:]
    cells = {name: _cells(table[name]) for name in table.colnames}
    rows = (
        Row(number, lines[number - 1], {name: at[k] for name, at in cells.items() if at[k]})
        for k, number in enumerate(numbers[: len(table)])
    )
    return list(table.colnames), rows, (table.meta or {}).get("telescope")


def _cells(column: Any) -> list[str]:
    """A column as texts, each with its unit where it has one; empty where it has no value."""
    if isinstance(column, Time):
        return [str(value) for value in column.utc.isot.tolist()]
    unit = getattr(column, "unit", None)
    blank = column.mask if isinstance(column, MaskedColumn) else np.zeros(len(column), dtype=bool)
    values = np.asarray(column.value if isinstance(column, u.Quantity) else column).tolist()
    # What else has a unit, as a magnitude, is not written by it.
    is_said = unit is not None and any(u.Unit(unit).is_equivalent(known) for known in (u.deg, u.s))
    ending = f" {u.Unit(unit).to_string()}" if is_said else ""
    return [
        "" if is_blank or value != value else f"{value}{ending}"  # noqa: PLR0124 - no number
        for value, is_blank in zip(values, np.asarray(blank).tolist(), strict=True)
    ]
