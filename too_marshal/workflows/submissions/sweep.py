"""Find work that nobody is about to do, and ask for it: no row may be stuck.

A job can be lost in ways that we do not foresee. What must happen is known from the rows alone:
a submission that is live and unsettled, a withdrawal that is wanted, an exchange that is under
way. For each of them there is a job, or there shall be one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.events import Event, record
from too_marshal.db.jobs import has_no_job
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import AT_THE_ROBOT, LIVE, Submission, SubmissionState
from too_marshal.db.observing.replacements import SWAPPING, Replacement, ReplacementState
from too_marshal.workflows.live_database import why_copy
from too_marshal.workflows.submissions.robot_jobs import ask_to_withdraw

logger = logging.getLogger(__name__)

_UNSETTLED = (
    SubmissionState.APPROVED,
    SubmissionState.SUBMITTING,
    SubmissionState.UNCONFIRMED,
)
"""States from which `submit` goes on."""


def sweep(session: Session) -> int:
    """Ask for every job that is missing.

    Parameters
    ----------
    session
        Open session; committed.

    Returns
    -------
    int
        How many were missing.
    """
    stalled = [*_offers(session), *_plans(session)]
    if not why_copy(session):
        # A copy's jobs that speak with robots end at once; they are asked for when it is live.
        stalled += [
            *_submissions(session),
            *_withdrawals(session),
            *_retractions(session),
            *_replacements(session),
        ]
    session.commit()
    for what in stalled:
        logger.warning("nobody was about to go on with %s: it is asked for", what)
    return len(stalled)


def _submissions(session: Session) -> Iterator[str]:
    query = select(Submission).where(
        Submission.state.in_(_UNSETTLED),
        ~Submission.needs_person,
        has_no_job("submit", submission_id=Submission.id),
    )
    for submission in session.scalars(query).all():
        tasks.submit(submission_id=submission.id).defer(session)
        yield f"submission {submission.id} ({submission.state})"


def _withdrawals(session: Session) -> Iterator[str]:
    query = select(Submission).where(
        Submission.state.in_(AT_THE_ROBOT),
        Submission.withdrawal_requested,
        ~Submission.needs_person,
        has_no_job("withdraw_submission", submission_id=Submission.id),
    )
    for submission in session.scalars(query).all():
        ask_to_withdraw(session, submission, submission.withdraw_reason)
        yield f"the withdrawal of submission {submission.id}"


def _retractions(session: Session) -> Iterator[str]:
    is_live = exists().where(
        Plan.event_id == Event.id,
        Submission.plan_id == Plan.id,
        Submission.state.in_(LIVE),
        ~Submission.withdrawal_requested,
    )
    query = select(Event).where(
        Event.is_retracted, is_live, has_no_job("withdraw", event_id=Event.id)
    )
    for event in session.scalars(query).all():
        tasks.withdraw(event_id=event.id).defer(session)
        yield f"the retraction of {event.name}"


def _replacements(session: Session) -> Iterator[str]:
    query = select(Replacement).where(
        Replacement.state.in_(SWAPPING), has_no_job("swap", replacement_id=Replacement.id)
    )
    for row in session.scalars(query).all():
        tasks.swap(replacement_id=row.id).defer(session)
        yield f"replacement {row.id} ({row.state})"


def _offers(session: Session) -> Iterator[str]:
    is_computed = exists().where(
        Plan.id == Replacement.plan_id, Plan.state.not_in([PlanState.COMPUTING])
    )
    query = select(Replacement).where(
        Replacement.state == ReplacementState.COMPUTING,
        is_computed,
        has_no_job("offer", plan_id=Replacement.plan_id),
        has_no_job("plan", plan_id=Replacement.plan_id),
    )
    for row in session.scalars(query).all():
        tasks.offer(plan_id=row.plan_id).defer(session)
        yield f"the offer of replacement {row.id}"


def _plans(session: Session) -> Iterator[str]:
    """A plan whose job has failed for good is not computed any more, and says so."""
    query = select(Plan.id).where(
        Plan.state == PlanState.COMPUTING, has_no_job("plan", plan_id=Plan.id)
    )
    for plan_id in session.scalars(query).all():
        plan = lock(session, Plan, plan_id)
        if plan.state == PlanState.COMPUTING:
            plan.state, plan.remark = PlanState.FAILED, "the computation ended without a result"
            record(
                session,
                f"{plan.telescope} plan failed: {plan.remark}",
                subject="plan",
                subject_id=plan.id,
                event_id=plan.event_id,
            )
            yield f"plan {plan.id}"
