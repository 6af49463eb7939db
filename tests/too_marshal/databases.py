"""One database for test after test: to empty it takes a fiftieth of what a new one takes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

TEMPLATE = "marshal_template"

CARE = (
    # Lest it lose something with the machine.
    *("fsync", "synchronous_commit", "full_page_writes"),
    # Lest much data make it slow: here there are few, and `Emptied` vacuums.
    *("autovacuum", "jit", "update_process_title"),
)
"""What a server does that costs time, and that tests have no use for."""

USES = 25
"""After so many, the rows that were deleted take longer to read past than to clear away."""

_OTHERS = """
SELECT pg_terminate_backend(pid, CASE WHEN state = 'idle' THEN 0 ELSE 10000 END)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_RELATIONS = "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY oid"

_SEQUENCES = """
SELECT setval(c.oid, coalesce((%s::jsonb ->> c.relname)::bigint, 1), %s::jsonb ? c.relname)
FROM pg_class c WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace
"""


def named(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def copy_of_template(server_url: str) -> str:
    """URL of a new database with the schema and the default rules; it goes with its server."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        # By files it would write out all that any test has written, twice.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log".encode())
    url = named(server_url, name)
    with psycopg.connect(url) as copy:
        # It is a copy, and would tell a robot nothing.
        copy.execute(_SETTLE)
    return url


_SETTLE = """
UPDATE live_database
SET database_oid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class SchemaTouched(Exception):
    """A test made or dropped tables: rows are no longer all that it left behind."""


class Emptied:
    """A database that is made what it was when it was new, by deleting rows.

    Parameters
    ----------
    url
        Of a database that is new.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._relations = self._all(_RELATIONS)
        rows = self._all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self._tables = [name for (name,) in rows]
        self._kept = {name: self._rows(name) for name in self._filled()}
        rows = self._all(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
        self._counted = json.dumps(dict(rows))
        self._uses = 0

    def empty(self, *, alone: bool = True) -> None:
        """Make it as new, after every other connection is broken, if there may be any.

        Raises
        ------
        SchemaTouched
            If that cannot be done by deleting rows.
        """
        if alone:
            self._connection.execute(_OTHERS)
        if self._all(_RELATIONS) != self._relations:
            raise SchemaTouched(self.url)
        filled = set(self._filled())
        written = [name for name in self._kept if self._rows(name) != self._kept[name]]
        self._replace([*(filled - self._kept.keys()), *written], written)
        self._uses += 1
        if self._uses % USES == 0:
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Close its own connection."""
        self._connection.close()

    def _replace(self, emptied: Iterable[str], filled: Iterable[str]) -> None:
        # Far quicker than TRUNCATE, which makes new files for every table and index.
        with self._connection.transaction():
            # Neither triggers nor foreign keys: what they would guard goes too.
            self._connection.execute("SET LOCAL session_replication_role = replica")
            for name in emptied:
                self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for name in filled:
                statement = "INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s)"
                self._connection.execute(
                    sql.SQL(statement).format(sql.Identifier(name)), [self._kept[name]]
                )
            self._connection.execute(_SEQUENCES, [self._counted, self._counted])

    def _filled(self) -> list[str]:
        parts = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
            for name in self._tables
        ]
        return [name for (name,) in self._all(sql.SQL(" UNION ALL ").join(parts))]

    def _rows(self, table: str) -> str:
        query = "SELECT coalesce(jsonb_agg(t ORDER BY t::text), '[]')::text FROM {} t"
        return self._all(sql.SQL(query).format(sql.Identifier(table)))[0][0]

    def _all(self, query: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()
