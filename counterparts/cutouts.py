"""The small images around an alert: read, and made fit for a classifier in a step of its own.

A reader of the few lines of FITS that cutouts use: it takes less than a third of the time of
`astropy.io.fits`, whose headers would cost more than a classifier does, and refuses what is broken
by one kind of error where that warns and goes on. Both agree on every cutout at hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.codecs import inflate

MAX_CUTOUT = 8 << 20
"""Bytes of an expanded image: 1000 pixels a side, and those of alerts have 30 to 81."""

SIDE = 63
"""Pixels of ZTF's cutouts, and of the classifiers that were made for them."""

PADDING = 1e-9
"""What stands where a cutout ends at its chip's edge, as the classifiers were taught."""

_BLOCK, _CARD = 2880, 80
_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_VALUE = re.compile(rb"([A-Z0-9_-]+) *= *('(?:[^']|'')*'|[^/]*)")


class CutoutInvalid(ValueError):
    """An image that cannot be read; the sentence says why."""


def read_cutout(data: bytes) -> NDArray[np.float32]:
    """Read the first image of a FITS file, gzipped or plain.

    Parameters
    ----------
    data
        As it came with the alert.

    Returns
    -------
    ndarray
        Rows from the bottom up, as FITS has them; NaN where nothing is known. Shape (ny, nx).

    Raises
    ------
    CutoutInvalid
        If it is a picture (ZTF sent JPEG before its survey), broken, or larger than `MAX_CUTOUT`.
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            data = inflate(data, MAX_CUTOUT, 31)
        except PacketInvalid as err:
            raise CutoutInvalid(str(err)) from err
    if data.startswith(b"\xff\xd8\xff"):
        raise CutoutInvalid("The cutout is a JPEG picture, whose values are no measurements.")
    if not data.startswith(b"SIMPLE  ="):
        raise CutoutInvalid("The cutout is no FITS file.")
    header, begins = _header(data)
    return _image(data, header, begins)


def padded(image: NDArray[np.float32], side: int = SIDE) -> NDArray[np.float32]:
    """Give a square image: zero where nothing is known, and filled up where the chip ended.

    Parameters
    ----------
    image
        Shape (ny, nx), neither larger than the side.
    side
        In pixels.

    Raises
    ------
    CutoutInvalid
        If the image is larger.
    """
    if max(image.shape) > side:
        raise CutoutInvalid(f"The cutout has {image.shape} pixels, more than {side} a side.")
    square = np.full((side, side), PADDING, dtype=np.float32)
    square[: image.shape[0], : image.shape[1]] = np.nan_to_num(image)
    return square


def _header(data: bytes) -> tuple[Mapping[str, bytes], int]:
    """Give the values of a header, and where what it describes begins."""
    values: dict[str, bytes] = {}
    for at in range(0, len(data), _CARD):
        card = data[at : at + _CARD]
        if card.startswith(b"END     "):
            return values, -(-(at + _CARD) // _BLOCK) * _BLOCK
        found = _VALUE.match(card)
        if found:
            values.setdefault(found[1].decode(), found[2].strip())
    raise CutoutInvalid("The cutout's header has no end.")


def _image(data: bytes, header: Mapping[str, bytes], begins: int) -> NDArray[np.float32]:
    try:
        kind = np.dtype(_TYPES[int(header["BITPIX"])])
        if int(header["NAXIS"]) != 2:
            raise CutoutInvalid("The cutout is no image of two axes.")
        shape = int(header["NAXIS2"]), int(header["NAXIS1"])
        scale, zero = float(header.get("BSCALE", 1)), float(header.get("BZERO", 0))
        blank = int(header["BLANK"]) if "BLANK" in header and kind.kind != "f" else None
    except (KeyError, ValueError, OverflowError) as err:
        raise CutoutInvalid(f"The cutout's header is broken: {err!s:.80}.") from err
    size = shape[0] * shape[1]
    if min(shape) < 1 or size * kind.itemsize > min(MAX_CUTOUT, len(data) - begins):
        raise CutoutInvalid(f"The cutout claims {shape[1]} x {shape[0]} pixels and has fewer.")
    values = np.frombuffer(data, kind, size, begins).reshape(shape)
    image = values.astype(np.float32)
    if (scale, zero) != (1, 0):
        image = (values * scale + zero).astype(np.float32)
    if blank is not None:
        image[values == blank] = np.nan
    return image
