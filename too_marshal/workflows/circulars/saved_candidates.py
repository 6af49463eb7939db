"""Candidates that people have saved, as lines of a circular: measured by their last alerts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import Candidate as CandidateFacts
from too_marshal.db.counterparts.alerts import KeptAlert
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.workflows.errors import Forbidden

SOURCE = "saved candidates of the event, each by its last alert with a magnitude"


class NotReportable(Forbidden):
    """A candidate that a circular cannot report; the message names it."""


def reportable(session: Session, event_id: int) -> Sequence[Candidate]:
    """Candidates of an event that nobody has rejected, the latest first."""
    return session.scalars(
        select(Candidate)
        .where(Candidate.event_id == event_id, Candidate.status != CandidateStatus.REJECTED)
        .order_by(Candidate.id.desc())
    ).all()


def saved_candidates(
    session: Session, event_id: int, candidate_ids: Sequence[int]
) -> tuple[CandidateFacts, ...]:
    """Say of candidates where they are and how bright they were last.

    Parameters
    ----------
    session
        Open session.
    event_id
        Whose candidates.
    candidate_ids
        In the order of the table.

    Raises
    ------
    NotReportable
        If one is not of this event, was rejected, or no alert of it has a magnitude and a filter.
    """
    return tuple(_facts(session, event_id, candidate_id) for candidate_id in candidate_ids)


def _facts(session: Session, event_id: int, candidate_id: int) -> CandidateFacts:
    row = session.get(Candidate, candidate_id, populate_existing=True)
    if row is None or row.event_id != event_id:
        raise NotReportable(f"The event has no saved candidate {candidate_id}.")
    if row.status == CandidateStatus.REJECTED:
        raise NotReportable(f"{row.object_id} was rejected by {row.changed_by}: {row.reason}.")
    alert = session.scalars(
        select(KeptAlert)
        .where(
            KeptAlert.survey == row.survey,
            KeptAlert.object_id == row.object_id,
            KeptAlert.magnitude.is_not(None),
            KeptAlert.filter.is_not(None),
        )
        .order_by(KeptAlert.observed_at.desc(), KeptAlert.id.desc())
        .limit(1)
    ).first()
    if alert is None or alert.magnitude is None or alert.filter is None:
        raise NotReportable(f"No alert of {row.object_id} has a magnitude and a filter.")
    return CandidateFacts(
        name=row.object_id,
        tns_name="",
        ra=alert.ra,
        dec=alert.dec,
        magnitude=alert.magnitude,
        filter=alert.filter,
        time=alert.observed_at,
        host_redshift=None,
        comment="",
        source=SOURCE,
    )
