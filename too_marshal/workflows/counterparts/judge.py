"""Say what an object is for an event; nobody overwrites what they have not seen."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.db.events import Event, record
from too_marshal.db.locks import lock
from too_marshal.workflows.counterparts.objects import object_of
from too_marshal.workflows.errors import Forbidden, Invalid

MAX_REASON_LENGTH = 200


class NoSuchObject(Invalid):
    """There is no such object in the region; the message is for the person."""


class JudgedMeanwhile(Forbidden):
    """Somebody else has judged it since; the message says who and what."""


def judge(  # noqa: PLR0913 - what a judgment consists of
    session: Session,
    event: Event,
    survey: str,
    object_id: str,
    status: CandidateStatus,
    *,
    reason: str,
    seen: int,
    by: str,
) -> Candidate:
    """Say what an object in an event's region is.

    Parameters
    ----------
    session
        Open session; committed.
    event
        Also of a retracted one, which keeps what was decided.
    survey, object_id
        The object, by its survey's name.
    status
        What it is.
    reason
        In a few words; a rejection needs one.
    seen
        Version of the judgment that the person has seen; 0: there was none.
    by
        Who says so.

    Raises
    ------
    NoSuchObject
        If no alert of it lies in the region, or a rejection gives no reason.
    JudgedMeanwhile
        If somebody else has judged it since.
    """
    reason = " ".join(reason.split())[:MAX_REASON_LENGTH]
    if status is CandidateStatus.REJECTED and not reason:
        raise NoSuchObject("say in a few words why it is rejected")
    # Held, so that of two who judge it first one is the first.
    lock(session, Event, event.id)
    row = _known(session, event, survey, object_id)
    if seen != (0 if row is None else row.version):
        raise JudgedMeanwhile(_what_happened(row))
    if row is None:
        row = _new(session, event, survey, object_id, by)
    row.status, row.reason, row.changed_by, row.changed_at = status, reason, by, now()
    record(
        session,
        f"{object_id} ({survey}) is {status}{f': {reason}' if reason else ''}",
        subject="candidate",
        event_id=event.id,
        actor=by,
    )
    session.commit()
    return row


def _known(session: Session, event: Event, survey: str, object_id: str) -> Candidate | None:
    query = select(Candidate).where(
        Candidate.event_id == event.id,
        Candidate.survey == survey,
        Candidate.object_id == object_id,
    )
    return session.scalars(query, execution_options={"populate_existing": True}).one_or_none()


def _new(session: Session, event: Event, survey: str, object_id: str, by: str) -> Candidate:
    last = object_of(session, event, survey, object_id)
    if last is None:
        session.rollback()
        raise NoSuchObject(f"no alert of {object_id} ({survey}) lies in the region of the event")
    row = Candidate(
        event_id=event.id, survey=survey, object_id=object_id, ra=last.ra, dec=last.dec, saved_by=by
    )
    session.add(row)
    return row


def _what_happened(row: Candidate | None) -> str:
    if row is None:
        return "what was decided of it is gone: load the page again"
    return f"{row.changed_by} has said meanwhile that it is {row.status}: load the page again"
