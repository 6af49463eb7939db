"""What a robot holds is live, whatever we believed: take it up, and take it back where it must go.

No state of ours outweighs the robot's own list.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.events import Event
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import LIVE, OVER, Submission, SubmissionState, add_activity
from too_marshal.db.observing.replacements import Replacement, ReplacementState
from too_marshal.workflows.submissions.robot_jobs import ask_to_withdraw

_REPLACED = (
    ReplacementState.SUBMITTING,
    ReplacementState.RESTORING,
    ReplacementState.DONE,
    ReplacementState.RESTORED,
)
"""States of a replacement in which something else has the place of the old queue."""

_RESTORED = (ReplacementState.RESTORING, ReplacementState.RESTORED)
"""States of a replacement in which the old queue has the place of the new one."""


def accept(session: Session, submission: Submission, text: str) -> None:
    """Note that the robot holds a submission that is live; not committed.

    Parameters
    ----------
    session
        Open session.
    submission
        Locked, and live.
    words
        For the timeline.
    """
    submission.change(SubmissionState.ACCEPTED)
    add_activity(session, submission, text)
    tasks.share(event_id=submission.plan.event_id).defer(session)
    if submission.withdrawal_requested:
        ask_to_withdraw(session, submission, submission.withdraw_reason)
    elif reason := retraction_of(session, submission):
        ask_to_withdraw(session, submission, reason)


def note_held(session: Session, submission: Submission) -> None:
    """Note that the robot holds a submission, whatever its state is; not committed.

    Nothing happens to one that is about to be sent, or sent again: that looks first, and finds it.

    Parameters
    ----------
    session
        Open session.
    submission
        Locked.
    """
    if submission.state in OVER:
        take_up(session, submission)
    elif submission.state == SubmissionState.UNCONFIRMED:
        accept(session, submission, "accepted: the robot holds it")


def take_up(session: Session, submission: Submission) -> None:
    """Follow a submission again that was over for us and that the robot holds; not committed.

    It is withdrawn again where it was withdrawn, where its event is retracted, and where another
    queue has its place.

    Parameters
    ----------
    session
        Open session.
    submission
        Locked, and over.
    """
    # Who approves the plan once more holds the plan: the two cannot miss each other.
    lock(session, Plan, submission.plan_id)
    before, reason = submission.state, _reason_to_withdraw(session, submission)
    submission.withdrawal_requested = bool(reason)
    submission.change(SubmissionState.ACCEPTED, "taken up again: the robot holds it")
    add_activity(
        session, submission, f"was {before} for us, but the robot holds it: it is taken up again"
    )
    tasks.share(event_id=submission.plan.event_id).defer(session)
    if reason:
        add_activity(session, submission, f"to be withdrawn: {reason}")
        ask_to_withdraw(session, submission, reason)


def _reason_to_withdraw(session: Session, submission: Submission) -> str:
    if reason := retraction_of(session, submission):
        return reason
    if submission.state == SubmissionState.WITHDRAWN or submission.withdrawal_requested:
        return submission.withdraw_reason or submission.reason or "it was withdrawn"
    if _lost_its_place(session, submission):
        return "another queue has its place"
    rival = session.scalars(
        select(Submission.queue_name).where(
            Submission.plan_id == submission.plan_id,
            Submission.id != submission.id,
            Submission.state.in_(LIVE),
        )
    ).first()
    return f"its plan is sent as {rival}" if rival else ""


def _lost_its_place(session: Session, submission: Submission) -> bool:
    replacement_id = session.scalar(
        select(Replacement.id)
        .where(
            or_(
                (Replacement.submission_id == submission.id) & Replacement.state.in_(_REPLACED),
                (Replacement.new_submission_id == submission.id) & Replacement.state.in_(_RESTORED),
            )
        )
        .limit(1)
    )
    return replacement_id is not None


def retraction_of(session: Session, submission: Submission) -> str:
    """Say that the event is retracted, read anew; empty where it is not."""
    event = session.get_one(Event, submission.plan.event_id, populate_existing=True)
    return f"{event.name} was retracted" if event.is_retracted else ""
