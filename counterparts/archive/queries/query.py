"""Ask the archive for alerts: by place, region, time, object, or any condition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from counterparts.archive.columns import INDEX, NAMES, schema
from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.answer import Answer
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.engine import Reading, kept_engine
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.relations import alerts
from counterparts.archive.storage.catalog import Part
from counterparts.archive.storage.live import Live, LiveFile, live, readable
from counterparts.archive.storage.parquet_files import Facts

_DEFAULT = Limits()


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
        reading = Reading(kept_engine(self.folder, limits), query, limits)
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
