"""What observatories call the columns of their tables of exposures, and their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from astropy import units as u

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "exposure_id": ("expid", "exp_id", "observation_id", "obsid", "obs_id", "id"),
    "field_id": ("field", "fieldid", "tile_id"),
    "ra": ("right_ascension", "raj2000", "field_ra"),
    "dec": ("declination", "decl", "dej2000", "field_dec"),
    "filter": ("filt", "band", "bandpass", "filter_name"),
    "start": ("start_time", "obstime", "obs_time", "obsdate", "date_obs", "dateobs", "utc", "time"),
    "mjd": ("obsmjd", "obs_mjd", "start_mjd", "exposure_mjd", "mjd_obs"),
    "jd": ("obsjd", "obs_jd", "start_jd"),
    "exposure_time": ("exptime", "exp_time", "exposure", "exposuretime"),
    "limiting_magnitude": ("limmag", "limiting_mag", "maglimit", "maglim", "depth", "mag_lim"),
    "seeing": ("fwhm", "image_quality"),
    "airmass": ("secz", "air_mass"),
    "detectors": ("good_detectors", "quadrants"),
    "queue_name": ("queue", "subprogram_name"),
}
"""Each quantity, and what else it is called. The names are compared in lower case, with any
run of blanks and dashes as an underscore."""

ONE_EACH = frozenset({"rcid", "qid", "quadrant", "detector", "detector_id", "ccdid", "ccd", "chip"})
"""A column of this name means a row for each detector, which is another kind of table."""

UNITS: Mapping[str, u.UnitBase] = {
    "ra": u.deg,
    "dec": u.deg,
    "exposure_time": u.s,
    "seeing": u.arcsec,
    "limiting_magnitude": u.mag,
}
"""Unit of a column that does not state its own."""

_BRACKETED = re.compile(r"\A(?P<name>[^\[(]+?)\s*[\[(]\s*(?P<unit>[^\])]+?)\s*[\])]\Z")
_ENDINGS = ("arcmin", "arcsec", "hourangle", "hours", "deg", "rad", "min", "sec", "ms", "mag", "s")
_SPELLINGS = {"sec": "s", "hours": "hourangle", "seconds": "s", "minutes": "min", "degrees": "deg"}


class UnitUnsuitable(ValueError):
    """A column states a unit that cannot be meant."""


@dataclass(frozen=True)
class Column:
    """A column that is understood."""

    heading: str
    """As it stands in the file."""

    unit: u.UnitBase | None
    """What its plain numbers are in; None for what is no quantity."""


def match_columns(headings: Sequence[str]) -> dict[str, Column]:
    """Tell which column is which; those that are not known are left out.

    Raises
    ------
    UnitUnsuitable
        If a column states a unit that its quantity cannot be in.
    """
    by_name = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    columns: dict[str, tuple[int, Column]] = {}
    for heading in headings:
        plain, stated = _split(heading, by_name)
        name = by_name.get(plain)
        if name is None:
            continue
        # Of two columns for one quantity the more usual name counts.
        rank = (name, *COLUMNS[name]).index(plain)
        if name not in columns or rank < columns[name][0]:
            columns[name] = rank, Column(heading, _unit(heading, name, stated))
    return {name: column for name, (_, column) in columns.items()}


def simplified(heading: str) -> str:
    """A heading in lower case, with blanks and dashes as underscores."""
    return re.sub(r"[\s_-]+", "_", heading.strip().lower())


def _split(heading: str, known: Mapping[str, str]) -> tuple[str, str | None]:
    """Name and stated unit of a heading such as "exptime [s]" or "ra_deg"."""
    if match := _BRACKETED.match(heading.strip()):
        return simplified(match["name"]), match["unit"].lower()
    plain = simplified(heading)
    if plain in known:
        return plain, None
    for ending in _ENDINGS:
        if plain.removesuffix(f"_{ending}") in known and plain.endswith(f"_{ending}"):
            return plain.removesuffix(f"_{ending}"), ending
    return plain, None


def _unit(heading: str, name: str, stated: str | None) -> u.UnitBase | None:
    usual = UNITS.get(name)
    if usual is None or stated is None:
        return usual
    try:
        # "AB" and "utc" are not units of astropy's, but they are what is meant.
        unit = usual if stated in {"ab", "ab mag"} else u.Unit(_SPELLINGS.get(stated, stated))
    except ValueError as err:
        raise UnitUnsuitable(f"column {heading!r} states a unit that is not known") from err
    if not unit.is_equivalent(usual):
        raise UnitUnsuitable(f"column {heading!r} should be in {usual} or the like")
    return unit
