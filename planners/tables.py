"""Tables that people bring: exposures that were taken, galaxies, lists of targets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time

from telescopes.observing import ExecutedExposure, Telescope


class TableInvalid(ValueError):
    """The file is not the table that it should be; the message says which line is wrong."""


_DISTANCES = ("distance", "distmpc", "dist", "d_L")
"""Names under which catalogues give distances, Mpc."""


def read_exposures(path: Path, telescope: Telescope) -> tuple[ExecutedExposure, ...]:
    """Read executed exposures from a CSV file.

    It has the columns filter and start (ISO, UTC), and field_id or ra and dec (deg). It may have
    exposure_time (s) and detectors (numbers apart by spaces: those whose images are good; all
    unless given).

    Raises
    ------
    TableInvalid
        If a column or a value is missing or wrong.
    """
    grid = telescope.read_grid()
    place = {int(field): i for i, field in enumerate(grid.field_id)}
    exposures = []
    for number, row in _rows(path, ("filter", "start")):
        try:
            exposures.append(_exposure(number, row, telescope, place))
        except (KeyError, TypeError, ValueError) as err:
            raise TableInvalid(f"{path}, line {number}: {_said(err)}") from err
    return tuple(exposures)


def _said(err: Exception) -> str:
    return f"no {err.args[0]}" if isinstance(err, KeyError) else str(err)


def _rows(path: Path, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Lines of a CSV file with a header, each with its number."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise TableInvalid(f"{path} has no column {', '.join(missing)}")
        return [(number, row) for number, row in enumerate(reader, start=2) if any(row.values())]


def _exposure(
    number: int, row: dict[str, str], telescope: Telescope, place: dict[int, int]
) -> ExecutedExposure:
    field = int(row["field_id"]) if row.get("field_id") else -1
    if field >= 0 and field not in place:
        raise ValueError(f"{telescope.name} has no field {field}")
    if row.get("ra") and row.get("dec"):
        coord = SkyCoord(float(row["ra"]) * u.deg, float(row["dec"]) * u.deg)
    elif field >= 0:
        coord = telescope.read_grid().coord[place[field]]
    else:
        raise ValueError("neither a field nor a position")
    if row["filter"] not in telescope.filters:
        raise ValueError(f"{telescope.name} has no filter {row['filter']!r}")
    seconds = float(row["exposure_time"]) if row.get("exposure_time") else None
    detectors = telescope.footprint.detector_id
    if row.get("detectors"):
        detectors = np.array([int(part) for part in row["detectors"].split()], dtype=np.int64)
    return ExecutedExposure(
        exposure_id=row.get("exposure_id") or f"line {number}",
        field_id=field,
        ra=coord.ra,
        dec=coord.dec,
        filter=row["filter"],
        start=Time(row["start"].strip().removesuffix("Z"), scale="utc"),
        exposure_time=telescope.exposure_time if seconds is None else seconds * u.s,
        detectors=detectors,
    )


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
        # astropy's readers raise whatever the format's library does.
        raise TableInvalid(f"{path} is not a table that astropy reads: {err}") from err
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
    for number, row in _rows(path, ()):
        try:
            if row.get("field_id"):
                targets.append(int(row["field_id"]))
            else:
                targets.append(SkyCoord(float(row["ra"]) * u.deg, float(row["dec"]) * u.deg))
        except (KeyError, TypeError, ValueError) as err:
            raise TableInvalid(f"{path}, line {number}: neither a field nor a position") from err
    return tuple(targets)
