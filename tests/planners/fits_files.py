"""FITS files as missions write them, and as they should not."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.io import fits

from planners.geometry.ranges import HIGHEST_ORDER
from planners.skymaps.skymap import SkyMap


def table_file(
    columns: Mapping[str, np.ndarray], cards: Mapping[str, Any], per_row: int = 1
) -> bytes:
    """A primary header and one binary table; `None` leaves a card out."""
    fits_columns = []
    for name, values in columns.items():
        array = np.asarray(values)
        rows = array.reshape(-1, per_row) if per_row > 1 else array
        code = {"f4": "E", "f8": "D", "i4": "J", "i8": "K"}[array.dtype.str[1:]]
        fits_columns.append(
            fits.Column(name, f"{per_row if per_row > 1 else ''}{code}", array=rows)
        )
    table = fits.BinTableHDU.from_columns(fits_columns)
    table.header["PIXTYPE"] = "HEALPIX"
    for keyword, value in cards.items():
        if value is not None:
            table.header[keyword] = value
    return as_bytes(fits.HDUList([fits.PrimaryHDU(), table]))


def as_bytes(hdus: fits.HDUList) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hdus.writeto(out)
    return out.getvalue()


def multiorder_file(uniq: np.ndarray, density: np.ndarray, **columns: np.ndarray) -> bytes:
    """As BAYESTAR writes it."""
    cards = {"ORDERING": "NUNIQ", "COORDSYS": "C", "INDXSCHM": "EXPLICIT"}
    return table_file({"UNIQ": uniq, "PROBDENSITY": density, **columns}, cards)


def flat_file(
    probability: np.ndarray, *, ordering: str = "NESTED", per_row: int = 1, **columns: np.ndarray
) -> bytes:
    """A whole sky of one resolution."""
    cards = {"ORDERING": ordering, "COORDSYS": "C", "INDXSCHM": "IMPLICIT"}
    return table_file({"PROB": probability, **columns}, cards, per_row)


def uniq_of(skymap: SkyMap) -> np.ndarray:
    """UNIQ of each range, which must be one cell."""
    order = HIGHEST_ORDER - (np.frexp((skymap.hi - skymap.lo).astype(float))[1] - 1) // 2
    return (4 << (2 * order)) + (skymap.lo >> (2 * (HIGHEST_ORDER - order)))


def patched(data: bytes, keyword: str, card: str) -> bytes:
    """The file with the last card of that keyword replaced, whatever the card says."""
    place = data.rindex(f"{keyword:8}=".encode())
    return data[:place] + card.encode().ljust(80)[:80] + data[place + 80 :]
