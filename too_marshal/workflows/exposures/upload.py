"""Take in tables of exposures that people or programs upload for an event, and undo them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, timedelta

from astropy.time import Time
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure
from telescopes.pairing.pointings import SAME_START
from telescopes.pairing.repetitions import Shutters
from telescopes.tables.exposure_tables import read_exposure_table
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.db.observing.exposures import Exposure, ExposureImport, Source
from too_marshal.workflows.exposures.store import store_exposures

MAX_TABLE_SIZE = 8_000_000
"""Bytes; twenty nights of a survey telescope."""


def upload(  # noqa: PLR0913 - what is known of a table
    session: Session, event: Event, *, telescope: str, data: bytes, name: str, by: str
) -> ExposureImport:
    """Keep the good rows of a table for an event, and what is wrong with the others.

    Parameters
    ----------
    session
        Open session; committed, with the job that recomputes the coverage.
    event
        For which they were taken.
    telescope
        By which; one of ours.
    data
        CSV or JSON, as `telescopes.tables.exposure_tables` reads it.
    name
        Of the file.
    by
        Who brings it.

    Raises
    ------
    ValueError
        If the telescope is unknown, or nothing of the table can be read.
    """
    if telescope not in TELESCOPES:
        raise ValueError(f"unknown telescope {telescope!r}; known: {', '.join(TELESCOPES)}")
    present = None if event.is_test else Time(now())
    table = read_exposure_table(data, telescope=TELESCOPES[telescope], now=present)
    row = ExposureImport(
        event_id=event.id,
        telescope=telescope,
        source=Source.UPLOADED,
        name=name[:120],
        rejected=[asdict(rejected) for rejected in table.rejected],
        unused_columns=list(table.unused_columns),
        made_by=by,
    )
    session.add(row)
    session.flush()
    fresh = _unknown(session, telescope, table.exposures)
    row.added = store_exposures(session, telescope, fresh, row.id).added
    row.known = len(table.exposures) - row.added
    _add_activity(session, row, f"{row.added} {telescope} exposures uploaded from {row.name}", by)
    tasks.cover(event_id=row.event_id, telescope=row.telescope).defer(session)
    session.commit()
    return row


def _unknown(
    session: Session, telescope: str, exposures: Sequence[ExecutedExposure]
) -> list[ExecutedExposure]:
    """Exposures that the robot, or an earlier upload, has not told of under another identifier."""
    if not exposures:
        return []
    starts = [exposure.start.to_datetime(timezone=UTC) for exposure in exposures]
    margin = timedelta(seconds=SAME_START)
    rows = session.scalars(
        select(Exposure).where(
            Exposure.telescope == telescope,
            Exposure.start.between(min(starts) - margin, max(starts) + margin),
        )
    )
    known = Shutters(rows)
    return [exposure for exposure in exposures if known.find(exposure) is None]


def undo(session: Session, import_id: int, *, by: str) -> ExposureImport:
    """Take the exposures of an import away again; nothing happens to one that is undone."""
    row = lock(session, ExposureImport, import_id)
    if row.undone_at is None:
        session.execute(delete(Exposure).where(Exposure.import_id == row.id))
        row.undone_by, row.undone_at = by, now()
        _add_activity(
            session, row, f"{row.added} {row.telescope} exposures of {row.name} taken away", by
        )
        tasks.cover(event_id=row.event_id, telescope=row.telescope).defer(session)
    session.commit()
    return row


def _add_activity(session: Session, row: ExposureImport, text: str, by: str) -> None:
    record(session, text, subject="import", subject_id=row.id, event_id=row.event_id, actor=by)
