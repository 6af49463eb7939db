"""Asking for the jobs that speak with robots; each commits with what causes it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.jobs import LATER, URGENT, defer
from too_marshal.db.queues import Submission, tell


def send_later(session: Session, submission: Submission, wait: timedelta | None = None) -> None:
    """Ask for the next step of a submission, after a while if given; not committed here."""
    defer(
        session,
        "submit",
        submission_id=submission.id,
        lock=f"submission-{submission.id}",
        priority=URGENT,
        at=None if wait is None else now() + wait,
    )


def ask_to_withdraw(
    session: Session, submission: Submission, reason: str, wait: timedelta | None = None
) -> None:
    """Note that a submission shall be withdrawn, and ask for it; not committed here.

    A withdrawal has no lock in common with anything: it must overtake a look-up that waits. Of
    those that are to come later one is enough.
    """
    submission.withdraw_wanted, submission.withdraw_reason = True, reason
    defer(
        session,
        "withdraw_submission",
        submission_id=submission.id,
        queueing_lock=None if wait is None else f"withdrawal-{submission.id}",
        priority=URGENT,
        at=None if wait is None else now() + wait,
    )


def ask_to_swap(session: Session, replacement_id: int, wait: timedelta | None = None) -> None:
    """Ask for the next step of a replacement, after a while if given; not committed here."""
    defer(
        session,
        "swap",
        replacement_id=replacement_id,
        lock=f"replacement-{replacement_id}",
        priority=URGENT,
        at=None if wait is None else now() + wait,
    )


def ask_to_track(session: Session, telescope: str, *, priority: int = LATER) -> None:
    """Ask for a look at what a robot holds and has done; not committed here."""
    defer(
        session,
        "track",
        telescope=telescope,
        queueing_lock=f"track-{telescope}",
        priority=priority,
    )


def leave_to_a_person(session: Session, submission: Submission) -> None:
    """Say that a robot can no longer be reached from here; not committed here."""
    submission.needs_person = True
    submission.reason = (
        f"no queue is configured for {submission.telescope}: a person must see to it"
    )
    tell(session, submission, submission.reason)
    call_people(session, submission, submission.reason)


def call_people(session: Session, submission: Submission, what: str) -> None:
    """Have people told that only they can settle a submission; not committed here."""
    defer(session, "call_people", submission_id=submission.id, what=what, priority=URGENT)
