"""Tables of galaxies from bytes: CSV, ECSV or FITS; and the compact form in which they are kept."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table
from numpy.typing import NDArray

MAX_GALAXIES = 2_000_000
"""Of one table: the whole of GLADE+ within the distance of any merger that is followed up."""

_NAMES: dict[str, tuple[str, ...]] = {
    "ra": ("ra", "raj2000", "right_ascension"),
    "dec": ("dec", "dej2000", "decj2000", "declination"),
    "distance": ("distance", "distmpc", "dist", "d_l", "luminosity_distance", "dist_mpc"),
    "luminosity": ("luminosity", "lum"),
}
"""What columns are called, in lower case."""

_TITLES = ("name", "objname", "object", "galaxy", "galaxy_name", "simbad_name", "id")
"""What a column of names is called, in lower case."""

_LONGEST = 40
"""Characters of a name that are kept."""

_UNITS: dict[str, u.UnitBase] = {"ra": u.deg, "dec": u.deg, "distance": u.Mpc}
"""Where a column says another, it is converted."""


class GalaxiesInvalid(ValueError):
    """The file is no table of galaxies; the message says why."""


@dataclass(frozen=True, eq=False)
class Galaxies:
    """What a table says of galaxies."""

    table: Table
    """Columns ra, dec (deg), distance (Mpc) and, if known, luminosity and name; all numbers are
    finite but the luminosity, which is NaN where it is not known; a name may be empty."""

    incomplete: int
    """Rows left out, as their position or distance is not known."""

    unused_columns: tuple[str, ...]
    """Headings of columns that nothing is taken from."""


def read_galaxy_bytes(data: bytes) -> Galaxies:
    """Read a table of galaxies.

    Raises
    ------
    GalaxiesInvalid
        If it is no table, lacks a column, or a row is of no galaxy; the first such is named.
    """
    table = _table(data)
    by_name = {str(name).lower(): str(name) for name in reversed(table.colnames)}
    found = {
        name: next((by_name[known] for known in names if known in by_name), "")
        for name, names in _NAMES.items()
    }
    missing = [name for name in ("ra", "dec", "distance") if not found[name]]
    if missing:
        raise GalaxiesInvalid(
            f"the table has no column {', '.join(missing)}; it has {', '.join(table.colnames)}"
        )
    if len(table) > MAX_GALAXIES:
        raise GalaxiesInvalid(f"the table has {len(table)} rows: at most {MAX_GALAXIES} are read")
    values = {name: _numbers(table, name, heading) for name, heading in found.items() if heading}
    _check(values)
    known = np.isfinite(values["ra"]) & np.isfinite(values["dec"]) & (values["distance"] > 0)
    known &= np.isfinite(values["distance"])
    if not known.any():
        raise GalaxiesInvalid("the table has no row with a position and a distance")
    kept = Table({name: column[known] for name, column in values.items()})
    title = next((by_name[each] for each in _TITLES if each in by_name), "")
    if title:
        kept["name"] = _texts(table[title])[known]
    unused = tuple(name for name in table.colnames if name not in {*found.values(), title})
    return Galaxies(kept, int((~known).sum()), unused)


def _table(data: bytes) -> Table:
    start = data.lstrip()[:10]
    if not start:
        raise GalaxiesInvalid("the table is empty")
    # Never by the name, nor by astropy's guess: it would unpack whatever is packed.
    kind = "fits" if data.startswith(b"SIMPLE  =") else "ascii.csv"
    if start.startswith(b"# %ECSV"):
        kind = "ascii.ecsv"
    try:
        if kind == "fits":
            return Table.read(io.BytesIO(data), format="fits")
        return Table.read(data.decode("utf-8-sig").splitlines(), format=kind)
    except Exception as err:
        # astropy's readers raise whatever the format's library does, some with pages of advice.
        reason = next(iter(str(err).splitlines()), type(err).__name__)
        raise GalaxiesInvalid(f"the file is no table in CSV, ECSV or FITS: {reason}") from err


def _numbers(table: Table, name: str, heading: str) -> NDArray[np.float64]:
    """A column as numbers in its unit; NaN where it has none."""
    column = np.ma.asarray(table[heading])
    if column.ndim != 1:
        raise GalaxiesInvalid(f"column {heading} has several values in a row")
    if column.dtype.kind not in "iuf":
        column = np.ma.masked_array(
            [_number(text, heading, row) for row, text in enumerate(column.filled(""), start=1)]
        )
    values = np.ma.filled(column.astype(np.float64), np.nan)
    unit = getattr(table[heading], "unit", None)
    if unit is None or name not in _UNITS:
        return np.asarray(values)
    try:
        return np.asarray((values * u.Unit(unit)).to_value(_UNITS[name]))
    except (u.UnitsError, TypeError, ValueError) as err:
        raise GalaxiesInvalid(f"column {heading} is in {unit}, and not in {_UNITS[name]}") from err


def _texts(column: Any) -> NDArray[np.str_]:
    """A column as words; empty where it has none."""
    values = np.ma.asarray(column)
    hidden = np.broadcast_to(np.ma.getmaskarray(values), values.shape)
    words = [
        "" if is_hidden else _word(value)
        for value, is_hidden in zip(values.data.tolist(), hidden.tolist(), strict=True)
    ]
    return np.array(words, dtype=np.str_)


def _word(value: object) -> str:
    plain = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return " ".join(plain.split())[:_LONGEST]


def _number(text: object, heading: str, row: int) -> float:
    plain = (text.decode(errors="replace") if isinstance(text, bytes) else str(text)).strip()
    if plain.lower() in {"", "nan", "null", "none", "-", "--", "n/a"}:
        return float("nan")
    try:
        return float(plain)
    except ValueError:
        raise GalaxiesInvalid(f"galaxy {row}: {heading} is no number, but {plain[:40]!r}") from None


def _check(values: dict[str, NDArray[np.float64]]) -> None:
    for name, low, high in (("ra", -360.0, 360.0), ("dec", -90.0, 90.0)):
        beyond = np.flatnonzero((values[name] < low) | (values[name] > high))
        if len(beyond):
            raise GalaxiesInvalid(
                f"galaxy {beyond[0] + 1}: {name} is {values[name][beyond[0]]:g} deg, and not from"
                f" {low:g} to {high:g}; {len(beyond)} galaxies in all"
            )


def pack_galaxies(table: Table) -> bytes:
    """A compact form: a compressed npz of the columns."""
    file = io.BytesIO()
    columns: dict[str, Any] = {name: np.asarray(table[name]) for name in table.colnames}
    np.savez_compressed(file, **columns)
    return file.getvalue()


def unpack_galaxies(content: bytes) -> Table:
    """Read what `pack_galaxies` wrote.

    Raises
    ------
    GalaxiesInvalid
        If it is anything else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as columns:
            return Table({name: columns[name] for name in columns.files})
    except (OSError, ValueError, zipfile.BadZipFile) as err:
        raise GalaxiesInvalid(f"these are no galaxies: {err}") from err
