"""Ask the archive for alerts: by place, region, time, object, or any condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from counterparts.archive.columns import INDEX, NAMES, schema
from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.engine import Reading
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.relations import alerts
from counterparts.archive.storage.live import Live, LiveFile, live, readable
from counterparts.archive.storage.manifest import Part
from counterparts.archive.storage.parquet_files import Facts

_DEFAULT = Limits()


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


@dataclass(frozen=True)
class Touched:
    """The files in which what is wanted can be."""

    catalogs: list[LiveFile]
    waiting: list[LiveFile]
    faults: list[str]

    @property
    def paths(self) -> list[str]:
        """Of all, from the archive's folder."""
        return [file.path for file in (*self.catalogs, *self.waiting)]


@dataclass(frozen=True)
class Archive:
    """The alerts of a folder."""

    folder: Path

    def touched(self, where: Where) -> Touched:
        """Choose the files in which what is wanted can be.

        Raises
        ------
        ManifestFault
            If the list of files is lost.
        """
        state = live(self.folder)
        parts = {
            part.path: part.size
            for catalog in state.manifest.catalogs
            for part in catalog.parts
            if where.touches(_facts(part, catalog.version))
        }
        catalogs, faults = readable(self.folder, list(parts))
        faults += [
            f"{file.path} is not the file that was written."
            for file in catalogs
            if file.facts.size != parts[file.path]
        ]
        waiting, more = readable(self.folder, _batches(state))
        return Touched(
            [file for file in catalogs if file.facts.size == parts[file.path]],
            [file for file in waiting if where.touches(file.facts)],
            faults + more,
        )

    def query(
        self, where: Where, columns: tuple[str, ...] = NAMES, limits: Limits = _DEFAULT
    ) -> Answer:
        """Find alerts, in no order.

        Parameters
        ----------
        where
            Which.
        columns
            What of each; all that is kept, if nothing is said.
        limits
            Of time, memory and rows.

        Raises
        ------
        QueryRefused
            If a column is none of the archive's, or the condition cannot be answered.
        LimitReached
            If it takes more time or memory than it may; while rows are taken, too.
        ManifestFault
            If the list of files is lost.
        """
        check_columns(columns)
        touched = self.touched(where)
        relation = alerts(self.folder, touched.catalogs, touched.waiting, where.place_and_time)
        needed = dict.fromkeys((*columns, *_exact_columns(where)))
        query = f"SELECT {', '.join(needed)} FROM ({relation}) WHERE {where.rest}"  # noqa: S608 - names of ours, values quoted, an expression that was checked
        reading = Reading(self.folder, touched.paths, query, limits)
        fields = pa.schema([schema().field(name).with_nullable(nullable=True) for name in columns])
        return Answer(reading, fields, touched.faults, where)


def check_columns(columns: tuple[str, ...]) -> None:
    """Refuse columns that the archive has not.

    Raises
    ------
    QueryRefused
        If there is one, or none at all.
    """
    if unknown := [name for name in columns if name not in NAMES]:
        raise QueryRefused(f"The archive has no column {', '.join(unknown)}.")
    if not columns or len(set(columns)) < len(columns):
        raise QueryRefused("Columns are named once each, and at least one.")


def _exact_columns(where: Where) -> tuple[str, ...]:
    return () if where.ranges is None else (INDEX, "ra", "dec")


def _batches(state: Live) -> list[str]:
    return [path for paths in state.waiting.values() for path in paths]


def _facts(part: Part, version: int) -> Facts:
    return Facts(
        version,
        part.rows,
        part.size,
        part.first_index,
        part.last_index,
        part.first_jd,
        part.last_jd,
    )
