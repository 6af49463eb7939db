"""Replacements: a plan on a new map that shall take the place of one that a robot holds."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from too_marshal.db.base import Base, Utc, now
from too_marshal.db.documents import PlanChange
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission
from too_marshal.db.states import Stateful, following


class ReplacementState(StrEnum):
    """How far a replacement has come; the changes that may happen are in `ALLOWED`."""

    COMPUTING = "computing"
    OFFERED = "offered"
    OUTDATED = "outdated"
    DECLINED = "declined"
    APPROVED = "approved"
    WITHDRAWING = "withdrawing"
    SUBMITTING = "submitting"
    RESTORING = "restoring"
    DONE = "done"
    RESTORED = "restored"
    FAILED = "failed"


ALLOWED = following(
    ReplacementState,
    computing="offered outdated",
    offered="approved declined outdated",
    approved="withdrawing failed",
    withdrawing="submitting restoring done failed",
    submitting="done restoring failed",
    restoring="restored failed",
)

OPEN = tuple(state for state in ReplacementState if ALLOWED[state])
"""States in which something may still happen."""

SWAPPING = (
    ReplacementState.APPROVED,
    ReplacementState.WITHDRAWING,
    ReplacementState.SUBMITTING,
    ReplacementState.RESTORING,
)
"""States in which the marshal is at work at the robot."""


class Replacement(Stateful, Base):
    """One plan that may take the place of a submission."""

    kind, allowed = "a replacement", ALLOWED
    settled = tuple(state for state in ReplacementState if not ALLOWED[state])

    __tablename__ = "replacement"
    __table_args__ = (
        # A queue is replaced by one plan at a time.
        Index(
            "uq_replacement_open_submission",
            "submission_id",
            unique=True,
            postgresql_where=(
                "state IN ('computing', 'offered', 'approved', 'withdrawing', 'submitting',"
                " 'restoring')"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), unique=True)
    state: Mapped[ReplacementState] = mapped_column(String(20), default=ReplacementState.COMPUTING)
    reason: Mapped[str] = mapped_column(default="", comment="why it failed, or waits")
    difference: Mapped[PlanChange] = mapped_column(
        JSONB,
        default=dict,
        comment="executed, kept, added, dropped (exposures); probabilities before and after",
    )
    made_at: Mapped[Utc] = mapped_column(default=now)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[Utc | None]
    new_submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    restored_submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    settled_at: Mapped[Utc | None]
    version: Mapped[int] = mapped_column(comment="counts the changes of this row")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy reads it

    plan: Mapped[Plan] = relationship()
    submission: Mapped[Submission] = relationship(foreign_keys=[submission_id])


def replacements_of(session: Session, event_id: int) -> list[Replacement]:
    """What a person should know of: those that are open, and those that came to an end."""
    return list(
        session.scalars(
            select(Replacement)
            .where(Replacement.event_id == event_id, Replacement.state != ReplacementState.OUTDATED)
            .options(joinedload(Replacement.plan), joinedload(Replacement.submission))
            .order_by(Replacement.id.desc())
        )
    )
