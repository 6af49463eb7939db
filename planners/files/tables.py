"""Tables that people bring: exposures that were taken, galaxies, lists of targets."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from telescopes.observing_plan import ExecutedExposure
from telescopes.tables.exposure_tables import TableUnreadable, read_exposure_table
from telescopes.telescope import Telescope


class TableInvalid(ValueError):
    """The file is not the table that it should be; the message says which line is wrong."""


_DISTANCES = ("distance", "distmpc", "dist", "d_L")
"""Names under which catalogs give distances, Mpc."""


def _say_nothing(_: str) -> None:
    """Nobody listens."""


def read_exposures(
    path: Path, telescope: Telescope, tell: Callable[[str], None] = _say_nothing
) -> tuple[ExecutedExposure, ...]:
    """Read executed exposures from a CSV or JSON file; see `telescopes.tables.exposure_tables`.

    Rows that say of themselves that the exposure was not taken are left out.

    Parameters
    ----------
    path
        Of the file.
    telescope
        Whose exposures they are.
    tell
        Called with a sentence on the rows that were left out, and on columns that were not used.

    Raises
    ------
    TableInvalid
        If the table or one of its rows cannot be read.
    """
    try:
        # A plan may be made for any night, also for one that has not come.
        table = read_exposure_table(path.read_bytes(), telescope=telescope, now=None)
    except TableUnreadable as err:
        raise TableInvalid(f"{path}: {err}") from err
    left_out = {row.row for row in table.not_taken}
    faulty = [row for row in table.rejected if row.row not in left_out]
    if faulty:
        raise TableInvalid(f"{path}, line {faulty[0].row}: {faulty[0].reason}")
    if table.not_taken:
        first = table.not_taken[0]
        tell(
            f"{path}: rows that are not counted as taken: {len(table.not_taken)}; the first, "
            f"line {first.row}: {first.reason}"
        )
    if table.unused_columns:
        tell(f"{path}: columns that are not used: {', '.join(table.unused_columns)}")
    return table.exposures


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Lines of a CSV file with a header, each with its number."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return [(line, row) for line, row in enumerate(reader, start=2) if any(row.values())]


def read_galaxies(path: Path) -> Table:
    """Read a table of galaxies (CSV, ECSV or FITS) with ra, dec (deg) and distance (Mpc).

    Raises
    ------
    TableInvalid
        If it cannot be read or lacks a column.
    """
    try:
        table = Table.read(path)
    except OSError:
        raise
    except Exception as err:
        # astropy's readers raise whatever the format's library does, some with pages of advice.
        reason = next(iter(str(err).splitlines()), type(err).__name__)
        raise TableInvalid(f"{path} is not a table that astropy reads: {reason}") from err
    distance = next((name for name in _DISTANCES if name in table.colnames), None)
    missing = [name for name in ("ra", "dec") if name not in table.colnames]
    if distance is None:
        missing.append("distance")
    if missing:
        raise TableInvalid(f"{path} has no column {', '.join(missing)}")
    table.rename_column(distance, "distance")
    return table


def read_targets(path: Path) -> tuple[int | SkyCoord, ...]:
    """Read a list of targets from a CSV file: field_id, or ra and dec (deg), on each line.

    Raises
    ------
    TableInvalid
        If a line has neither.
    """
    targets: list[int | SkyCoord] = []
    for line, row in _rows(path):
        try:
            if row.get("field_id"):
                targets.append(int(row["field_id"]))
            else:
                targets.append(SkyCoord(float(row["ra"]) * u.deg, float(row["dec"]) * u.deg))
        except (KeyError, TypeError, ValueError) as err:
            raise TableInvalid(f"{path}, line {line}: neither a field nor a position") from err
    return tuple(targets)
