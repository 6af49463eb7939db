"""Plans, and lists of targets, that people bring as files: CSV, ECSV or JSON, read row by row.

A plan is what `ObservingPlan.to_table` and `plan_to_json` write, or any table with a filter and a
start in each row, by the names of `telescopes.tables.table_columns`. A table with neither is a list
of targets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from planners.files.ecsv_rows import ecsv_rows
from planners.files.targets import MAX_TARGETS
from telescopes.observing_plan import PlannedExposure
from telescopes.pairing.pointings import SAME_POINTING, SAME_POSITION, group, separation
from telescopes.tables.exposure_rows import ExposureReader
from telescopes.tables.exposure_tables import MAX_TEXT_LENGTH, RejectedRow
from telescopes.tables.table_columns import Column, UnitUnsuitable, match_columns
from telescopes.tables.table_rows import Row, TableUnreadable, read_rows
from telescopes.telescope import Telescope

MAX_EXPOSURES = 5000
"""Of a plan that is brought in: more than a month of the fastest camera is planned for."""

_MAX_NAMED = 20
"""Rows that a message names; an error has them all."""

_OUR_OWN = frozenset({"airmass", "probability", "visit"})
"""Columns of our tables that are worked out anew."""

_Read = TypeVar("_Read")


class BroughtFileInvalid(ValueError):
    """The file, or some of its rows, cannot be used; the message says why."""

    def __init__(self, message: str, rows: Sequence[RejectedRow] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)
        """What is wrong, row by row."""


def refusal(rows: Sequence[RejectedRow], of: int) -> BroughtFileInvalid:
    """Say of a file that some of its rows cannot be used, each with its reason."""
    faults = "; ".join(f"row {row.row}: {row.reason}" for row in rows[:_MAX_NAMED])
    if len(rows) > _MAX_NAMED:
        faults += f"; and {len(rows) - _MAX_NAMED} more"
    return BroughtFileInvalid(f"{len(rows)} of {of} rows cannot be used: {faults}", rows)


@dataclass(frozen=True, eq=False)
class BroughtFile:
    """A file, read as far as that is possible without knowing the telescope."""

    rows: tuple[Row, ...]
    columns: Mapping[str, Column]
    telescope: str = ""
    """As the file has it; empty where it does not say."""

    request: Mapping[str, Any] | None = None
    """The request of a plan file, if it has one."""

    unused_columns: tuple[str, ...] = ()
    """Headings of columns that nothing is taken from."""

    @property
    def is_plan(self) -> bool:
        """Whether it says what is exposed when; else it lists targets."""
        return "filter" in self.columns

    def exposures(self, telescope: Telescope) -> list[tuple[Row, PlannedExposure]]:
        """Exposures of a plan, in the order of time, each with its row.

        Raises
        ------
        BroughtFileInvalid
            If a row is no exposure that the telescope could take.
        """
        reader = ExposureReader(telescope, None, dict(self.columns))
        read = self._each(lambda row: _exposure(reader, row))
        return sorted(read, key=lambda pair: float(pair[1].start.utc.mjd))

    def targets(self, telescope: Telescope) -> tuple[int | SkyCoord, ...]:
        """Fields and positions of a list of targets, as they are listed.

        Raises
        ------
        BroughtFileInvalid
            If a row is no field of the telescope and no position, or stands there twice.
        """
        reader = ExposureReader(telescope, None, dict(self.columns))
        known: dict[int | tuple[float, float], int] = {}

        def target(row: Row) -> int | SkyCoord:
            field_id, ra, dec = _place(reader, row)
            key: int | tuple[float, float] = field_id
            if field_id < 0:
                same = (at for at in known if _is_at(at, ra, dec))
                key = next(same, (ra, dec))
            if key in known:
                raise ValueError(f"the same target stands in row {known[key]} already")
            known[key] = row.row_number
            return field_id if field_id >= 0 else SkyCoord(ra, dec, unit=u.deg)

        return tuple(target for _, target in self._each(target))

    def _each(self, read: Callable[[Row], _Read]) -> list[tuple[Row, _Read]]:
        good, bad = [], []
        for row in self.rows:
            try:
                good.append((row, read(row)))
            except ValueError as err:
                bad.append(rejected(row, str(err)))
        if bad:
            raise refusal(bad, len(self.rows))
        return good


def rejected(row: Row, reason: str) -> RejectedRow:
    """A row that cannot be used."""
    return RejectedRow(row.row_number, reason, row.text[:MAX_TEXT_LENGTH])


def read_brought(data: bytes) -> BroughtFile:
    """Read a plan or a list of targets.

    Raises
    ------
    BroughtFileInvalid
        If nothing of it can be read.
    """
    about: dict[str, Any] = {}
    try:
        headings, rows = _rows(data, about)
        columns = match_columns(headings)
        listed = tuple(rows)
    except (TableUnreadable, UnitUnsuitable) as err:
        raise BroughtFileInvalid(str(err)) from err
    if not listed:
        raise BroughtFileInvalid("the file has no rows")
    _check_columns(headings, columns)
    most = MAX_EXPOSURES if "filter" in columns else MAX_TARGETS
    if len(listed) > most:
        raise BroughtFileInvalid(f"the file has {len(listed)} rows: at most {most} are read")
    taken = {column.heading for column in columns.values()} | _OUR_OWN
    return BroughtFile(
        listed, columns, str(about.get("telescope") or ""), about.get("request"),
        tuple(name for name in headings if name and name not in taken),
    )  # fmt: skip


def _check_columns(headings: Sequence[str], columns: Mapping[str, Column]) -> None:
    there = ", ".join(headings)
    if "field_id" not in columns and not {"ra", "dec"} <= set(columns):
        raise BroughtFileInvalid(f"the file has no column field_id, nor ra and dec; it has {there}")
    has_start = bool({"start", "mjd", "jd"} & set(columns))
    if has_start != ("filter" in columns):
        here, missing = ("start", "filter") if has_start else ("filter", "start")
        raise BroughtFileInvalid(
            f"the file has a column {here} and none {missing}: a plan has both, a list of targets"
            " neither"
        )


def _rows(data: bytes, about: dict[str, Any]) -> tuple[list[str], Iterator[Row]]:
    """Headings and rows; what a file says of all its rows goes to `about`."""
    start = data.lstrip()[:80]
    if start.startswith(b"# %ECSV"):
        headings, rows, about["telescope"] = ecsv_rows(data)
        return headings, rows
    if start.startswith(b"{"):
        return _from_plan_file(data, about)
    return read_rows(data)


def _from_plan_file(data: bytes, about: dict[str, Any]) -> tuple[list[str], Iterator[Row]]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as err:
        raise TableUnreadable(f"the file is no JSON: {err}") from err
    exposures = document.get("exposures")
    if not isinstance(exposures, list):
        raise TableUnreadable("the JSON object has no list of exposures, as a plan file has it")
    request = document.get("request")
    if request is not None and not isinstance(request, dict):
        raise TableUnreadable("request of the plan file is no object")
    about |= {"telescope": document.get("telescope"), "request": request}
    return read_rows(json.dumps(exposures).encode())


def _exposure(reader: ExposureReader, row: Row) -> PlannedExposure:
    taken = reader.read(row)
    field_id, ra, dec = _place(reader, row)
    return PlannedExposure(
        field_id=field_id,
        ra=ra * u.deg,
        dec=dec * u.deg,
        filter=taken.filter,
        start=taken.start,
        exposure_time=taken.exposure_time,
        airmass=float("nan") if taken.airmass is None else taken.airmass,
        probability=0.0,
        limiting_magnitude=taken.limiting_magnitude,
    )


def _place(reader: ExposureReader, row: Row) -> tuple[int, float, float]:
    """Field and position that the robot would be sent to, deg."""
    if row.surplus:
        raise ValueError(f"{row.surplus} cells more than there are columns")
    field_id, ra, dec = reader.place(row)
    if field_id < 0:
        if not reader.telescope.off_grid:
            raise ValueError(
                f"{reader.telescope.name} observes the fields of its grid alone, and no positions"
            )
        return field_id, ra, dec
    there = reader.grid[field_id]
    if separation((ra, dec), there) > SAME_POINTING:
        raise ValueError(
            f"field {field_id} is at ({there[0]:.4f}, {there[1]:.4f}) deg, and not at ({ra:.4f},"
            f" {dec:.4f})"
        )
    return field_id, *there


def _is_at(known: int | tuple[float, float], ra: float, dec: float) -> bool:
    if isinstance(known, int):
        return False
    return bool(group(np.array([known, (ra, dec)]), SAME_POSITION)[1] == 0)
