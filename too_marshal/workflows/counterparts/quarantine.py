"""Packets that cannot be read: set aside with their reason, so that those behind them go on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.counterparts.quarantine import QuarantinedPacket
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.counterparts.packet_files import write_whole

if TYPE_CHECKING:
    from too_marshal.streams.kafka import Arrived  # workers, who tidy up here, need no Kafka

FOLDER = "quarantine"
"""Below the data folder."""

MAX_A_DAY = 10_000
"""Packets of a source whose bytes are kept in a day, about: a survey that changes its schema sends
a million. Of the others their place in the stream is kept."""


Place = tuple[str, int, int]
"""Topic, partition and offset."""


@dataclass(frozen=True)
class Unread:
    """A message that holds what cannot be read."""

    message: Arrived
    reason: str


def quarantine(session: Session, folder: Path, source: str, unread: Sequence[Unread]) -> None:
    """Set messages aside; the same ones again change nothing. Not committed.

    Parameters
    ----------
    session
        Open session.
    folder
        The data folder.
    source
        Name of the source.
    unread
        A message with several faults is set aside once, with all of them.

    Raises
    ------
    OSError
        If a packet cannot be written.
    """
    if not unread:
        return
    left = MAX_A_DAY - _stored_lately(session, source)
    reasons: dict[Place, list[str]] = {}
    values: dict[Place, bytes] = {}
    for each in unread:
        place = each.message.topic, each.message.partition, each.message.offset
        reasons.setdefault(place, []).append(each.reason)
        values[place] = each.message.value
    rows = []
    # In one order, whoever sets them aside: of two processes neither waits for the other.
    for number, place in enumerate(sorted(reasons)):
        topic, partition, position = place
        is_stored = number < left
        if is_stored:
            write_whole(quarantined_path(folder, source, *place), values[place])
        rows.append(
            {
                "source": source,
                "topic": topic,
                "partition": partition,
                "position": position,
                "reason": " ".join(reasons[place]).replace("\0", ""),
                "is_stored": is_stored,
                "received_at": now(),
            }
        )
    session.execute(insert(QuarantinedPacket).on_conflict_do_nothing(), rows)


def quarantined_path(folder: Path, source: str, topic: str, partition: int, position: int) -> Path:
    """Where the bytes of a message stand that was set aside."""
    place = f"{source}\n{topic}\n{partition}\n{position}"
    name = hashlib.sha256(place.encode()).hexdigest()
    return folder / FOLDER / name[:2] / name


def _stored_lately(session: Session, source: str) -> int:
    query = select(func.count()).where(
        QuarantinedPacket.source == source,
        QuarantinedPacket.is_stored.is_(True),
        QuarantinedPacket.received_at > now() - timedelta(days=1),
    )
    return session.scalar(query) or 0


def prune_packets(session: Session, settings: Settings) -> int:
    """Remove what was set aside long ago; committed.

    Parameters
    ----------
    session
        Open session.
    settings
        `keep_quarantined` says for how many days.

    Returns
    -------
    int
        Messages that were removed.
    """
    oldest = now() - timedelta(days=settings.keep_quarantined)
    columns = (
        QuarantinedPacket.source,
        QuarantinedPacket.topic,
        QuarantinedPacket.partition,
        QuarantinedPacket.position,
    )
    removed = session.execute(
        delete(QuarantinedPacket).where(QuarantinedPacket.received_at < oldest).returning(*columns)
    ).all()
    # First the files: of a row that is left nothing is lost by doing it again.
    for row in removed:
        quarantined_path(settings.data_dir, *row).unlink(missing_ok=True)
    session.commit()
    return len(removed)
