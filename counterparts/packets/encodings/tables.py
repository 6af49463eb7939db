"""Packets in Parquet: one a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.formats import Shape

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MAGIC = b"PAR1"

MAX_GROUP = 4 << 30
"""Bytes of a group of rows, expanded, as the file states them."""

_ROWS = 64
"""That are in memory at a time: some 10 MB with images."""


def open_table(file: BinaryIO) -> tuple[ParquetFile, Shape]:
    """Open a table.

    Parameters
    ----------
    file
        That can be read from any place on.

    Raises
    ------
    PacketInvalid
        If it is no such file, or too large.
    """
    # Slow to import, and a stream of packets has none.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(file)
        largest = max(
            (table.metadata.row_group(at).total_byte_size for at in range(table.num_row_groups)),
            default=0,
        )
        columns = table.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as err:
        raise PacketInvalid(f"The table is broken: {str(err)[:200]}") from err
    if largest > MAX_GROUP:
        raise PacketInvalid(f"A group of the table's rows has more than {MAX_GROUP} bytes.")
    inner = {
        column.name: frozenset(member.name for member in column.type)
        for column in columns
        if pa.types.is_struct(column.type)
    }
    return table, Shape("", frozenset(columns.names), inner)


def rows(
    table: ParquetFile, head: tuple[str, ...] | None = None
) -> Iterator[dict[str, Any] | PacketInvalid]:
    """Read row after row.

    Parameters
    ----------
    table
        That was opened.
    head
        Columns that are enough.
    """
    import pyarrow as pa  # noqa: PLC0415

    wanted = [name for name in table.schema_arrow.names if name in head] if head else None
    try:
        for batch in table.iter_batches(batch_size=_ROWS, columns=wanted):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as err:
        yield PacketInvalid(f"The table is broken: {str(err)[:200]}")
