"""Send archived notices through the front door again, in the order of their own time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse
from too_marshal.workflows.intake.ingest import Message, Received, ingest

SUFFIXES = (".xml", ".json", ".avro")
"""Files of a folder that are taken for notices."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Archived:
    """A notice in a file."""

    path: Path
    """Where it is."""

    time: datetime | None
    """When the mission sent it, or else saw the source; None if it is unreadable."""


def archived(paths: Iterable[Path], topic: str | None = None) -> list[Archived]:
    """Notices of files and folders, in the order of their own time, the unreadable ones last.

    Parameters
    ----------
    paths
        Files, whatever they are called, and folders that are searched for `SUFFIXES`.
    topic
        Kafka topic that they came on, if they came on one.
    """
    files = {file for path in paths for file in _files(path)}
    notices = [Archived(file, _own_time(file, topic)) for file in sorted(files)]
    return sorted(notices, key=lambda notice: (notice.time or _END_OF_TIME, notice.path))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file()]


def _own_time(path: Path, topic: str | None) -> datetime | None:
    try:
        notice = parse(path.read_bytes(), topic)
    except (NoticeMalformed, NoticeUnknown):
        return None
    return notice.published or notice.event_time


def replay(
    sessions: sessionmaker[Session],
    notices: Iterable[Archived],
    speed: float,
    topic: str | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[tuple[Archived, Received]]:
    """Take in archived notices, with the pauses that were between them.

    Parameters
    ----------
    sessions
        Makes sessions.
    notices
        In the order in which they are sent, as from `archived`.
    speed
        How many times faster than it was; 0: without pauses.
    topic
        Kafka topic that they came on; it decides the mission.
    wait
        Lets so many seconds pass.

    Yields
    ------
    Archived, Received
        Each notice and what became of it.

    Raises
    ------
    ValueError
        If the speed is negative.
    """
    if speed < 0:
        raise ValueError("the speed must not be negative")
    previous: datetime | None = None
    for notice in notices:
        if speed and previous is not None and notice.time is not None:
            wait((notice.time - previous).total_seconds() / speed)
        previous = notice.time or previous
        with sessions() as session:
            message = Message(notice.path.read_bytes(), "replay", topic)
            yield notice, ingest(session, message)


def tally(outcomes: Iterable[Received]) -> Counter[str]:
    """How many of each: new, known before, and each state."""
    counts: Counter[str] = Counter()
    for received in outcomes:
        counts["new" if received.is_new else "known before"] += 1
        counts[received.state.value] += 1
    return counts
