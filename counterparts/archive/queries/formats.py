"""Rows as JSON, CSV and Parquet, written as they come."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from counterparts.archive.queries.answer import Answer

_FORMULA = r"^[=+\-@\t\r]"
"""A spreadsheet would take a text that begins so for a formula."""


def json_lines(answer: Answer) -> Iterator[bytes]:
    """A JSON object for each row, a line each; what is no number is null."""
    with closing(answer):
        for batch in answer:
            yield "".join(f"{line}\n" for line in _objects(batch)).encode()


def json_array(answer: Answer) -> Iterator[bytes]:
    """One JSON array of objects."""
    with closing(answer):
        before = "["
        for batch in answer:
            yield (before + ",\n".join(_objects(batch))).encode()
            before = ",\n"
        yield b"[]\n" if before == "[" else b"]\n"


def csv(answer: Answer) -> Iterator[bytes]:
    """A table with a heading, whose texts no spreadsheet takes for formulas."""
    with closing(answer):
        names = [f"'{name}" if name[:1] in "=+-@\t\r" else name for name in answer.schema.names]
        heading = pa.table({str(at): pa.array([name]) for at, name in enumerate(names)})
        yield _csv_lines(heading.to_batches()[0])
        for batch in answer:
            columns = [_csv_column(column) for column in batch.columns]
            yield _csv_lines(pa.record_batch(columns, [str(at) for at in range(len(columns))]))


def parquet(answer: Answer) -> Iterator[bytes]:
    """A Parquet file; its footer comes last."""
    with closing(answer):
        sink = io.BytesIO()
        # It is not asked where it stands: what is written is taken out of it.
        fields = _storable(answer.schema)
        with pq.ParquetWriter(_Tap(sink), fields, compression="zstd") as writer:
            for batch in answer:
                columns = [
                    _text(column) if pa.types.is_interval(column.type) else column
                    for column in batch.columns
                ]
                writer.write_batch(pa.record_batch(columns, schema=fields))
                if written := _taken(sink):
                    yield written
        yield _taken(sink)


def _storable(fields: pa.Schema) -> pa.Schema:
    """Lengths of time are written as texts: Parquet has no such type."""
    return pa.schema(
        [
            pa.field(field.name, pa.string()) if pa.types.is_interval(field.type) else field
            for field in fields
        ]
    )


def _text(column: pa.Array) -> pa.Array:
    return pa.array(
        [None if value is None else str(value) for value in column.to_pylist()], type=pa.string()
    )


class _Tap(io.RawIOBase):
    """Where a writer writes, one that cannot go back."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += self._sink.write(data)
        return len(memoryview(data))

    def tell(self) -> int:
        return self._written


def _taken(sink: io.BytesIO) -> bytes:
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written


def _objects(batch: pa.RecordBatch) -> Iterator[str]:
    columns = [
        [_plain(value) for value in _figures(column).to_pylist()] for column in batch.columns
    ]
    names = batch.schema.names
    for row in zip(*columns, strict=True):
        yield json.dumps(dict(zip(names, row, strict=True)), allow_nan=False)


def _figures(column: pa.Array) -> pa.Array:
    """Give single precision the figures that it has: 19.2, not 19.200000762939453."""
    if column.type != pa.float32():
        return column
    return column.cast(pa.string()).cast(pa.float64())


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _csv_column(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return column
    if pa.types.is_interval(column.type):
        return _text(column)
    texts = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return texts
    is_formula = pc.match_substring_regex(texts, _FORMULA)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def _csv_lines(batch: pa.RecordBatch) -> bytes:
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(batch, sink, options)
    return sink.getvalue()
