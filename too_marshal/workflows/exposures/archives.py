"""Read published archives: executed exposures by quadrant, and reference images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.archives import ARCHIVES, Archive, open_archive
from telescopes.errors import ArchiveUnavailable
from too_marshal.db.base import now
from too_marshal.db.observing.archives import ArchiveCopy
from too_marshal.db.observing.exposures import Exposure
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.records import as_executed
from too_marshal.workflows.exposures.store import events_of, store_exposures

Archives = Callable[[str], Archive]
"""Opens the archive of a telescope."""

LATENESS = timedelta(hours=36)
"""Quadrants turn up in the archive so long after their exposure; they are asked for again."""

MAX_LOOK = timedelta(days=7)
"""An archive that was not read for longer is read from here on only."""

REFERENCE_AGE = timedelta(hours=20)
"""Reference images are read again once they are older: once a day."""

MAX_REJECTED = 200


def archives_of(settings: Settings) -> Archives:
    """How this deployment opens archives."""

    def open_one(telescope: str) -> Archive:
        return open_archive(telescope, {"url": settings.irsa_url} if settings.irsa_url else None)

    return open_one


def archived_telescopes(settings: Settings, robots: Robots) -> list[str]:
    """Telescopes whose archive is read: those of which a real robot is configured."""
    if not settings.archives:
        return []
    return [name for name in robots.names() if name in ARCHIVES and not robots.is_simulated(name)]


def read_archive(session: Session, archives: Archives, telescope: str) -> None:
    """Take in what an archive has of the last nights; what the robot told is known better then.

    Parameters
    ----------
    session
        Open session; committed. An archive that does not answer leaves all as it is.
    archives
        Opens them.
    telescope
        Whose.
    """
    copy = _copy(session, telescope)
    end = now()
    start = max(end - MAX_LOOK, (copy.read_until or end) - LATENESS)
    rows = session.scalars(
        select(Exposure).where(Exposure.telescope == telescope, Exposure.start >= start)
    )
    known = [as_executed(row) for row in rows]
    session.commit()  # no transaction stays open while the archive is asked
    try:
        table = archives(telescope).executed(Time(start), Time(end), known)
    except ArchiveUnavailable as err:
        _failed(session, telescope, str(err))
        return
    kept = store_exposures(session, telescope, table.exposures)
    copy = _copy(session, telescope)
    # Another look may have ended meanwhile, and have seen more.
    copy.read_until = max(copy.read_until or end, end)
    copy.tried_at, copy.error = end, ""
    copy.rejected = [asdict(row) for row in table.rejected[:MAX_REJECTED]]
    session.commit()
    for event_id in sorted(events_of(session, telescope, kept)):
        cover(session, event_id, telescope)


def read_references(session: Session, archives: Archives, telescope: str) -> None:
    """Read which fields have a reference image, if that was not done today.

    Parameters
    ----------
    session
        Open session; committed. An archive that does not answer leaves yesterday's list.
    archives
        Opens them.
    telescope
        Whose.
    """
    copy = _copy(session, telescope)
    is_fresh = copy.references_at is not None and now() - copy.references_at < REFERENCE_AGE
    session.commit()
    if is_fresh:
        return
    try:
        references = archives(telescope).references()
    except ArchiveUnavailable as err:
        _failed(session, telescope, str(err))
        return
    copy = _copy(session, telescope)
    copy.references = {name: sorted(fields) for name, fields in references.by_filter.items()}
    copy.references_at = copy.tried_at = now()
    copy.error = ""
    session.commit()


def references_of(session: Session, telescope: str) -> dict[str, frozenset[int]] | None:
    """Fields that have a reference image, by filter; None where that is not known."""
    copy = session.get(ArchiveCopy, telescope)
    if copy is None or copy.references is None:
        return None
    return {name: frozenset(fields) for name, fields in copy.references.items()}


def _copy(session: Session, telescope: str) -> ArchiveCopy:
    copy = session.get(ArchiveCopy, telescope, populate_existing=True)
    if copy is None:
        copy = ArchiveCopy(telescope=telescope, rejected=[])
        session.add(copy)
        session.flush()
    return copy


def _failed(session: Session, telescope: str, reason: str) -> None:
    copy = _copy(session, telescope)
    copy.tried_at, copy.error = now(), reason
    session.commit()
