"""The archive's alerts as a relation of SQL: each once, whichever files it stands in.

The texts are made of names of ours, of paths and constants in quotes, and of numbers.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from counterparts.archive.columns import COLUMNS, IDENTITY, names_of
from counterparts.archive.queries.engine import quoted
from counterparts.archive.storage.live import LiveFile

_TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "float": "FLOAT",
    "bool": "BOOLEAN",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}


def alerts(folder: Path, catalogs: list[LiveFile], waiting: list[LiveFile], condition: str) -> str:
    """Alerts of some files, for which a condition holds.

    Parameters
    ----------
    folder
        Of the archive.
    catalogs
        Files of catalogs, in which each alert stands once.
    waiting
        Batches, in which it may stand several times, and in a catalog as well.
    condition
        On what is the same in every copy of an alert, in SQL.
    """
    kept = _of_files(folder, catalogs, condition)
    if not waiting:
        return kept
    # The same order as `rows.distinct` has: what is closed stays, then a copy whose packet is kept.
    one = ", ".join(IDENTITY)
    first = (
        f"SELECT * FROM ({_of_files(folder, waiting, condition)}) QUALIFY row_number() OVER "  # noqa: S608 - see the module
        f"(PARTITION BY {one} ORDER BY packet_sha256 NULLS LAST, received_at) = 1"
    )
    nearby = [file for file in catalogs if any(_meet(file, batch) for batch in waiting)]
    if not nearby:
        return f"{kept} UNION ALL {first}"
    same = " AND ".join(f"known.{name} = fresh.{name}" for name in IDENTITY)
    known = _of_files(folder, nearby, condition)
    return (
        f"{kept} UNION ALL SELECT fresh.* FROM ({first}) AS fresh "  # noqa: S608 - see the module
        f"WHERE NOT EXISTS (SELECT 1 FROM ({known}) AS known WHERE {same})"
    )


def _meet(file: LiveFile, batch: LiveFile) -> bool:
    first, second = file.facts, batch.facts
    return (
        first.first_jd <= second.last_jd
        and second.first_jd <= first.last_jd
        and first.first_index <= second.last_index
        and second.first_index <= first.last_index
    )


def _of_files(folder: Path, files: list[LiveFile], condition: str) -> str:
    """Rows of some files; columns that came after a file are empty."""
    by_version = defaultdict(list)
    for file in files:
        by_version[file.facts.version].append(quoted(str(folder.absolute() / file.path)))
    selects = [
        f"SELECT {_columns(version)} FROM read_parquet([{', '.join(paths)}]) WHERE {condition}"  # noqa: S608 - see the module
        for version, paths in sorted(by_version.items())
    ]
    return " UNION ALL ".join(selects) or f"SELECT {_columns(0)} WHERE false"


def _columns(version: int) -> str:
    known = names_of(version)
    return ", ".join(
        column.name
        if column.name in known
        else f"CAST(NULL AS {_TYPES[str(column.type)]}) AS {column.name}"
        for column in COLUMNS
    )
