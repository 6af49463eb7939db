"""Regions of the sky from multi-order coverage maps (MOC), in each form in which they are written.

References
----------
Fernique et al. 2022, IVOA Recommendation "MOC: Multi-Order Coverage map", version 2.0, section 4.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from planners.geometry.ranges import Ranges
from planners.skymaps.checks import SkyMapInvalid

if TYPE_CHECKING:
    from mocpy import MOC

_FITS = b"SIMPLE"


def read_moc(content: bytes) -> Ranges:
    """Region of a MOC.

    Parameters
    ----------
    content
        The bytes of a FITS file, or the text of the ASCII or the JSON form.

    Raises
    ------
    SkyMapInvalid
        If it is none of these, or empty.

    Examples
    --------
    >>> from planners.skymaps.moc import read_moc
    >>> print(f"{read_moc(b'1/4-6 2/3').area:.1f}")
    2793.2 deg2
    """
    try:
        moc = _parsed(content)
    except Exception as err:
        # The library raises what its three readers and their parsers do.
        raise SkyMapInvalid(f"no MOC could be read: {_reason(err)}") from err
    ranges = np.asarray(moc.to_depth29_ranges, dtype=np.int64).reshape(-1, 2)
    region = Ranges.of(*ranges.T)
    if not len(region):
        raise SkyMapInvalid("the MOC is empty, or finer than order 29")
    return region


def _parsed(content: bytes) -> MOC:
    from mocpy import MOC  # noqa: PLC0415 - it draws as well, and loads what that needs

    if content.startswith(_FITS):
        return MOC.from_fits(io.BytesIO(content))
    text = content.decode("ascii").strip()
    return MOC.from_string(text, format="json" if text.startswith("{") else "ascii")


def _reason(err: Exception) -> str:
    return (str(err).splitlines() or [type(err).__name__])[0][:200]
