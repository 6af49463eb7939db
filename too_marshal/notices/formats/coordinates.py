"""Where and when, as VOEvents may write it (STC): in UTC and in ICRS degrees, or not at all.

A packet names its time scale and frame in the identifier of its coordinate system
("UTC-FK5-GEO"), or in elements; its axes and units stand with the position.

References
----------
IVOA: VOEvent 2.0, section 3.4; Space-Time Coordinate Metadata for the Virtual Observatory 1.33.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from too_marshal.notices.formats.numbers import read_float, read_sexagesimal

_TIME_SCALES = {
    "UTC": "utc",
    "UT1": "utc",  # within a second
    "GPS": "gps",
    "TAI": "tai",
    "IAT": "tai",
    "TT": "tt",
    "TDT": "tt",
    "ET": "tt",
    "TDB": "tdb",
    "TCB": "tcb",
    "TCG": "tcg",
}
_FRAMES = {
    "ICRS": "icrs",
    "FK5": "icrs",  # of J2000: within 0.1 arcsec
    "J2000": "icrs",
    "FK4": "fk4",
    "B1950": "fk4",
    **dict.fromkeys(("GALACTIC", "GALACTIC_II", "GAL", "GAL_II", "GALACTICII"), "galactic"),
    **dict.fromkeys(("SUPER_GALACTIC", "SUPERGALACTIC"), "supergalactic"),
    **dict.fromkeys(("ECLIPTIC", "ECL"), "barycentricmeanecliptic"),
}
_GPS_BEHIND_TAI = timedelta(seconds=19)
_BARYCENTRIC = frozenset({"BARY", "BARYCENTER", "HELIO", "HELIOCENTER"})
_ORIGINS = frozenset({"GEO", "GEOCENTER", "TOPO", "TOPOCENTER", "EMB", "LOCAL", "RELOCATABLE"})
_HOUR = 15.0
_UNITS = {
    **dict.fromkeys(("deg", "degs", "degree", "degrees"), 1.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hourangle", "hms"), _HOUR),
    **dict.fromkeys(("arcmin", "arcmins", "arcminute", "arcminutes", "amin"), 1 / 60),
    **dict.fromkeys(("arcsec", "arcsecs", "arcsecond", "arcseconds", "asec"), 1 / 3600),
    "dms": 1.0,
    "mas": 1 / 3_600_000,
    **dict.fromkeys(("rad", "radian", "radians"), 57.29577951308232),
}
"""deg."""


@dataclass(frozen=True)
class Position:
    """What the packet's Position2D says, before anybody asks what it means."""

    ra: float
    """Right ascension (ICRS), deg."""

    dec: float
    """Declination (ICRS), deg."""

    radius: float | None
    """Error2Radius, deg."""


@dataclass(frozen=True)
class CoordinateSystem:
    """Scale of the times and frame of the positions."""

    time_scale: str = "utc"
    """As `astropy.time` names it, or "gps"."""

    frame: str | None = "icrs"
    """As `astropy.coordinates` names it; None for one in which positions are not read."""

    flags: frozenset[str] = frozenset()
    """What is odd about it."""


def read_system(root: Any) -> CoordinateSystem:
    """Read in which coordinate system a packet speaks; UTC and FK5 where it does not say."""
    scales = [_text(element) for element in root.iterfind(".//TimeFrame/TimeScale")]
    frames = [_name(element) for element in root.iterfind(".//SpaceFrame/*")]
    tokens = [token for token in _identifier(root).upper().split("-") if token]
    scales += [token for token in tokens if token in _TIME_SCALES]
    frames = [frame for frame in frames if frame.upper() in _FRAMES]
    frames += [token for token in tokens if token in _FRAMES]
    known = {*_TIME_SCALES, *_FRAMES, *_BARYCENTRIC, *_ORIGINS}
    unknown = [token for token in tokens if token not in known]
    flags = set()
    scale = scales[0].upper() if scales else "UTC"
    if scale not in _TIME_SCALES or (not scales and unknown):
        flags.add(f"time scale {(scale if scales else unknown[0])[:20]!a} unknown, read as UTC")
    elif _TIME_SCALES[scale] != "utc":
        flags.add(f"time converted from {scale}")
    if _BARYCENTRIC & set(tokens):
        flags.add("time is that of the barycenter")
    frame = _FRAMES[frames[0].upper()] if frames else ("icrs" if not unknown else None)
    if frame is None:
        flags.add(f"position not read: the frame {unknown[-1][:20]!a} is unknown")
    elif frame != "icrs":
        flags.add(f"position converted from {frames[0].upper()}")
    return CoordinateSystem(_TIME_SCALES.get(scale, "utc"), frame, frozenset(flags))


def to_utc(time: datetime, scale: str) -> datetime:
    """Convert a time whose digits are of another scale."""
    if scale == "utc":
        return time
    from astropy.time import Time  # noqa: PLC0415 - slow to import, and rarely needed

    plain = time.replace(tzinfo=None)
    if scale == "gps":
        plain, scale = plain + _GPS_BEHIND_TAI, "tai"
    converted: datetime = Time(plain, scale=scale).utc.to_datetime(timezone=UTC)
    return converted


def read_position(root: Any, system: CoordinateSystem) -> tuple[Position | None, frozenset[str]]:
    """Read the packet's Position2D in ICRS; none, with a flag, where it cannot be understood."""
    element = root.find(".//Position2D")
    if element is None or system.frame is None:
        return None, frozenset()
    first, second = element.find("Value2/C1"), element.find("Value2/C2")
    texts = [_text(part) for part in (first, second)]
    if not any(texts):
        return None, frozenset()
    is_swapped = _is_latitude(_text(element.find("Name1"))) and not _is_latitude(
        _text(element.find("Name2"))
    )
    unit_of_both = element.get("unit") or _unit(element.find("Value2"))
    stated = _split(unit_of_both)
    units = [_unit(part) or stated[axis] for axis, part in enumerate((first, second))]
    error = element.find("Error2Radius")
    unit_of_error = _unit(error) or stated[1]
    if is_swapped:
        texts.reverse()
        units.reverse()
    if len(set(stated)) == 1 and stated[0] in _UNITS and _UNITS[stated[0]] == _HOUR:
        # Only right ascensions are counted in hours.
        units[1] = units[1] if units[1] != stated[0] else "deg"
        unit_of_error = unit_of_error if unit_of_error != stated[0] else "deg"
    for unit in (*units, unit_of_error):
        if unit not in _UNITS:
            return None, frozenset({f"position not read: the unit {unit[:20]!a} is unknown"})
    longitude = _value(texts[0], units[0], allows_sexagesimal=_UNITS[units[0]] == _HOUR)
    latitude = _value(texts[1], units[1], allows_sexagesimal=_UNITS[units[1]] == 1.0)
    if longitude is None or latitude is None:
        shown = ", ".join(text[:20] for text in texts)
        return None, frozenset({f"position unreadable: {shown!a}"})
    flags = {"position has its axes exchanged"} if is_swapped else set()
    odd = sorted({unit for unit in (*units, unit_of_error) if _UNITS[unit] != 1.0})
    if odd:
        flags.add(f"position converted from {' and '.join(odd)}")
    radius = read_float(_text(error))
    scaled = None if radius is None else radius * _UNITS[unit_of_error]
    return Position(*_to_icrs(longitude, latitude, system.frame), scaled), frozenset(flags)


def _to_icrs(longitude: float, latitude: float, frame: str) -> tuple[float, float]:
    if frame == "icrs" or not -90 <= latitude <= 90:
        return longitude, latitude
    from astropy import units as u  # noqa: PLC0415 - slow to import, and rarely needed
    from astropy.coordinates import SkyCoord  # noqa: PLC0415

    place = SkyCoord(longitude * u.deg, latitude * u.deg, frame=frame).icrs
    return float(place.ra.deg), float(place.dec.deg)


def _value(text: str, unit: str, *, allows_sexagesimal: bool) -> float | None:
    value = read_float(text)
    if value is None and allows_sexagesimal:
        value = read_sexagesimal(text)
    return None if value is None else value * _UNITS[unit]


def _identifier(root: Any) -> str:
    """Identifier of the system in which the event's own coordinates stand."""
    for path in (".//Position2D", ".//ISOTime"):
        element = root.find(path)
        holders = [] if element is None else element.iterancestors()
        for holder in holders:
            stated = holder.get("coord_system_id") if _name(holder) == "AstroCoords" else None
            if stated:
                return str(stated)
    system = root.find(".//AstroCoordSystem")
    return "" if system is None else str(system.get("id") or "")


def _split(unit: str) -> tuple[str, str]:
    """Units of the two axes, of which one may stand for both."""
    parts = re.split(r"[\s,;/-]+", unit.strip().lower()) if unit.strip() else ["deg"]
    return parts[0], parts[-1]


def _unit(element: Any) -> str:
    if element is None:
        return ""
    return str(element.get("unit") or element.get("pos_unit") or "").strip().lower()


def _is_latitude(name: str) -> bool:
    return name.lower().startswith(("dec", "lat", "glat", "elat")) or name.lower() in {"b", "beta"}


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()
