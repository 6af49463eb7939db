"""One row of an uploaded table of exposures, understood or rejected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from astropy import units as u
from astropy.time import Time
from numpy.typing import NDArray

from telescopes.observing_plan import ExecutedExposure
from telescopes.pairing.pointings import separation
from telescopes.pairing.repetitions import Shutters
from telescopes.tables.table_columns import Column
from telescopes.tables.table_rows import Row
from telescopes.tables.verdict_columns import VerdictColumn
from telescopes.tables.verdicts import check_taken
from telescopes.telescope import Telescope

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A start before is a slip: a truncated date, or the wrong kind of day number."""

_RANGES = {"airmass": (1.0, 40.0), "seeing": (0.01, 60.0), "limiting_magnitude": (5.0, 35.0)}
"""What can be true of any telescope on the ground; arcsec and AB magnitudes."""

_DATE = "%Y-%m-%d %H:%M:%S UTC"


class ExposureReader:
    """Understands the rows of one table, and remembers them to see repetitions."""

    def __init__(
        self,
        telescope: Telescope,
        now: Time | None,
        columns: dict[str, Column],
        verdicts: tuple[VerdictColumn, ...] = (),
    ) -> None:
        self.telescope = telescope
        self.verdicts = verdicts
        self.now = None if now is None else now.utc.to_datetime(timezone=UTC)
        self.columns = columns
        self.ids: dict[str, int] = {}
        self.shutters: Shutters[ExecutedExposure] = Shutters()

    @cached_property
    def grid(self) -> dict[int, tuple[float, float]]:
        """Position of each field, deg."""
        grid = self.telescope.read_grid()
        places = zip(grid.coord.ra.deg.tolist(), grid.coord.dec.deg.tolist(), strict=True)
        return dict(zip(grid.field_id.tolist(), places, strict=True))

    @cached_property
    def reach(self) -> float:
        """Distance from the boresight to the farthest corner of the camera, deg."""
        corners = self.telescope.footprint.corners.to_value(u.deg)
        return float(np.hypot(corners[..., 0], corners[..., 1]).max())

    def read(self, row: Row) -> ExecutedExposure:
        """One exposure.

        Raises
        ------
        ValueError
            If the row cannot be counted; the message says why. It is a `NotTaken` if the row
            says of itself that it does not count.
        """
        if row.surplus:
            raise ValueError(f"{row.surplus} cells more than there are columns")
        check_taken(row, self.verdicts)
        start = self._start(row)
        field_id, ra, dec = self.place(row)
        name = self._filter(row)
        exposure = ExecutedExposure(
            exposure_id=row.get(self.columns.get("exposure_id"))
            or _identifier(start, name, field_id, ra, dec),
            field_id=field_id,
            ra=ra * u.deg,
            dec=dec * u.deg,
            filter=name,
            start=start,
            exposure_time=self._exposure_time(row),
            detectors=self._detectors(row),
            queue_name=row.get(self.columns.get("queue_name")),
            airmass=self._within(row, "airmass", u.dimensionless_unscaled),
            seeing=None
            if (seeing := self._within(row, "seeing", u.arcsec)) is None
            else seeing * u.arcsec,
            limiting_magnitude=self._within(row, "limiting_magnitude", u.mag),
        )
        self._check_repetition(row, exposure)
        return exposure

    def _start(self, row: Row) -> Time:
        moment = self._moment(row)
        if moment < EARLIEST:
            raise ValueError(f"the start ({moment:{_DATE}}) is before {EARLIEST:%Y-%m-%d}")
        if self.now is not None and moment > self.now:
            raise ValueError(f"the start ({moment:{_DATE}}) is in the future")
        return Time(moment.replace(tzinfo=None), scale="utc")

    def _moment(self, row: Row) -> datetime:
        for name, epoch in (("mjd", 0.0), ("jd", 2400000.5)):
            days = row.quantity_in(self.columns.get(name), u.day)
            if days is not None:
                return _from_days(days - epoch)
        text = row.get(self.columns.get("start"))
        if text is None:
            raise ValueError("no start")
        return _from_iso(text)

    def place(self, row: Row) -> tuple[int, float, float]:
        """Field (-1 off the grid) and position, deg."""
        field_id = self._field(row)
        ra = row.quantity_in(self.columns.get("ra"), u.deg)
        dec = row.quantity_in(self.columns.get("dec"), u.deg)
        if ra is None and dec is None and field_id >= 0:
            return field_id, *self.grid[field_id]
        if ra is None or dec is None:
            raise ValueError("neither a field nor a position")
        if not 0 <= ra <= 360:
            raise ValueError(f"the right ascension ({ra:g} deg) is not from 0 to 360 deg")
        if not -90 <= dec <= 90:
            raise ValueError(f"the declination ({dec:g} deg) is not from -90 to 90 deg")
        if field_id >= 0:
            self._check_place(field_id, ra, dec)
        return field_id, ra, dec

    def _field(self, row: Row) -> int:
        text = row.get(self.columns.get("field_id"))
        if text is None:
            return -1
        try:
            value = float(text)
            field_id = int(value)
        except (ValueError, OverflowError):
            raise ValueError(f"field {text!r} is not a number") from None
        if field_id != value or (field_id != -1 and field_id not in self.grid):
            raise ValueError(f"{self.telescope.name} has no field {text}")
        return field_id

    def _check_place(self, field_id: int, ra: float, dec: float) -> None:
        """Positions in hours, or of another field, do not pass."""
        there = self.grid[field_id]
        distance = separation((ra, dec), there)
        if distance > self.reach:
            raise ValueError(
                f"({ra:g}, {dec:g}) deg is {distance:.1f} deg from field {field_id}"
                f" ({there[0]:.2f}, {there[1]:.2f}): are right ascension and declination in deg?"
            )

    def _filter(self, row: Row) -> str:
        text = row.get(self.columns.get("filter"))
        if text is None:
            raise ValueError("no filter")
        known = self.telescope.filters
        bare = text.lower().removeprefix(self.telescope.name.lower()).lstrip("_- ")
        for name in (text, text[len(text) - len(bare) :]):
            if name in known:
                return name
        raise ValueError(f"{self.telescope.name} has no filter {text!r}; it has {', '.join(known)}")

    def _exposure_time(self, row: Row) -> u.Quantity:
        seconds = row.quantity_in(self.columns.get("exposure_time"), u.s)
        if seconds is None:
            return self.telescope.exposure_time
        longest = self.telescope.longest_exposure.to_value(u.s)
        if not 0 < seconds <= longest:
            raise ValueError(
                f"an exposure of {seconds:g} s: {self.telescope.name} takes none of more than"
                f" {longest:g} s, or of none; is it in s?"
            )
        return seconds * u.s

    def _detectors(self, row: Row) -> NDArray[np.int64]:
        known = self.telescope.footprint.detector_id
        text = row.get(self.columns.get("detectors"))
        if text is None:
            return known
        try:
            detectors = sorted({int(part) for part in text.strip("[]").replace(",", " ").split()})
        except ValueError:
            raise ValueError(f"detectors {text!r} are not numbers apart by spaces") from None
        strange = [detector for detector in detectors if detector not in known]
        if strange:
            raise ValueError(f"{self.telescope.name} has no detector {strange[0]}")
        return np.array(detectors, dtype=np.int64)

    def _within(self, row: Row, name: str, unit: u.UnitBase) -> float | None:
        """A number that must be in its range of `_RANGES`."""
        value = row.quantity_in(self.columns.get(name), unit)
        low, high = _RANGES[name]
        if value is not None and not low <= value <= high:
            heading = self.columns[name].heading
            raise ValueError(f"{heading} {value:g} is not from {low:g} to {high:g} {unit}".strip())
        return value

    def _check_repetition(self, row: Row, exposure: ExecutedExposure) -> None:
        """One exposure counts once, whether it is told by its number or by its shutter."""
        if exposure.exposure_id in self.ids:
            first = self.ids[exposure.exposure_id]
            raise ValueError(f"exposure {exposure.exposure_id} stands in row {first} already")
        if (same := self.shutters.find(exposure)) is not None:
            first = self.ids[same.exposure_id]
            raise ValueError(f"the same field, filter and start stand in row {first} already")
        self.ids[exposure.exposure_id] = row.row_number
        self.shutters.add(exposure)


def _from_days(mjd: float) -> datetime:
    try:
        return datetime(1858, 11, 17, tzinfo=UTC) + timedelta(days=mjd)
    except OverflowError:
        raise ValueError(f"the start (MJD {mjd:g}) is no date") from None


def _from_iso(text: str) -> datetime:
    """An ISO 8601 moment; UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"the start {text!r} is no ISO 8601 time") from None
    if len(text) <= len("2026-03-02"):
        raise ValueError(f"the start {text!r} has no time of day")
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"the start {text!r} is no date") from None


def _identifier(start: Time, filter_name: str, field_id: int, ra: float, dec: float) -> str:
    """A name for an exposure that has none: the same whenever the row is uploaded again."""
    place = str(field_id) if field_id >= 0 else f"{ra:.4f}{dec:+.4f}"
    return f"{start.utc.isot}_{filter_name}_{place}"
