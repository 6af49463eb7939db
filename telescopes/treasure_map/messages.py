"""Pointings as the Treasure Map writes them (treasuremap.space, API version 1).

References
----------
.. [1] Wyatt et al. 2020, ApJ 894, 127.
.. [2] github.com/TheTreasureMap/gwtm: `server/schemas/pointing.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
from astropy import units as u
from astropy.time import Time

from telescopes.errors import PlanUnsuitable
from telescopes.observing_plan import ExecutedExposure, PlannedExposure
from telescopes.pairing.pointings import separation

Status = Literal["planned", "completed", "cancelled"]

_OPTICAL = ("U", "B", "V", "R", "I", "J", "H", "K", "u", "g", "r", "i", "z", "q", "clear", "open")
_SPACE = ("UVW1", "UVW2", "UVM2", "XRT", "BAT", "TESS", "HESS", "WISEL")
_RADIO = ("UHF", "VHF", "L", "S", "C", "X")

BANDS = frozenset({*_OPTICAL, *_SPACE, *_RADIO, "other"})
"""Names of bands [2]_; any other is ``other``."""

SAME_PLACE = 2.0
"""Two positions this close are one, arcsec: the service keeps what it was sent."""

SAME_TIME = 2.0
"""Two times this close are one, s."""


@dataclass(frozen=True, eq=False)
class Pointing:
    """One pointing of one instrument."""

    ra: u.Quantity[u.physical.angle]
    """Right ascension (ICRS)."""

    dec: u.Quantity[u.physical.angle]
    """Declination (ICRS)."""

    instrument_id: int
    """Number of the instrument at the Treasure Map."""

    status: Status
    """Planned, completed or cancelled."""

    time: Time
    """When it is to begin, or began."""

    band: str
    """A name of `BANDS`."""

    depth: float | None
    """5-sigma AB limit; expected, where it is planned."""

    position_angle: u.Quantity[u.physical.angle] = 0 * u.deg
    """Of the instrument, north through east."""

    pointing_id: int | None = None
    """The Treasure Map's number, once it has one."""

    submitter: str | None = None
    """Who sent it."""

    instrument: str = ""
    """Name of the instrument, where the Treasure Map has told it."""

    def is_same(self, other: Pointing) -> bool:
        """Whether the other is this pointing, in the same state, whatever its number."""
        if (self.instrument_id, self.status, self.band) != (
            other.instrument_id,
            other.status,
            other.band,
        ):
            return False
        (place, mjd), (other_place, other_mjd) = self._place_and_mjd, other._place_and_mjd
        if abs(mjd - other_mjd) * 86400 > SAME_TIME:
            return False
        return separation(place, other_place) * 3600 <= SAME_PLACE

    @cached_property
    def _place_and_mjd(self) -> tuple[tuple[float, float], float]:
        """Right ascension and declination, deg, and MJD: compared very often."""
        ra, dec = float(self.ra.to_value(u.deg)), float(self.dec.to_value(u.deg))
        return (ra, dec), float(self.time.utc.mjd)


def planned_pointing(exposure: PlannedExposure, instrument_id: int) -> Pointing:
    """A pointing that is intended."""
    return Pointing(
        exposure.ra,
        exposure.dec,
        instrument_id,
        "planned",
        exposure.start,
        exposure.filter if exposure.filter in BANDS else "other",
        exposure.limiting_magnitude,
    )


def completed_pointing(
    exposure: ExecutedExposure, instrument_id: int, depth: float | None = None
) -> Pointing:
    """A pointing that was taken.

    Parameters
    ----------
    exposure, instrument_id
        What, and by which instrument.
    depth
        Stands in where the exposure has no measured limit.

    Raises
    ------
    PlanUnsuitable
        If there is no depth: the Treasure Map takes none without.
    """
    limit = exposure.limiting_magnitude if exposure.limiting_magnitude is not None else depth
    if not limit or not math.isfinite(limit):
        raise PlanUnsuitable(f"exposure {exposure.exposure_id} has no depth yet")
    return Pointing(
        exposure.ra,
        exposure.dec,
        instrument_id,
        "completed",
        exposure.start,
        exposure.filter if exposure.filter in BANDS else "other",
        float(limit),
    )


def write_pointing(pointing: Pointing) -> dict[str, Any]:
    """Write one of the ``pointings`` of ``POST /pointings``.

    Raises
    ------
    PlanUnsuitable
        If the service would reject it, and with it all that are sent together.
    """
    ra, dec = float(pointing.ra.to_value(u.deg)) % 360, float(pointing.dec.to_value(u.deg))
    if not (math.isfinite(ra) and -90 <= dec <= 90):
        raise PlanUnsuitable(f"no position: {pointing.ra}, {pointing.dec}")
    if pointing.band not in BANDS:
        raise PlanUnsuitable(f"the Treasure Map has no band {pointing.band!r}")
    if pointing.status == "completed" and not pointing.depth:
        raise PlanUnsuitable("a completed pointing has a depth")
    message: dict[str, Any] = {
        "ra": round(ra, 6),
        "dec": round(dec, 6),
        "instrumentid": pointing.instrument_id,
        "status": pointing.status,
        "time": pointing.time.utc.isot,
        "band": pointing.band,
        "pos_angle": round(float(pointing.position_angle.to_value(u.deg)), 4),
    }
    if pointing.depth is not None:
        message |= {"depth": round(pointing.depth, 3), "depth_unit": "ab_mag"}
    if pointing.pointing_id is not None:
        message["id"] = pointing.pointing_id
    return message


def read_pointing(row: Mapping[str, Any]) -> Pointing:
    """Read one entry of ``GET /pointings``.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it cannot be understood.
    """
    ra, dec = _position(str(row["position"]))
    status = row["status"]
    if status not in {"planned", "completed", "cancelled"}:
        raise ValueError(f"status {status!r}")
    moment = datetime.fromisoformat(str(row["time"]))
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).replace(tzinfo=None)
    is_magnitude = row.get("depth_unit") == "ab_mag" and row.get("depth") is not None
    return Pointing(
        ra * u.deg,
        dec * u.deg,
        int(row["instrumentid"]),
        status,
        Time(moment, scale="utc"),
        str(row.get("band") or "other"),
        float(row["depth"]) if is_magnitude else None,
        float(row.get("pos_angle") or 0.0) * u.deg,
        int(row["id"]),
        row.get("username"),
        str(row.get("instrument_name") or f"instrument {row['instrumentid']}"),
    )


def _position(text: str) -> tuple[float, float]:
    """Read ``POINT(ra dec)``."""
    if not text.startswith("POINT"):
        raise ValueError(f"position {text!r}")
    ra, dec = (float(part) for part in text.partition("(")[2].rstrip(") ").split())
    if not (math.isfinite(ra) and -90 <= dec <= 90):
        raise ValueError(f"position {text!r}")
    return ra % 360, dec


def read_polygon(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read a footprint ``POLYGON ((x y, ...))``, offsets in longitude and latitude, deg.

    Returns
    -------
    ndarray, shape (n_corners, 2)
        East and north in the tangent plane, deg.

    Raises
    ------
    ValueError
        If it is no polygon.
    """
    if not text.startswith("POLYGON"):
        raise ValueError(f"footprint {text[:40]!r}")
    outer = text.partition("((")[2].partition(")")[0]
    corners = np.array([[float(part) for part in pair.split()] for pair in outer.split(",")])
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 4:
        raise ValueError(f"footprint {text[:40]!r}")
    if not np.all(np.abs(corners) < 80):
        raise ValueError("a footprint of more than a hemisphere")
    longitude, latitude = np.radians(corners[:-1]).T
    plane = np.stack([np.tan(longitude), np.tan(latitude) / np.cos(longitude)], axis=-1)
    return np.asarray(np.degrees(plane))
