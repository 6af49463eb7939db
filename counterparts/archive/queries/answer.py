"""What the archive answers, as it comes."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.engine import Reading


class Answer(Iterator[pa.RecordBatch]):
    """Alerts as they come; they can be taken once."""

    def __init__(
        self,
        reading: Reading,
        fields: pa.Schema,
        faults: list[str],
        where: Where | None = None,
    ) -> None:
        self.schema = fields
        self.faults = tuple(faults)
        """What is wrong with files in which more might be, each in a sentence."""
        self.is_cut = False
        """Whether there was more than the rows that were asked for; known once all are taken."""
        self._reading = reading
        self._where = where
        self._left = reading.limits.rows

    def __next__(self) -> pa.RecordBatch:
        for found in self._reading:
            mask = None if self._where is None else self._where.exactly(found)
            batch = found if mask is None else found.filter(pa.array(mask))
            if not len(batch):
                continue
            if self._left is not None and len(batch) > self._left:
                self.is_cut = True
                self.close()
                batch = batch.slice(0, self._left)
                if not len(batch):
                    break
            if self._left is not None:
                self._left -= len(batch)
            return batch.select(self.schema.names).cast(self.schema)
        raise StopIteration

    def close(self) -> None:
        """Take no more."""
        self._reading.close()

    def table(self) -> pa.Table:
        """All of it."""
        return pa.Table.from_batches(self, schema=self.schema)
