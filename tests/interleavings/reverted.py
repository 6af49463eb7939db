"""How a robot's list was read before: the fault that the explorer was made to find."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.observing_queue import ObservingQueue
from too_marshal.db.locks import lock_all
from too_marshal.db.observing.queues import Submission, SubmissionState, add_activity
from too_marshal.workflows.submissions.reconcile import Observation

FOLLOWED = (SubmissionState.ACCEPTED, SubmissionState.EXECUTING)


def compare_with_what_is_now(session: Session, _queue: ObservingQueue, seen: Observation) -> None:
    """Compare an old list with the submissions as they stand now, and call over what is missing.

    A submission that was accepted after the robot was asked looks gone.
    """
    followed = select(Submission).where(
        Submission.telescope == seen.telescope, Submission.state.in_(FOLLOWED)
    )
    for submission in lock_all(session, followed, Submission):
        gone = submission.queue_name not in (seen.held or ())
        if gone and not submission.withdrawal_requested:
            submission.change(SubmissionState.DONE)
            add_activity(session, submission, "is done")
    session.commit()
