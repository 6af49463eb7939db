"""How old an event may be when a rule plans, tells or submits: an archive's wakes nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.units import YEAR

_DAY = timedelta(days=1)
_YEAR = timedelta(seconds=YEAR)


class Purpose(StrEnum):
    """What a rule does, each with a limit of its own."""

    PLAN = "plan"
    TELL = "tell"
    SUBMIT = "submit"


def age_of(session: Session, event: Event) -> timedelta:
    """Time since the event; since its first notice came where nobody says when it was."""
    first = event.event_time or session.scalar(
        select(func.min(ReceivedNotice.received_at)).where(ReceivedNotice.event_id == event.id)
    )
    began: datetime = first or event.created_at
    return now() - began


def too_old(rule: PlanRule, age: timedelta, purpose: Purpose) -> list[str]:
    """Why an event of that age is too old for a rule, in words; nothing where it is not."""
    hours = {
        Purpose.PLAN: rule.maximum_age_to_plan,
        Purpose.TELL: rule.maximum_age_to_tell,
        Purpose.SUBMIT: rule.maximum_age_to_submit,
    }[purpose]
    if hours is None or age <= timedelta(hours=hours):
        return []
    return [
        f"the event is {readable_span(age)} old, more than {readable_span(timedelta(hours=hours))}"
    ]


def readable_span(span: timedelta) -> str:
    """A span of time in the unit in which people think of it: "36 h", "7 days", "3.2 years"."""
    if span < 2 * _DAY:
        return f"{span / timedelta(hours=1):.3g} h"
    if span < 2 * _YEAR:
        return f"{span / _DAY:.3g} days"
    return f"{span / _YEAR:.1f} years"
