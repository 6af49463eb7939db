"""Cutouts: those of astropy's reader, bounded, and fit for a classifier."""

import gzip
import io
import math
import warnings

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from counterparts.cutouts import MAX_CUTOUT, PADDING, CutoutInvalid, padded, read_cutout
from counterparts.packets.alert import Alert
from counterparts.packets.files import packets_in


def written(image, **cards):
    file = io.BytesIO()
    hdu = fits.PrimaryHDU(image)
    hdu.header.update(cards)
    hdu.writeto(file)
    return file.getvalue()


def theirs(data):
    raw = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fits.getdata(io.BytesIO(raw)).astype(np.float32)


IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)


def test_every_cutout_of_the_corpus_is_what_astropy_reads(corpus):
    compared = pictures = 0
    for survey in ("ztf", "lsst", "winter", "pgir", "atlas", "decam", "turbo"):
        for where, alert in packets_in(corpus / "alerts" / survey):
            if not isinstance(alert, Alert):
                continue
            for image in alert.cutouts.values():
                if image.startswith(b"\xff\xd8"):
                    with pytest.raises(CutoutInvalid, match="JPEG"):
                        read_cutout(image)
                    pictures += 1
                    continue
                np.testing.assert_array_equal(read_cutout(image), theirs(image), where)
                compared += 1
    assert compared > 700
    assert pictures > 10


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "f4", "f8"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_type_of_pixel_is_read(kind, pack):
    data = written(IMAGE.astype(kind))
    found = read_cutout(pack(data))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, IMAGE)


def test_scales_and_blanks_are_applied():
    file = io.BytesIO()
    hdu = fits.PrimaryHDU(np.arange(12, dtype=np.int16).reshape(3, 4))
    hdu.header.update(BLANK=5)
    hdu.writeto(file)
    data = file.getvalue().replace(
        f"{'END':<80}".encode(), f"{'BSCALE  =                  2.5':<80}{'END':<80}".encode(), 1
    )
    header, rest = data[:2880], data[2960:]
    found = read_cutout(header + rest)
    np.testing.assert_array_equal(found, theirs(header + rest))
    assert np.isnan(found[1, 1])


def test_an_image_is_padded_as_the_classifiers_were_taught():
    image = np.full((49, 63), np.nan, dtype=np.float32)
    image[:40] = 2.0
    found = padded(image)
    assert found.shape == (63, 63)
    assert np.all(found[:40] == 2)
    assert np.all(found[40:49] == 0)
    assert np.all(found[49:] == np.float32(PADDING))
    assert np.isnan(image[40, 0])


def test_an_image_that_is_too_large_is_not_cut():
    with pytest.raises(CutoutInvalid, match="more than 63"):
        padded(np.zeros((64, 63), dtype=np.float32))


def test_a_bomb_is_refused():
    with pytest.raises(CutoutInvalid, match="expand to more than"):
        read_cutout(gzip.compress(bytes(MAX_CUTOUT + 1)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"SIMPLE",
        lambda data: data[:80],
        lambda data: data[:2880],
        lambda data: data[:2880] + bytes(40),
        lambda data: data.replace(
            b"NAXIS1  =                    4", b"NAXIS1  =                  4E9"
        ),
        lambda data: data.replace(
            b"NAXIS1  =                    4", b"NAXIS1  =           4000000000"
        ),
        lambda data: data.replace(
            b"NAXIS1  =                    4", b"NAXIS1  =                   -4"
        ),
        lambda data: data.replace(
            b"NAXIS   =                    2", b"NAXIS   =                    3"
        ),
        lambda data: data.replace(
            b"BITPIX  =                  -32", b"BITPIX  =                   99"
        ),
        lambda data: gzip.compress(data)[:-4],
        lambda data: gzip.compress(data)[:100],
        lambda _: b"\xff\xd8\xff\xe0",
        lambda _: b"\x89PNG",
    ],
)
def test_a_broken_cutout_is_refused_in_a_sentence(spoil):
    with pytest.raises(CutoutInvalid, match=r"^The .*\.$"):
        read_cutout(spoil(written(IMAGE)))


@given(st.data())
def test_whatever_bytes_are_changed_there_is_an_image_or_a_reason(data):
    image = bytearray(written(IMAGE))
    for _ in range(data.draw(st.integers(1, 5))):
        image[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    try:
        found = read_cutout(bytes(image))
    except CutoutInvalid:
        return
    assert found.ndim == 2
    assert math.prod(found.shape) <= 2 * 2880
