"""DuckDB, locked: it reads the files that it is told and no others, and ends in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from counterparts.archive.queries.limits import Limits, too_long, translated

ROWS_IN_BATCH = 65_536

_AGAIN = 0.05
"""Between two interruptions, s: one that comes before the question has begun is forgotten."""


def locked_engine(folder: Path, paths: list[str], limits: Limits) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB of its own in memory that can read some files of the archive, and nothing else.

    It can write nothing and load nothing, and none of this can be changed from within.
    """
    allowed = ", ".join(quoted(str(folder.absolute() / path)) for path in paths)
    return _locked(f"SET allowed_paths = [{allowed}]", limits.memory, limits.threads)


def kept_engine(folder: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    """Give a connection to a DuckDB that can read the archive's folder, and is kept for the next.

    It is for statements of ours: to open one, and every file's footer anew, takes longer than most
    questions.
    """
    return _kept(folder.absolute(), limits.memory, limits.threads).cursor()


@lru_cache(maxsize=4)
def _kept(folder: Path, memory: int, threads: int) -> duckdb.DuckDBPyConnection:
    return _locked(f"SET allowed_directories = [{quoted(str(folder))}]", memory, threads)


def _locked(allow: str, memory: int, threads: int) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{max(memory >> 20, 1)}MiB",
            "temp_directory": "",
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute("SET parquet_metadata_cache = true")
    engine.execute(allow)
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def quoted(text: str) -> str:
    """Write a text as a constant of SQL."""
    return "'" + text.replace("'", "''") + "'"


class Reading(Iterator[pa.RecordBatch]):
    """Rows of one question as they come; the connection is closed with the last, or by `close`.

    Its time runs from the begin until the last row is taken.

    Raises
    ------
    LimitReached
        If it takes longer, or needs more memory, than it may; also while rows are taken.
    QueryRefused
        If DuckDB does not understand it, or a value does not fit.
    FileFault
        If a file is damaged.
    """

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, query: str, limits: Limits, before: str = ""
    ) -> None:
        self.limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._is_over = threading.Event()
        self._engine = engine
        # A daemon: what is forgotten does not keep the process.
        self._watch = threading.Thread(
            target=_interrupt_at, args=(self._engine, self._deadline, self._is_over), daemon=True
        )
        self._watch.start()
        try:
            if before:
                self._engine.execute(before)
            self._reader = self._engine.sql(query).to_arrow_reader(ROWS_IN_BATCH)
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            self.close()
            raise translated(error, limits) from error
        self.schema = self._reader.schema

    def __next__(self) -> pa.RecordBatch:
        try:
            if time.monotonic() < self._deadline and not self._is_over.is_set():
                return self._reader.read_next_batch()
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            self.close()
            raise translated(error, self.limits) from error
        except BaseException:
            self.close()
            raise
        was_over = self._is_over.is_set()
        self.close()
        raise StopIteration if was_over else too_long(self.limits)

    def close(self) -> None:
        """End it; more rows are not given."""
        self._is_over.set()
        # Where this one is forgotten, the watch itself may be the thread that finds it so.
        if self._watch is not threading.current_thread():
            self._watch.join()
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_watch"):
            self.close()


def _interrupt_at(
    engine: duckdb.DuckDBPyConnection, deadline: float, is_over: threading.Event
) -> None:
    wait = max(deadline - time.monotonic(), 0)
    while not is_over.wait(wait):
        engine.interrupt()
        wait = _AGAIN
