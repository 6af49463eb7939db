"""Questions in SQL: one SELECT on the view `alerts`, within limits."""

from __future__ import annotations

from counterparts.archive.columns import NAMES
from counterparts.archive.errors import QueryRefused
from counterparts.archive.queries.answer import Answer
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.engine import Reading, locked_engine
from counterparts.archive.queries.limits import Limits
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.relations import alerts
from counterparts.archive.queries.statements import VIEW, check_statement

_LIMITS = Limits(rows=1_000_000)


def ask(archive: Archive, statement: str, limits: Limits = _LIMITS) -> Answer:
    """Run one SELECT on `alerts`.

    It can read the archive's alerts and nothing else, whatever it says: the statement is checked,
    and the engine is locked before it runs.

    Parameters
    ----------
    archive
        What is asked.
    statement
        Such as ``SELECT survey, count(*) FROM alerts GROUP BY survey``.
    limits
        Of time, memory and rows.

    Raises
    ------
    QueryRefused
        If something in the statement is not allowed, by name, or it cannot be understood.
    LimitReached
        If it takes more time or memory than it may; while the rows are taken, too.
    ManifestFault
        If the list of files is lost.
    """
    check_statement(statement)
    touched = archive.touched(Where())
    relation = alerts(archive.folder, touched.catalogs, touched.waiting, "true")
    view = f"CREATE VIEW {VIEW} AS SELECT {', '.join(NAMES)} FROM ({relation})"  # noqa: S608 - nothing of the statement is in it
    engine = locked_engine(archive.folder, touched.paths, limits)
    reading = Reading(engine, statement, limits, before=view)
    names = reading.schema.names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        reading.close()
        raise QueryRefused(f"Two columns of the answer are called {twice[0]}: name one by AS.")
    return Answer(reading, reading.schema, touched.faults)
