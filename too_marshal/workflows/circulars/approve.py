"""Approve a circular: the moment at which a person answers for its text."""

from __future__ import annotations

from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import record
from too_marshal.db.locks import lock
from too_marshal.workflows.circulars.edit import check
from too_marshal.workflows.errors import Forbidden


class NotApprovable(Forbidden):
    """The text cannot be approved; the message says why."""


def approve(session: Session, circular_id: int, *, sha256: str, by: str) -> CircularDraft:
    """Approve a text, which may then be sent.

    Parameters
    ----------
    session
        Open session; committed.
    circular_id
        Which draft.
    sha256
        Of the text that the person has read: no other is approved.
    by
        The person.

    Raises
    ------
    NotApprovable
        If the text was changed meanwhile, breaks a rule, or has gone out.
    """
    row = lock(session, CircularDraft, circular_id)
    session.refresh(row, ["sendings"])
    if row.sending is not None:
        raise NotApprovable(f"This text is {row.state} already.")
    if sha256 != row.sha256:
        raise NotApprovable(
            f"{row.changed_by} has changed this text since you have read it: read it again."
        )
    if problems := check(row, row.subject, row.text).faults:
        raise NotApprovable("; ".join(problems))
    if not row.is_approved:
        row.approved_by, row.approved_at, row.approved_sha256 = by, now(), sha256
        words = f"Circular approved (version {row.version}, {sha256[:12]})"
        record(
            session, words, subject="circular", subject_id=row.id, event_id=row.event_id, actor=by
        )
    session.commit()
    return row
