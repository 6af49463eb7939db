"""The story of an event: of its whole timeline, the steps that anybody would tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from too_marshal.db.events import Activity

EACH = ("alarm", "circular", "event", "note", "notice", "rule", "submission")
"""Subjects of which every line is a step."""

LAST = ("localization", "plan", "replacement")
"""Subjects of which the last line stands for those before: a map is ready that was asked for."""

LIVE = "coverage"
"""Its lines come as exposures do: the last one is the state of things, and no step."""

MOST = 60
"""Steps that are told; the others are on the page of the whole timeline."""


@dataclass(frozen=True)
class Story:
    """What is told of an event's timeline."""

    live: Activity | None
    """What has been observed by now."""

    steps: Sequence[Activity]
    """The latest first."""

    count: int
    """Lines of the whole timeline."""

    @property
    def latest(self) -> Activity | None:
        """What happened last of all that is told."""
        told = [*self.steps, *([self.live] if self.live else [])]
        return max(told, key=lambda row: row.happened_at, default=None)


def story_of(session: Session, event_id: int) -> Story:
    """Read what is told of an event.

    Lines are in the order in which things happened: their numbers are drawn by several workers,
    some ahead of their time.
    """
    newest = (Activity.happened_at.desc(), Activity.id.desc())
    of_event = select(Activity).where(Activity.event_id == event_id)
    about = case((Activity.subject == LIVE, 0), else_=Activity.subject_id)
    ranked = (
        of_event.where(Activity.subject.in_((*EACH, *LAST, LIVE)))
        .with_only_columns(
            Activity.id,
            func.row_number()
            .over(partition_by=(Activity.subject, about), order_by=newest)
            .label("rank"),
        )
        .subquery()
    )
    told = Activity.subject.in_(EACH) | (ranked.c.rank == 1)
    rows = session.scalars(
        select(Activity)
        .join(ranked, ranked.c.id == Activity.id)
        .where(told)
        .order_by(Activity.subject != LIVE, *newest)
        .limit(MOST)
    ).all()
    count = session.scalar(select(func.count()).where(Activity.event_id == event_id)) or 0
    return Story(
        live=next((row for row in rows if row.subject == LIVE), None),
        steps=[row for row in rows if row.subject != LIVE],
        count=count,
    )
