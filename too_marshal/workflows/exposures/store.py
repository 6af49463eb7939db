"""Keep executed exposures: each once, however often it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy import Boolean, ColumnElement, and_, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.geometry.ranges import hpx29
from telescopes.observing_plan import ExecutedExposure
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.workflows.exposures.records import SURVEY_WINDOW

CHUNK = 2000
"""Rows in one statement."""

_IMPROVABLE = ("detectors", "seeing", "limiting_magnitude")
"""What a robot knows better once the images are processed."""


@dataclass(frozen=True)
class Stored:
    """What has become of a batch of exposures."""

    added: int
    """New ones."""

    submissions: frozenset[int]
    """Submissions that gained an exposure, or better knowledge of one."""

    strays: tuple[datetime, ...]
    """Starts of the new ones, and the better known, that no submission asked for."""


def store_exposures(
    session: Session,
    telescope: str,
    exposures: Sequence[ExecutedExposure],
    import_id: int | None = None,
) -> Stored:
    """Keep exposures of one telescope; not committed.

    Parameters
    ----------
    session
        Open session.
    telescope
        Name.
    exposures
        Those that are known already are only known better now, and only if a robot says so.
    import_id
        The import that they come with; None: the robot tells of them.
    """
    once = list({exposure.exposure_id: exposure for exposure in exposures}.values())
    names = dict(
        session.execute(
            select(Submission.queue_name, Submission.id).where(Submission.telescope == telescope)
        ).all()
    )
    added, submissions, strays = 0, set(), []
    for start in range(0, len(once), CHUNK):
        rows = _rows(telescope, once[start : start + CHUNK], names, import_id)
        for is_new, submission_id, begun in _written(session, rows, improves=import_id is None):
            added += is_new
            if submission_id is None:
                strays.append(begun)
            else:
                submissions.add(submission_id)
    return Stored(added, frozenset(submissions), tuple(strays))


def _written(
    session: Session, rows: list[dict[str, Any]], *, improves: bool
) -> list[tuple[bool, int | None, datetime]]:
    """Whether each written row is new, its submission, and its start."""
    statement = insert(Exposure)
    if improves:
        statement = statement.on_conflict_do_update(
            index_elements=["telescope", "exposure_id"],
            set_={name: statement.excluded[name] for name in _IMPROVABLE},
            where=_is_better(statement.excluded),
        )
    else:
        statement = statement.on_conflict_do_nothing()
    # A row that was updated in place carries the number of the transaction that locked it.
    is_new = literal_column("(exposure.xmax = 0)", Boolean)
    written = session.execute(
        statement.returning(is_new, Exposure.submission_id, Exposure.start), rows
    )
    return [(bool(new), submission_id, start) for new, submission_id, start in written]


def _is_better(incoming: Any) -> ColumnElement[bool]:
    """Whether what is told differs, and is not merely what was known before the processing."""
    limit = Exposure.limiting_magnitude
    differs = or_(
        Exposure.detectors != incoming.detectors,
        limit.is_distinct_from(incoming.limiting_magnitude),
    )
    return and_(differs, or_(incoming.limiting_magnitude.is_not(None), limit.is_(None)))


def _rows(
    telescope: str,
    exposures: Sequence[ExecutedExposure],
    names: dict[str, int],
    import_id: int | None,
) -> list[dict[str, Any]]:
    ra = np.array([exposure.ra.to_value(u.deg) for exposure in exposures])
    dec = np.array([exposure.dec.to_value(u.deg) for exposure in exposures])
    cells = hpx29(SkyCoord(ra, dec, unit=u.deg)).tolist() if exposures else []
    received = now()
    return [
        {
            "telescope": telescope,
            "exposure_id": exposure.exposure_id,
            # Who uploads says what it was for: the name of a queue is not asked.
            "submission_id": names.get(exposure.queue_name or "") if import_id is None else None,
            "import_id": import_id,
            "queue_name": exposure.queue_name,
            "field_id": exposure.field_id,
            "ra": float(ra[index]),
            "dec": float(dec[index]),
            "hpx29": cells[index],
            "filter": exposure.filter,
            "start": exposure.start.to_datetime(timezone=UTC),
            "exposure_time": float(exposure.exposure_time.to_value(u.s)),
            "detectors": [int(detector) for detector in exposure.detectors],
            "airmass": exposure.airmass,
            "seeing": None
            if exposure.seeing is None
            else float(exposure.seeing.to_value(u.arcsec)),
            "limiting_magnitude": exposure.limiting_magnitude,
            "received_at": received,
        }
        for index, exposure in enumerate(exposures)
    ]


def events_of(session: Session, telescope: str, kept: Stored) -> set[int]:
    """Events for which something new counts: that asked for it, or whose window it was in."""
    asked = select(Plan.event_id).join(Submission).where(Submission.id.in_(kept.submissions))
    events = set(session.scalars(asked))
    if kept.strays:
        query = (
            select(Event.id)
            .join(Plan, Plan.event_id == Event.id)
            .where(
                Plan.telescope == telescope,
                ~Event.is_retracted,
                Event.event_time.between(min(kept.strays) - SURVEY_WINDOW, max(kept.strays)),
            )
        )
        events |= set(session.scalars(query))
    return events
