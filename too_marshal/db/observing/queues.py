"""Submissions: what was sent to a robot, word for word, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from too_marshal.db.base import MARSHAL, Base, Utc, now
from too_marshal.db.events import record
from too_marshal.db.observing.plans import Plan
from too_marshal.db.states import Stateful, following


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


ALLOWED = following(
    SubmissionState,
    approved="submitting withdrawn refused",
    # Back to approved, or withdrawn, only when the message certainly did not arrive.
    submitting="accepted refused unconfirmed approved withdrawn",
    unconfirmed="accepted executing refused withdrawn approved done",
    accepted="executing done withdrawn superseded",
    executing="done withdrawn superseded",
    # No state of ours outweighs the robot's list: what it holds is taken up again.
    refused="accepted",
    done="accepted",
    withdrawn="accepted",
    superseded="accepted",
)

AT_THE_ROBOT = (SubmissionState.ACCEPTED, SubmissionState.EXECUTING, SubmissionState.UNCONFIRMED)
"""States in which the robot holds the queue, or may hold it."""

LIVE = (SubmissionState.APPROVED, SubmissionState.SUBMITTING, *AT_THE_ROBOT)
"""States in which something may still happen at the robot."""

OVER = tuple(state for state in SubmissionState if state not in LIVE)
"""States in which, as far as we know, nothing more happens at the robot."""


class Submission(Stateful, Base):
    """One plan sent, or to be sent, to one robot, under a name that is never used again."""

    kind, allowed, settled = "a submission", ALLOWED, (*OVER, SubmissionState.ACCEPTED)

    __tablename__ = "submission"
    __table_args__ = (
        # A plan is live at its robot once at the most: a second click finds the first.
        Index(
            "uq_submission_live_plan",
            "plan_id",
            unique=True,
            # One that is found at the robot again, and taken back, may stand beside it.
            postgresql_where=(
                "state IN ('approved', 'submitting', 'accepted', 'unconfirmed', 'executing')"
                " AND NOT withdrawal_requested"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    telescope: Mapped[str] = mapped_column(String(40))
    program: Mapped[str] = mapped_column(
        String(80),
        default="",
        comment="that is charged, as the robot takes it; empty: of earlier versions",
    )
    program_id: Mapped[int | None] = mapped_column(
        ForeignKey("program.id"), index=True, comment="null: the telescope had no programs"
    )
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    queue_name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[SubmissionState] = mapped_column(String(20), default=SubmissionState.APPROVED)
    approved_by: Mapped[str] = mapped_column(String(80))
    approved_at: Mapped[Utc] = mapped_column(default=now)
    request: Mapped[str] = mapped_column(default="", comment="the message, word for word")
    answer: Mapped[str] = mapped_column(default="", comment="the robot's answer, word for word")
    reason: Mapped[str] = mapped_column(default="", comment="why it is refused or unclear")
    attempts: Mapped[int] = mapped_column(default=0, comment="times that it was to be sent")
    withdrawal_requested: Mapped[bool] = mapped_column(default=False)
    withdraw_reason: Mapped[str] = mapped_column(default="")
    needs_person: Mapped[bool] = mapped_column(
        default=False, comment="only a person can settle it; the reason says how"
    )
    missing_since: Mapped[Utc | None] = mapped_column(
        comment="asked then, the robot did not hold it; null: it did, or was not asked"
    )
    sent_at: Mapped[Utc | None]
    accepted_at: Mapped[Utc | None] = mapped_column(comment="when the robot first had it")
    ends_at: Mapped[Utc | None] = mapped_column(
        comment="until then the robot may execute what was sent last"
    )
    settled_at: Mapped[Utc | None]
    version: Mapped[int] = mapped_column(comment="counts the changes of this row")

    plan: Mapped[Plan] = relationship()

    # Who writes what was read before somebody else's change is refused, lock or no lock.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy reads it

    def change(self, state: SubmissionState, reason: str = "") -> None:
        """Go to `state`.

        Raises
        ------
        ForbiddenChange
            If that cannot follow from the present state.
        """
        super().change(state, reason)
        self.needs_person, self.missing_since = False, None
        if state == SubmissionState.ACCEPTED and self.accepted_at is None:
            self.accepted_at = now()


def add_activity(session: Session, submission: Submission, text: str, actor: str = MARSHAL) -> None:
    """Add a line about a submission to its event's timeline; not committed."""
    record(
        session,
        f"{submission.telescope} {submission.queue_name} {text}",
        subject="submission",
        subject_id=submission.id,
        event_id=submission.plan.event_id,
        actor=actor,
    )


OLD = timedelta(minutes=5)
"""A copy of a queue that is older is stale, whatever the reason."""


class RobotQueue(Base):
    """What a robot last said that it holds, all programs; stale when the robot is silent."""

    __tablename__ = "robot_queue"

    telescope: Mapped[str] = mapped_column(String(40), primary_key=True)
    queues: Mapped[list[dict[str, object]]] = mapped_column(JSONB, default=list)
    seen_at: Mapped[Utc | None] = mapped_column(comment="when it was asked for this list")
    history_at: Mapped[Utc | None] = mapped_column(
        comment="when it was asked for the exposures that we know"
    )
    tried_at: Mapped[Utc] = mapped_column(default=now)
    answer_time: Mapped[float | None] = mapped_column(comment="to the last ping, s")
    error: Mapped[str] = mapped_column(default="")

    @property
    def is_stale(self) -> bool:
        """Whether the robot did not answer, or was not asked for long."""
        return bool(self.error) or self.seen_at is None or now() - self.seen_at > OLD

    @property
    def requests(self) -> dict[str, str]:
        """Name of the request that each queue is a part of, by the queue's own name."""
        return {
            str(queue["name"]): str(queue.get("request_name") or queue["name"])
            for queue in self.queues
        }


def names_held(session: Session, telescope: str) -> set[str]:
    """Requests that a robot was last seen to hold."""
    robot = session.get(RobotQueue, telescope, populate_existing=True)
    return set() if robot is None else set(robot.requests.values())


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


class LiveDatabase(Base):
    """Where the one database is that speaks to robots; a copy of it finds itself elsewhere."""

    __tablename__ = "live_database"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(default=1, primary_key=True, autoincrement=False)
    system_identifier: Mapped[int | None] = mapped_column(
        BigInteger, comment="of the PostgreSQL server; null: it does not tell"
    )
    database_oid: Mapped[int] = mapped_column(BigInteger, comment="of the database in its server")
    folder: Mapped[int | None] = mapped_column(
        BigInteger, comment="inode of an embedded server's folder; null: not known, or a real one"
    )
    is_copy: Mapped[bool] = mapped_column(default=False, comment="marked as a copy")
    reason: Mapped[str] = mapped_column(default="", comment="why it is marked")
    live_since: Mapped[Utc | None] = mapped_column(
        comment="when a copy became the live one; null: it has been since it was made"
    )
    changed_by: Mapped[str] = mapped_column(String(80), default=MARSHAL)
    changed_at: Mapped[Utc] = mapped_column(default=now)


def count_by_state(session: Session) -> dict[str, int]:
    """How many submissions are in each state."""
    rows = session.execute(select(Submission.state, func.count()).group_by(Submission.state))
    return {str(state): count for state, count in rows}
