"""The explorer's own connection: questions in one go, beside the transactions that it watches."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Engine


class Questions:
    """Asks the database what actors have committed; every statement stands by itself.

    Parameters
    ----------
    engine
        Whose database.
    """

    def __init__(self, engine: Engine) -> None:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(url, autocommit=True, options="-c timezone=UTC")

    def ask(self, *statements: str) -> tuple[Any, ...] | None:
        """Send statements in one message; the first row of what the last one returns."""
        with self._connection.cursor() as cursor:
            cursor.execute("; ".join(statements).encode())
            while cursor.nextset():
                pass
            return cursor.fetchone() if cursor.description else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
