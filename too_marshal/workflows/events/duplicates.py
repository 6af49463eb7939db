"""Recognize what was said before: one alert may come from two clusters, in two encodings."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.workflows.events.summarize import Document


def content_hash(document: Document) -> str:
    """Hash of all that a notice says, whatever its encoding."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Split:
    """Notices that count, and those that repeat another."""

    counting: list[ReceivedNotice]
    """Each says something that nothing before it said."""

    repeats: dict[int, list[ReceivedNotice]]
    """The others, by the notice that they repeat."""


def split_repetitions(session: Session, rows: Sequence[ReceivedNotice]) -> Split:
    """Mark the notices that say exactly what another has said.

    Parameters
    ----------
    session
        Open session that holds the lock of `workflows.associate`; not committed here.
    rows
        Notices that have just been read.
    """
    query = (
        select(ReceivedNotice.content_hash, func.min(ReceivedNotice.id))
        .where(
            ReceivedNotice.content_hash.in_([row.content_hash for row in rows]),
            ReceivedNotice.state == NoticeState.UNDERSTOOD,
        )
        .group_by(ReceivedNotice.content_hash)
    )
    first = dict(session.execute(query).all())
    split = Split([], defaultdict(list))
    for row in rows:
        first_id = first.setdefault(row.content_hash, row.id)
        if first_id == row.id:
            split.counting.append(row)
        else:
            row.state, row.error = NoticeState.REPEATED, f"It says the same as notice {first_id}."
            split.repeats[first_id].append(row)
    return split


def show_repeats(session: Session, split: Split) -> None:
    """Show repeats with the event of what they repeat."""
    if not split.repeats:
        return
    query = select(ReceivedNotice).where(ReceivedNotice.id.in_(split.repeats))
    for first in session.scalars(query):
        for row in split.repeats[first.id]:
            row.event = first.event
