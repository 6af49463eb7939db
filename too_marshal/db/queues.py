"""Submissions: what was sent to a robot, word for word, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.events import record
from too_marshal.db.plans import Plan


class SubmissionState(StrEnum):
    """State of a submission; the changes that may happen are in `ALLOWED`."""

    APPROVED = "approved"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    EXECUTING = "executing"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


S = SubmissionState
ALLOWED: dict[SubmissionState, frozenset[SubmissionState]] = {
    S.APPROVED: frozenset({S.SUBMITTING, S.WITHDRAWN, S.REFUSED}),
    # Back to approved only when the message certainly did not arrive.
    S.SUBMITTING: frozenset({S.ACCEPTED, S.REFUSED, S.UNCONFIRMED, S.APPROVED}),
    S.UNCONFIRMED: frozenset({S.ACCEPTED, S.EXECUTING, S.REFUSED, S.WITHDRAWN}),
    S.ACCEPTED: frozenset({S.EXECUTING, S.DONE, S.WITHDRAWN, S.SUPERSEDED}),
    S.EXECUTING: frozenset({S.DONE, S.WITHDRAWN, S.SUPERSEDED}),
    S.REFUSED: frozenset(),
    S.DONE: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.SUPERSEDED: frozenset(),
}

AT_THE_ROBOT = (S.ACCEPTED, S.EXECUTING, S.UNCONFIRMED)
"""States in which the robot holds the queue, or may hold it."""

LIVE = (S.APPROVED, S.SUBMITTING, *AT_THE_ROBOT)
"""States in which something may still happen at the robot."""


class ForbiddenChange(Exception):
    """A submission cannot go from the one state to the other."""


class Submission(Base):
    """One plan sent, or to be sent, to one robot, under a name that is never used again."""

    __tablename__ = "submission"
    __table_args__ = (
        # A plan is live at its robot once at the most: a second click finds the first.
        Index(
            "uq_submission_live_plan",
            "plan_id",
            unique=True,
            postgresql_where=(
                "state IN ('approved', 'submitting', 'accepted', 'unconfirmed', 'executing')"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    telescope: Mapped[str] = mapped_column(String(40))
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    queue_name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[SubmissionState] = mapped_column(String(20), default=SubmissionState.APPROVED)
    approved_by: Mapped[str] = mapped_column(String(80))
    approved_at: Mapped[Utc] = mapped_column(default=now)
    request: Mapped[str] = mapped_column(default="", comment="the message, word for word")
    answer: Mapped[str] = mapped_column(default="", comment="the robot's answer, word for word")
    reason: Mapped[str] = mapped_column(default="", comment="why it is refused or unclear")
    look_ups: Mapped[int] = mapped_column(default=0, comment="times asked about while unclear")
    withdraw_wanted: Mapped[bool] = mapped_column(default=False)
    withdraw_reason: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[Utc | None]
    settled_at: Mapped[Utc | None]

    plan: Mapped[Plan] = relationship()

    def change(self, state: SubmissionState, reason: str = "") -> None:
        """Go to `state`.

        Raises
        ------
        ForbiddenChange
            If that cannot follow from the present state.
        """
        if state not in ALLOWED[SubmissionState(self.state)]:
            raise ForbiddenChange(f"a submission that is {self.state} cannot become {state}")
        self.state = state
        self.reason = reason
        if not ALLOWED[state] or state is SubmissionState.ACCEPTED:
            self.settled_at = now()


def tell(session: Session, submission: Submission, text: str, actor: str = "marshal") -> None:
    """Add a line about a submission to its event's timeline; not committed."""
    record(
        session,
        f"{submission.telescope} {submission.queue_name} {text}",
        subject="submission",
        subject_id=submission.id,
        event_id=submission.plan.event_id,
        actor=actor,
    )


class RobotQueue(Base):
    """What a robot last said that it holds, all programs; stale when the robot is silent."""

    __tablename__ = "robot_queue"

    telescope: Mapped[str] = mapped_column(String(40), primary_key=True)
    queues: Mapped[list[dict[str, object]]] = mapped_column(JSONB, default=list)
    seen_at: Mapped[Utc | None]
    tried_at: Mapped[Utc] = mapped_column(default=now)
    answer_time: Mapped[float | None] = mapped_column(comment="to the last ping, s")
    error: Mapped[str] = mapped_column(default="")


class Switch(Base):
    """A switch that all processes obey, such as the one that stops all submission."""

    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    is_on: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[str] = mapped_column(String(80), default="")
    changed_at: Mapped[Utc] = mapped_column(default=now)


KILL_SWITCH = "no_submission"
"""Name of the switch that stops all submission."""


def submission_is_stopped(session: Session) -> bool:
    """Whether the kill switch is on."""
    switch = session.get(Switch, KILL_SWITCH, populate_existing=True)
    return switch is not None and switch.is_on


def count_by_state(session: Session) -> dict[str, int]:
    """How many submissions are in each state."""
    rows = session.execute(select(Submission.state, func.count()).group_by(Submission.state))
    return {str(state): count for state, count in rows}
