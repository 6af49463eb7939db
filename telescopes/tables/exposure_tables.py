"""Tables of executed exposures that observers upload.

A table is CSV (comma, semicolon, tab or bar) or a JSON list of objects, one row for each
exposure. It needs a filter, a start (ISO 8601 in UTC unless it says otherwise, or a column
of MJD or JD) and a field or a position; `telescopes.tables.table_columns` has the names that are
understood. Degrees, seconds and arcseconds are taken where nothing else is stated, as in
``exptime [min]``, ``ra_hourangle`` or a cell ``30 s``. Where the table says itself whether an
exposure was taken, only what was is counted (`telescopes.tables.verdicts`).
"""

from __future__ import annotations

from dataclasses import dataclass

from astropy.time import Time

from telescopes.observing_plan import ExecutedExposure
from telescopes.tables.exposure_rows import ExposureReader
from telescopes.tables.table_columns import (
    ONE_EACH,
    Column,
    UnitUnsuitable,
    match_columns,
    simplified,
)
from telescopes.tables.table_rows import TableUnreadable, read_rows
from telescopes.tables.verdict_columns import Kind, match_verdicts
from telescopes.tables.verdicts import NotTaken
from telescopes.telescope import Telescope

__all__ = ["ExposureTable", "RejectedRow", "TableUnreadable", "read_exposure_table"]

MAX_TEXT_LENGTH = 300
"""Letters of a rejected row that are kept."""


@dataclass(frozen=True)
class RejectedRow:
    """A row that is not counted."""

    row: int
    """Line of a CSV file (the header is line 1), or place in a JSON list, from 1."""

    reason: str
    """What is wrong with it, in words."""

    text: str
    """The row as it stands in the file, cut at `MAX_TEXT_LENGTH` letters."""


@dataclass(frozen=True, eq=False)
class ExposureTable:
    """What a table says, and what of it could not be understood."""

    exposures: tuple[ExecutedExposure, ...]
    """Good rows, in the order of the file."""

    rejected: tuple[RejectedRow, ...]
    """The others."""

    not_taken: tuple[RejectedRow, ...] = ()
    """Those of the rejected rows that say of themselves that the exposure was not taken."""

    unused_columns: tuple[str, ...] = ()
    """Headings of columns that nothing was taken from, in the order of the file."""


def read_exposure_table(data: bytes, *, telescope: Telescope, now: Time | None) -> ExposureTable:
    """Read a table of exposures, row by row.

    Parameters
    ----------
    data
        The file.
    telescope
        Whose exposures they are.
    now
        A row that says to be of later is rejected; None takes any.

    Raises
    ------
    TableUnreadable
        If nothing of it can be read: it is no table, a column is missing altogether or is in
        a unit that cannot be meant, or it has a row for each detector.
    """
    headings, rows = read_rows(data)
    columns = _columns(headings)
    used = {column.heading for column in columns.values()}
    verdicts = match_verdicts(headings, used)
    reader = ExposureReader(telescope, now, columns, verdicts)
    exposures: list[ExecutedExposure] = []
    rejected: list[RejectedRow] = []
    not_taken: list[RejectedRow] = []
    for row in rows:
        try:
            exposures.append(reader.read(row))
        except ValueError as err:
            rejected.append(RejectedRow(row.row_number, str(err), row.text[:MAX_TEXT_LENGTH]))
            if isinstance(err, NotTaken):
                not_taken.append(rejected[-1])
    used |= {column.heading for column in verdicts if column.kind is not Kind.COMMENT}
    unused = tuple(name for name in headings if name and name not in used)
    return ExposureTable(tuple(exposures), tuple(rejected), tuple(not_taken), unused)


def _columns(headings: list[str]) -> dict[str, Column]:
    by_detector = [name for name in headings if simplified(name) in ONE_EACH]
    if by_detector:
        raise TableUnreadable(
            f"the column {by_detector[0]} means a row for each detector; one for each exposure is"
            " wanted, with a column detectors of the good ones (numbers apart by spaces)"
        )
    try:
        columns = match_columns(headings)
    except UnitUnsuitable as err:
        raise TableUnreadable(str(err)) from err
    missing = [] if "filter" in columns else ["filter"]
    if not {"start", "mjd", "jd"} & set(columns):
        missing.append("start (or mjd, or jd)")
    if "field_id" not in columns and not {"ra", "dec"} <= set(columns):
        missing.append("field_id (or ra and dec)")
    if missing:
        there = ", ".join(headings)
        raise TableUnreadable(f"the table has no column {', '.join(missing)}; it has {there}")
    return columns
