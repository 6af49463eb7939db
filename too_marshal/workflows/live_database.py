"""Whether this database is the live one, or a copy: a copy tells robots and people nothing.

The database keeps where it is: which PostgreSQL server, and which database there. What was
dumped and restored, by whatever tool, finds itself elsewhere and is a copy, without anybody's
having to mark it. A copy on the level of files takes these numbers along; of the embedded
server's folder the file system tells, of a real server a person must (`mark_as_copy`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import MARSHAL, now
from too_marshal.db.locks import lock
from too_marshal.db.observing.queues import LiveDatabase

ELSEWHERE = "its database is not where the live one was: it was restored or copied"
"""Why a database that nobody has marked is a copy."""

UNKNOWN = "nobody has said that it is the live one"

MOVED = "its data folder was copied or moved"

_HERE = text("""
    SELECT live.is_copy, live.reason, live.system_identifier, live.database_oid,
           CAST(here.oid AS bigint) AS oid,
           has_function_privilege('pg_control_system()', 'EXECUTE') AS tells
    FROM pg_database AS here LEFT JOIN live_database AS live ON true
    WHERE here.datname = current_database()
""")
"""What is kept, beside what is: one question, since every page asks it."""

_SERVER = text("SELECT system_identifier FROM pg_control_system()")


class Place(NamedTuple):
    """Where a database is. Neither number changes with a restart, or with another address."""

    system_identifier: int | None
    """Made by `initdb`; None where the server does not tell."""

    database_oid: int
    """Given by `CREATE DATABASE`."""


def place_of(connection: Connection | Session) -> Place:
    """Where the database is, as its server says."""
    return _place(connection, connection.execute(_HERE).one())


def _place(connection: Connection | Session, row: Row[Any]) -> Place:
    return Place(connection.scalar(_SERVER) if row.tells else None, row.oid)


def why_copy(session: Session) -> str:
    """Say why this database is a copy, as a clause; empty where it is the live one."""
    row = session.execute(_HERE).one()
    if row.is_copy is None:
        return UNKNOWN
    if row.is_copy:
        return str(row.reason)
    is_here = _place(session, row) == (row.system_identifier, row.database_oid)
    return "" if is_here else ELSEWHERE


def live_since(session: Session) -> datetime | None:
    """When this database became the live one; None where it has always been."""
    return session.scalar(select(LiveDatabase.live_since))


def why_not_from_here(session: Session, asked_at: datetime) -> str:
    """Why people are not told from here of what was asked for then; empty where they are.

    The service that this was copied from has told them, or will.
    """
    if copied := why_copy(session):
        return f"this is a copy: {copied}"
    since = live_since(session)
    if since is not None and asked_at < since:
        return "it was asked for before this copy became the live service: the former told them"
    return ""


def settle_here(connection: Connection) -> bool:
    """Let a database that never said where it is be the live one: it is new, or was updated.

    Returns
    -------
    bool
        Whether it never said so before.
    """
    server, database = place_of(connection)
    added = connection.scalar(
        insert(LiveDatabase)
        .values(
            id=1, system_identifier=server, database_oid=database, is_copy=False, reason="",
            changed_by=MARSHAL, changed_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(LiveDatabase.id)
    )  # fmt: skip
    return added is not None


def mark_as_copy(session: Session, reason: str, *, by: str) -> None:
    """Mark this database as a copy; committed.

    Parameters
    ----------
    session
        Open session.
    reason
        Why, as a clause.
    by
        Who says so.
    """
    settle_here(session.connection())
    row = lock(session, LiveDatabase, 1)
    row.is_copy, row.reason, row.folder = True, reason, None
    row.changed_by, row.changed_at = by, now()
    session.commit()


def note_folder(session: Session, folder: int) -> None:
    """Note in which folder the embedded server's data are: in another one they are a copy.

    Parameters
    ----------
    session
        Open session; committed.
    folder
        Its inode, which stays when it is renamed, and does not when it is copied.
    """
    row = lock(session, LiveDatabase, 1)
    if row.folder is not None and row.folder != folder and not row.is_copy:
        row.is_copy, row.reason, row.changed_at = True, MOVED, now()
    row.folder = folder
    session.commit()


def settle_by_person(session: Session, row: LiveDatabase, *, by: str) -> None:
    """Make this database the live one; not committed.

    Parameters
    ----------
    session
        Open session.
    row
        Locked.
    by
        Who says so.
    """
    row.system_identifier, row.database_oid = place_of(session)
    row.is_copy, row.reason, row.live_since = False, "", now()
    row.changed_by, row.changed_at = by, now()
