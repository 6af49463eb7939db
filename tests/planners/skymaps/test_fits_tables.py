from __future__ import annotations

import gzip
import io
import resource
import zlib

import numpy as np
import pytest
from astropy.io import fits

from planners.skymaps.fits_tables import (
    BLOCK,
    MAX_REMAINDER,
    MAX_TABLE_SIZE,
    TableInvalid,
    open_table,
)
from tests.planners.fits_files import as_bytes, patched, table_file

ROWS = {"A": np.arange(700, dtype="i4"), "B": np.linspace(0, 1, 700)}
GOOD = table_file(ROWS, {"WHO": "it's me", "EXACT": 1.5e-3, "BIG": 10**15, "YES": True})


def peak_memory() -> int:
    """Most memory that this process has held, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def read_all(data: bytes) -> np.ndarray:
    return np.concatenate(list(open_table(data).chunks(100)))


@pytest.mark.parametrize("data", [GOOD, gzip.compress(GOOD)])
def test_rows_and_cards_are_astropys(data):
    with fits.open(io.BytesIO(GOOD)) as hdus:
        expected, header = hdus[1].data, hdus[1].header
        table = open_table(data)
        rows = np.concatenate(list(table.chunks(100)))
        for name in ROWS:
            assert np.array_equal(rows[name], expected[name])
        for keyword in ("WHO", "EXACT", "BIG", "YES", "NAXIS2", "TFIELDS", "TTYPE1", "XTENSION"):
            assert table.header[keyword] == header[keyword]


def test_the_first_table_is_found_behind_other_extensions():
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(np.ones((30, 40))),
            fits.ImageHDU(np.ones(5000), name="PICTURE"),
            fits.BinTableHDU.from_columns([fits.Column("A", "J", array=ROWS["A"])]),
            fits.ImageHDU(np.ones(3)),
        ]
    )
    assert np.array_equal(read_all(as_bytes(hdus))["A"], ROWS["A"])


def test_values_are_read_as_the_standard_says():
    cards = [
        "DOUBLED = 'O''Hara  '           / a quote",
        "SLASHED = 'a/b     '           / text",
        "FORTRAN =             1.25D+03 / double precision",
        "NOTHING =                      / no value",
    ]
    header = GOOD[: GOOD.rindex(b"END     ")]
    place = header.rindex(b"PIXTYPE")
    raw = bytearray(GOOD)
    for i, card in enumerate(cards):
        raw[place + 80 * i : place + 80 * (i + 1)] = card.ljust(80).encode()
    table = open_table(bytes(raw))
    assert table.header["DOUBLED"] == "O'Hara"
    assert table.header["SLASHED"] == "a/b"
    assert table.header["FORTRAN"] == 1250
    assert table.header["NOTHING"] is None


@pytest.mark.parametrize(
    ("keyword", "card", "fault"),
    [
        ("NAXIS2", "NAXIS2  =        1000000000000", "1000000000000 rows of 12 bytes: more than"),
        ("NAXIS2", "NAXIS2  =                 1400", "truncated: the table has 1400 rows"),
        ("NAXIS2", "NAXIS2  =                    0", "no rows"),
        ("NAXIS2", "NAXIS2  =                   -5", "NAXIS2 is not a whole number: -5"),
        ("NAXIS2", "NAXIS2  = 'many'", "NAXIS2 is not a whole number: 'many'"),
        ("NAXIS2", "NAXIS2  =                 1E12", "NAXIS2 is not a whole number"),
        ("NAXIS1", "NAXIS1  =                   13", "columns take 12 bytes of rows of 13"),
        ("TFIELDS", "TFIELDS =                   99", "a table of 99 columns"),
        ("TFIELDS", "TFIELDS =                    0", "a table of 0 columns"),
        ("TFORM1", "TFORM1  = 'PD(5)   '", r"column 1 has the format 'PD\(5\)'"),
        ("TFORM1", "TFORM1  = '999999999999D'", "which is not read"),
        ("TFORM1", "TFORM1  = '999999999D'", "columns take 8000000000 bytes of rows of 12"),
        ("TFORM1", "TFORM1  = 'Z       '", "which is not read"),
        ("TTYPE2", "TTYPE2  = 'a       '", "two columns are named A"),
        ("XTENSION", "XTENSION= 'TABLE   '", "an image|no binary table"),
    ],
)
def test_lies_are_named_before_anything_is_allocated(keyword, card, fault):
    before = peak_memory()
    with pytest.raises(TableInvalid, match=fault):
        read_all(patched(GOOD, keyword, card))
    assert peak_memory() - before < 32 << 20


@pytest.mark.parametrize(
    ("cards", "fault"),
    [
        (["BITPIX  = 'text'", "NAXIS   =                    0"], "BITPIX is 'text'"),
        (["BITPIX  =                    7", "NAXIS   =                    0"], "BITPIX is 7"),
        (["BITPIX  =                    8", "NAXIS   =           9999999999"], "NAXIS1"),
        (
            ["BITPIX  =                  -64", "NAXIS   =                    3"]
            + [f"NAXIS{i}  = {10**60}" for i in (1, 2, 3)],
            "stand before the table",
        ),
    ],
)
def test_lies_of_the_primary_header_are_named(cards, fault):
    text = "".join(card.ljust(80) for card in ["SIMPLE  =                    T", *cards, "END"])
    with pytest.raises(TableInvalid, match=fault):
        open_table(text.ljust(BLOCK).encode() + GOOD[BLOCK:])


def zipped_zeros(prefix: bytes, size: int) -> bytes:
    """A gzip file that begins with some bytes and goes on with zeros."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(prefix)]
    piece = bytes(1 << 20)
    parts += [packer.compress(piece) for _ in range(size >> 20)]
    return b"".join([*parts, packer.flush()])


def test_a_bomb_after_the_table_is_not_inflated():
    bomb = zipped_zeros(GOOD, 4 * MAX_REMAINDER)
    before = peak_memory()
    with pytest.raises(TableInvalid, match="more than 64 MiB follow the table"):
        read_all(bomb)
    assert peak_memory() - before < 32 << 20


def test_a_bomb_within_the_table_is_refused_by_its_header():
    rows = MAX_TABLE_SIZE // 12 + 1
    bomb = zipped_zeros(patched(GOOD, "NAXIS2", f"NAXIS2  = {rows:20}"), 1 << 20)
    with pytest.raises(TableInvalid, match="more than 512 MiB are not read"):
        open_table(bomb)


def test_a_bomb_before_the_table_is_refused():
    primary = fits.PrimaryHDU().header.tostring().encode()
    card = "NAXIS   =                    1".ljust(80) + "NAXIS1  =        1000000000000".ljust(80)
    at = primary.index(b"NAXIS   ")
    bomb = zipped_zeros((primary[:at] + card.encode() + primary[at + 160 :])[:BLOCK], 1 << 20)
    with pytest.raises(TableInvalid, match="stand before the table"):
        open_table(bomb)


def test_a_header_without_end_is_refused():
    card = b"HISTORY all work and no play makes Jack a dull boy".ljust(80)
    with pytest.raises(TableInvalid, match="more than 3600 cards"):
        open_table(b"SIMPLE  =                    T".ljust(80) + card * 50_000)


def test_endless_extensions_come_to_an_end():
    empty = fits.ImageHDU().header.tostring().encode()
    with pytest.raises(TableInvalid, match="no binary table"):
        open_table(as_bytes(fits.HDUList([fits.PrimaryHDU()])) + empty * 2000)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda z: z[:-4] + bytes(4), "damaged gzip"),
        (lambda z: z[:-8] + b"\1\2\3\4" + z[-4:], "damaged gzip"),
        (lambda z: z[:-6], "truncated gzip"),
        (lambda z: z[: len(z) // 2], "truncated gzip|truncated"),
        (lambda z: z + b"more", "unknown bytes follow"),
        (lambda z: z[:400] + bytes(100) + z[500:], "damaged gzip|truncated"),
    ],
)
def test_damaged_gzip_is_refused(damage, fault):
    random = np.random.default_rng(1)
    packed = gzip.compress(table_file({"A": random.random(2000)}, {}))
    with pytest.raises(TableInvalid, match=fault):
        read_all(damage(packed))
