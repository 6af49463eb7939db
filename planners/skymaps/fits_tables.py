"""Just enough FITS to read one binary table without trusting the file that holds it.

The sizes that a header claims are checked before anything is allocated, and no more is
inflated than they allow. FITS Standard 4.0, sections 4 and 7.3.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 2880
"""FITS pads everything to this many bytes."""

MAX_TABLE_SIZE = 512 << 20
"""Bytes of table that are read at most: NSIDE 1024 with three distance columns is 384 MiB."""

MAX_REMAINDER = 64 << 20
"""Bytes before the table, or after it, that are inflated at most."""

_MAX_HEADER_SIZE = 100 * BLOCK
_MAX_COLUMNS = 64
_BITS = (8, 16, 32, 64, -32, -64)
_CHUNK = 4 << 20
_GZIP = b"\x1f\x8b"
_TYPES = {"L": "S1", "A": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4"}
_TYPES |= {"D": ">f8", "C": ">c8", "M": ">c16"}

Header = Mapping[str, Any]
Rows = NDArray[np.void]


class TableInvalid(ValueError):
    """The bytes are not a FITS file with a binary table; the message names the fault."""


@dataclass(frozen=True)
class Table:
    """A binary table of a file. Its rows can be read once."""

    header: Header
    """Its cards, by keyword; of a repeated keyword the first."""

    dtype: np.dtype[np.void]
    """One row, big-endian, columns by their names in capitals."""

    n_rows: int
    """As the header says."""

    source: ByteSource
    """The file, at the first byte of the first row."""

    def chunks(self, size: int) -> Iterator[Rows]:
        """All rows, `size` at a time, then the rest of the file, to see its checksum.

        Raises
        ------
        TableInvalid
            If the file ends before the table does, or is damaged.
        """
        for start in range(0, self.n_rows, size):
            count = min(size, self.n_rows - start)
            raw = self.source.read(count * self.dtype.itemsize)
            if len(raw) < count * self.dtype.itemsize:
                raise TableInvalid(f"truncated: the table has {self.n_rows} rows, the file fewer")
            yield np.frombuffer(raw, dtype=self.dtype)
        self.source.finish()


class ByteSource:
    """The bytes of a plain or gzipped file in order, inflated only as they are asked for."""

    def __init__(self, data: bytes) -> None:
        # The suffix of a name says nothing; the first bytes do.
        self._chunks = _inflated(data) if data.startswith(_GZIP) else _plain(data)
        self._waiting = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Next `size` bytes; fewer at the end of the file."""
        parts = []
        while size > 0:
            if len(self._waiting) == 0:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._waiting = memoryview(chunk)
            part = self._waiting[:size]
            self._waiting = self._waiting[len(part) :]
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def finish(self) -> None:
        """Read to the end, so that every checksum is seen."""
        left = len(self._waiting)
        for chunk in self._chunks:
            left += len(chunk)
            if left > MAX_REMAINDER:
                raise TableInvalid(f"more than {MAX_REMAINDER >> 20} MiB follow the table")


def open_table(data: bytes, is_wanted: Callable[[Table], bool] | None = None) -> Table:
    """Find a binary table of a FITS file, plain or gzipped.

    Parameters
    ----------
    data
        The file.
    is_wanted
        Tells by its header whether a table is the one; the first, unless given.

    Returns
    -------
    Table
        The first that is wanted; if none is, the first.

    Raises
    ------
    TableInvalid
        If there is none, or a header lies.
    """
    if is_wanted is not None:
        with suppress(TableInvalid):
            return _find_table(ByteSource(data), is_wanted)
    return _find_table(ByteSource(data), None)


def _find_table(source: ByteSource, is_wanted: Callable[[Table], bool] | None) -> Table:
    header = _read_header(source)
    if header is None:
        raise TableInvalid("not a FITS file: it is empty")
    images = []
    while header is not None:
        if header.get("XTENSION") == "BINTABLE":
            if is_wanted is None:
                return _table(header, source)
            # One that is of no format that is read here is not the map, but may stand before it.
            with suppress(TableInvalid):
                table = _table(header, source)
                if is_wanted(table):
                    return table
        elif header.get("NAXIS", 0) != 0:
            images.append(str(header.get("EXTNAME", "primary")))
        _skip_data(header, source)
        header = _read_header(source)
    if images:
        raise TableInvalid(f"an image ({', '.join(images)}), not a HEALPix table")
    raise TableInvalid("no binary table in the file")


def _plain(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def _inflated(data: bytes) -> Iterator[bytes]:
    while data.startswith(_GZIP):
        inflater = zlib.decompressobj(wbits=31)
        waiting = data
        while not inflater.eof:
            try:
                chunk = inflater.decompress(waiting, _CHUNK)
            except zlib.error as err:
                raise TableInvalid(f"damaged gzip: {err}") from err
            waiting = inflater.unconsumed_tail
            if not chunk and not waiting and not inflater.eof:
                raise TableInvalid("truncated gzip")
            yield chunk
        # gzip allows several members, and zeros after the last.
        data = inflater.unused_data.lstrip(b"\0")
    if data:
        raise TableInvalid("unknown bytes follow the gzip data")


def _read_header(source: ByteSource) -> Header | None:
    """Cards of the next header; None at the end of the file."""
    cards: dict[str, Any] = {}
    size = 0
    while True:
        block = source.read(BLOCK)
        if size == 0 and not block.strip(b"\0"):
            return None
        if size == 0 and not block.startswith((b"SIMPLE  =", b"XTENSION=")):
            raise TableInvalid("not a FITS file")
        if len(block) < BLOCK:
            raise TableInvalid("truncated within a header")
        size += BLOCK
        if size > _MAX_HEADER_SIZE:
            raise TableInvalid(f"a header of more than {_MAX_HEADER_SIZE // 80} cards")
        for start in range(0, BLOCK, 80):
            card = block[start : start + 80].decode("ascii", errors="replace")
            keyword = card[:8].strip()
            if keyword == "END":
                return cards
            if card[8:10] == "= ":
                cards.setdefault(keyword, _value(card[10:]))


def _value(text: str) -> Any:
    """Value of a card: text, bool, int or float; None if it has none."""
    quoted = re.match(r" *'((?:[^']|'')*)'", text)
    if quoted:
        return quoted[1].replace("''", "'").rstrip()
    word = text.split("/", maxsplit=1)[0].strip()
    if word in ("T", "F"):
        return word == "T"
    for number_type in (int, float):
        try:
            return number_type(word.replace("D", "E"))
        except ValueError:
            continue
    return None


def _count(header: Header, keyword: str, default: int | None = None) -> int:
    value = header.get(keyword, default)
    if type(value) is not int or value < 0:
        raise TableInvalid(f"{keyword} is not a whole number: {value!r}")
    return value


def _skip_data(header: Header, source: ByteSource) -> None:
    """Pass over the data of an extension that is not wanted."""
    axes = [_count(header, f"NAXIS{i + 1}") for i in range(min(_count(header, "NAXIS"), 999))]
    if header.get("BITPIX") not in _BITS:
        raise TableInvalid(f"BITPIX is {header.get('BITPIX')!r}")
    size = _count(header, "PCOUNT", 0) + (math.prod(axes) if axes else 0)
    size *= abs(header["BITPIX"]) // 8 * _count(header, "GCOUNT", 1)
    size = -(-size // BLOCK) * BLOCK
    if size > MAX_REMAINDER:
        raise TableInvalid(f"{size} bytes stand before the table")
    source.read(size)


def _table(header: Header, source: ByteSource) -> Table:
    width, n_rows = _count(header, "NAXIS1"), _count(header, "NAXIS2")
    n_columns = _count(header, "TFIELDS")
    if not 0 < n_columns <= _MAX_COLUMNS:
        raise TableInvalid(f"a table of {n_columns} columns")
    if width * n_rows > MAX_TABLE_SIZE:
        raise TableInvalid(
            f"the header claims {n_rows} rows of {width} bytes: more than "
            f"{MAX_TABLE_SIZE >> 20} MiB are not read"
        )
    if n_rows == 0:
        raise TableInvalid("the table has no rows")
    columns: dict[str, tuple[str, tuple[int, ...]]] = {}
    for i in range(1, n_columns + 1):
        name = str(header.get(f"TTYPE{i}", f"COLUMN{i}")).upper()
        if name in columns:
            raise TableInvalid(f"two columns are named {name}")
        columns[name] = _format(header, i)
    size = sum(np.dtype(code).itemsize * math.prod(shape) for code, shape in columns.values())
    if size != width:
        raise TableInvalid(f"columns take {size} bytes of rows of {width}")
    dtype = np.dtype([(name, *form) for name, form in columns.items()])
    return Table(header, dtype, n_rows, source)


def _format(header: Header, column: int) -> tuple[str, tuple[int, ...]]:
    """Type and shape of the elements of a column."""
    text = str(header.get(f"TFORM{column}", ""))
    form = re.fullmatch(r"(\d{0,9})([A-Z])(.*)", text.strip())
    if form is None or form[2] not in _TYPES or form[1] == "0":
        raise TableInvalid(f"column {column} has the format {text!r}, which is not read")
    count = int(form[1] or 1)
    return _TYPES[form[2]], () if count == 1 else (count,)
