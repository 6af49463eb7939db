"""Asking for the jobs that speak with robots; each commits with what causes it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.observing.queues import Submission, add_activity


def ask_to_withdraw(
    session: Session, submission: Submission, reason: str, wait: timedelta | None = None
) -> None:
    """Note that a submission shall be withdrawn, and ask for it; not committed here."""
    submission.withdrawal_requested, submission.withdraw_reason = True, reason
    tasks.withdraw_submission(submission_id=submission.id).defer(session, wait=wait)


def leave_to_a_person(session: Session, submission: Submission) -> None:
    """Say that a robot can no longer be reached from here; not committed here."""
    submission.needs_person = True
    submission.reason = (
        f"no queue is configured for {submission.telescope}: a person must see to it"
    )
    add_activity(session, submission, submission.reason)
    call_people(session, submission, submission.reason)


def call_people(session: Session, submission: Submission, what: str) -> None:
    """Have people told that only they can settle a submission; not committed here."""
    tasks.call_people(submission_id=submission.id, what=what).defer(session)
