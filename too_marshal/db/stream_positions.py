"""Where each partition of a stream is read on: it moves in the transaction that keeps the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from too_marshal.db.base import now
from too_marshal.db.notices import StreamPosition


def next_offset(session: Session, cluster: str, topic: str, partition: int) -> int | None:
    """Where to read on; None where nothing was read yet."""
    row = session.get(StreamPosition, (cluster, topic, partition), populate_existing=True)
    return None if row is None else row.next_offset


def positions_in(sessions: sessionmaker[Session], cluster: str) -> Callable[[str, int], int | None]:
    """Give what asks `next_offset` in a session of its own each time."""

    def ask(topic: str, partition: int) -> int | None:
        with sessions() as session:
            return next_offset(session, cluster, topic, partition)

    return ask


def move_positions(
    session: Session, cluster: str, next_offsets: Mapping[tuple[str, int], int]
) -> None:
    """Move on; and back where a broker has begun anew, whose offsets are small again.

    Parameters
    ----------
    session
        Open session; not committed.
    cluster
        Whose topics.
    next_offsets
        By topic and partition.
    """
    # In one order, whoever moves them: of two processes neither waits for the other.
    rows = [
        {
            "cluster": cluster,
            "topic": topic,
            "partition": partition,
            "next_offset": next_offsets[topic, partition],
            "moved_at": now(),
        }
        for topic, partition in sorted(next_offsets)
    ]
    if not rows:
        return
    statement = insert(StreamPosition).values(rows)
    moved = {name: statement.excluded[name] for name in ("next_offset", "moved_at")}
    keys = ["cluster", "topic", "partition"]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=moved))
