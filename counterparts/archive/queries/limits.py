"""What a question may take, and what is said when it fails."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from counterparts.archive.errors import FileFault, LimitReached, QueryRefused


@dataclass(frozen=True)
class Limits:
    """What a question may take."""

    seconds: float = 30.0
    """From its begin until its last row is taken."""

    memory: int = 1 << 30
    """Bytes that DuckDB may hold; nothing is written to a disk."""

    threads: int = 2
    rows: int | None = None
    """Rows that are given, at most."""


_MISTAKES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.InvalidInputException,
    duckdb.TypeMismatchException,
    duckdb.NotImplementedException,
)
"""Of who asks; anything else comes of what is read."""


def too_long(limits: Limits) -> LimitReached:
    """Say that the time is up."""
    return LimitReached(
        f"The question took longer than {limits.seconds:g} s and was ended. "
        "Ask for fewer nights or a smaller part of the sky."
    )


def translated(error: Exception, limits: Limits) -> Exception:
    """Say what it was without the paths that DuckDB's words may hold."""
    if isinstance(error, duckdb.InterruptException) or "INTERRUPT" in str(error):
        return too_long(limits)
    if isinstance(error, duckdb.OutOfMemoryException):
        return LimitReached(
            f"The question needs more than {limits.memory >> 20} MiB of memory and was ended. "
            "Ask for fewer nights, or for fewer rows to be sorted or grouped."
        )
    if isinstance(error, duckdb.PermissionException):
        return QueryRefused("The question may read the archive's alerts and nothing else.")
    # Where DuckDB names a file, it is not the question that is wrong.
    if not isinstance(error, _MISTAKES) or ".parquet" in str(error):
        return FileFault("A file of the archive is damaged or missing.")
    # The first line; the next ones show where in a text that is ours.
    text = str(error).splitlines()[0]
    return QueryRefused(f"The question cannot be answered: {text}")
