"""Which column of a table holds the probability, and in what unit: the layouts that are published.

LVK and most missions write PROB or PROBDENSITY (per pixel, or sr^-1); IceCube, since 2024,
"PROBABILITY DENSITY [deg-2]"; and what healpy writes without being told names is called after
the temperature of the microwave background, or numbered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from planners.skymaps.checks import UNSEEN, SkyMapInvalid
from planners.skymaps.fits_tables import Table

_DENSITIES = ("PROBDENSITY", "PROBABILITYDENSITY", "PROBDENS", "DENSITY")
_PER_PIXEL = ("PROB", "PROBABILITY", "PROBABILITYPERPIXEL")
_OF_HEALPY = ("T", "TEMPERATURE", "ISTOKES", "SIGNAL", "COLUMN0", "COLUMN1")
"""Names without blanks and marks. The last are healpy's own (`healpy.write_map` without
`column_names`), or no name at all; that they hold probability, their sum must show."""

_LAID_OUT = re.compile(
    r"(?P<name>.*?)[ _]*(?:\[(?P<square>[^\]]*)\]|\((?P<round>[^)]*)\)"
    r"|[ _](?P<bare>(?:PER[ _]?|1/)?(?:SQ\.?[ _]?)?(?:DEG|SR)\S*))?",
)

DISTANCE = ("DISTMU", "DISTSIGMA", "DISTNORM")
"""Columns of the distance ansatz; Mpc, Mpc and Mpc^-2."""

_USUAL_NAMES = ("PROB", "PROBDENSITY")


@dataclass(frozen=True)
class ProbabilityColumn:
    """The column of a table that says how probable each cell is."""

    name: str
    """In capitals, as in the type of a row."""

    stated: str
    """As the file calls it, with its unit."""

    per_steradian: float | None
    """What one of its unit is, sr^-1; None if it holds the probability of each cell."""

    def scale(self, area: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """What makes densities, sr^-1, of its values, in cells of such a solid angle, sr."""
        return 1 / area if self.per_steradian is None else self.per_steradian

    def densities(
        self, values: NDArray[np.float64], area: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Its values as densities, sr^-1; where there is no data, in no unit, as they are."""
        is_unseen = np.isclose(values, UNSEEN, rtol=1e-5, atol=0)
        return np.where(is_unseen, values, values * self.scale(area))


def find_probability(table: Table, *, is_multiorder: bool) -> ProbabilityColumn | None:
    """The column of probability; None if no column is called like one.

    Of several, densities come first in a multi-order map, and probabilities in a flat one.
    """
    usual = _DENSITIES + _PER_PIXEL if is_multiorder else _PER_PIXEL + _DENSITIES
    bare: dict[str, str] = {}
    for name in column_names(table):
        bare.setdefault(re.sub(r"[^A-Z0-9]", "", _parts(name)[0]), name)
    for wanted in (*usual, *_OF_HEALPY):
        if wanted in bare:
            return _column(table, bare[wanted], is_density=wanted in _DENSITIES)
    return None


def missing_probability(table: Table, *, is_multiorder: bool) -> str:
    """What is wrong with a table without such a column, in the file's own words."""
    first, second = reversed(_USUAL_NAMES) if is_multiorder else _USUAL_NAMES
    there = ", ".join(stated_columns(table))
    return f"missing column {first} or {second} or the like (columns: {there})"


def column_names(table: Table) -> tuple[str, ...]:
    """Names of the columns, in capitals."""
    return table.dtype.names or ()


def stated_columns(table: Table) -> Sequence[str]:
    """Columns as the file calls them, with their units."""
    return [_stated(table, name) for name in column_names(table)]


def _stated(table: Table, name: str) -> str:
    position = column_names(table).index(name) + 1
    heading, unit = str(table.header.get(f"TTYPE{position}", name)), _unit_text(table, name)
    return f"{heading} in {unit}" if unit else heading


def _unit_text(table: Table, name: str) -> str:
    return str(table.header.get(f"TUNIT{column_names(table).index(name) + 1}") or "").strip()


def _parts(name: str) -> tuple[str, str]:
    """A name, and the unit that stands in it."""
    match = _LAID_OUT.fullmatch(name.strip())
    if match is None:
        return name, ""
    return match["name"], match["square"] or match["round"] or match["bare"] or ""


def _column(table: Table, name: str, *, is_density: bool) -> ProbabilityColumn:
    known = [_in_steradians(text) for text in (_unit_text(table, name), _parts(name)[1])]
    per_steradian = next((scale for scale in known if scale is not None), None)
    if per_steradian is None and is_density and not _is_per_pixel(_unit_text(table, name)):
        per_steradian = 1.0
    return ProbabilityColumn(name, _stated(table, name), per_steradian)


def _is_per_pixel(unit: str) -> bool:
    return re.search(r"pix", unit, re.IGNORECASE) is not None


def _in_steradians(unit: str) -> float | None:
    """What a unit per solid angle is, sr^-1; None if it is another, or none."""
    text = unit.strip().lower().replace("_", " ")
    text = re.sub(r"^prob(ability)?\b\.?\s*", "", text)
    text = re.sub(r"sq(uare)?\.?\s*deg(ree)?s?", "deg2", text)
    text = re.sub(r"^(per\s*|/\s*)", "1/", text)
    text = re.sub(r"degree?s?\b", "deg", text)
    text = re.sub(r"steradians?", "sr", text)
    try:
        scale = u.Unit(text).to(1 / u.sr)
    except (ValueError, TypeError, u.UnitConversionError):
        return None
    return float(scale)


def checked_columns(table: Table, probability: str) -> tuple[str, ...]:
    """Columns to be read, checked: numbers, unscaled and of equal length."""
    has_distance = all(name in column_names(table) for name in DISTANCE)
    wanted = (probability, *(DISTANCE if has_distance else ()))
    for name in wanted:
        _check_column(table, name, "f")
        if _scaling(table, name) != (1, 0):
            raise SkyMapInvalid(f"column {name} is scaled")
        if table.dtype[name].shape != table.dtype[probability].shape:
            raise SkyMapInvalid(f"columns {probability} and {name} differ in length")
    return wanted


def _check_column(table: Table, name: str, kind: str) -> None:
    if table.dtype[name].base.kind != kind:
        raise SkyMapInvalid(f"column {name} is not of {'real' if kind == 'f' else 'whole'} numbers")


def _scaling(table: Table, name: str) -> tuple[Any, Any]:
    position = column_names(table).index(name) + 1
    return table.header.get(f"TSCAL{position}", 1), table.header.get(f"TZERO{position}", 0)


def unsigned_offset(table: Table, name: str) -> int:
    """What must be added to a column of whole numbers: that of unsigned ones, or nothing.

    FITS has no unsigned integers: they are written less half of their range, which TZERO says
    (FITS Standard 4.0, section 5.2.5).
    """
    _check_column(table, name, "i")
    scaling, half = _scaling(table, name), 1 << (8 * table.dtype[name].base.itemsize - 1)
    if scaling not in {(1, 0), (1, half)}:
        raise SkyMapInvalid(f"column {name} is scaled by {scaling[0]} and {scaling[1]}")
    return int(scaling[1])


def whole_numbers(values: NDArray[Any], offset: int) -> NDArray[np.int64]:
    """Whole numbers as they are meant; those of 2^63 and more, which no cell has, negative."""
    numbers = np.asarray(values, dtype=np.int64).ravel()
    return numbers ^ np.int64(-(1 << 63)) if offset >> 63 else numbers + offset
