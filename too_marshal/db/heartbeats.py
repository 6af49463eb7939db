"""Signs of life of processes and streams, which the health page shows."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.notices import Heartbeat

BEAT_SECONDS = 5.0
"""Between two notes in the database that we, or the stream, live."""


def beat(session: Session, name: str, detail: str = "") -> None:
    """Note that `name` lives; not committed here."""
    values = {"beat_at": now(), "detail": detail}
    session.execute(
        insert(Heartbeat)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
