"""Which events a person, or a team, wants to be told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from telescopes.entries import sentences
from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.teams import Team
from too_marshal.db.alarms import (
    Subscription,
)
from too_marshal.db.base import now
from too_marshal.db.events import Event, is_recent
from too_marshal.notices.notice import Kind
from too_marshal.workflows.errors import Invalid
from too_marshal.workflows.observability.tonight import tonight
from too_marshal.workflows.rules.conditions import Case, RuleConditions

TRIED = timedelta(days=30)
"""How far back a subscription is tried before it is stored."""

MAX_TRIED = 2000


class SubscriptionInvalid(Invalid):
    """It cannot be as asked."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults.items()))
        self.faults = dict(faults)
        """A sentence for each field that is wrong."""


@dataclass(frozen=True)
class Wanted:
    """What a person asks to be told of."""

    name: str
    conditions: dict[str, Any]
    minimum_reachable: float | None = None
    is_top: bool = False


def checked(wanted: Wanted) -> Wanted:
    """What is asked, fit to be stored.

    Raises
    ------
    SubscriptionInvalid
        If a value cannot be; a sentence for each.
    """
    faults: dict[str, str] = {}
    conditions: dict[str, Any] = {}
    try:
        conditions = RuleConditions.model_validate(wanted.conditions).model_dump(
            exclude_defaults=True
        )
    except ValidationError as err:
        faults |= sentences(err, RuleConditions, typed=True)
    name = wanted.name.strip()
    if not 0 < len(name) <= 80:
        faults["name"] = "Give it a name of at most 80 characters."
    least = wanted.minimum_reachable
    if least is not None and not 0 < least <= 1:
        faults["minimum_reachable"] = "From 0 to 1."
    if faults:
        raise SubscriptionInvalid(faults)
    return Wanted(name, conditions, least, wanted.is_top)


def people_of(session: Session, subscription: Subscription) -> list[Person]:
    """Whom it is for: a person, or the members that its team has now."""
    if subscription.team is not None:
        return [person for person in subscription.team.members if person.is_active]
    person = session.get(Person, subscription.person_id)
    return [person] if person is not None and person.is_active else []


def matching(session: Session, event: Event) -> list[Subscription]:
    """Subscriptions to which an event belongs as it stands.

    None where it is retracted, or so old that it can only come from an archive.
    """
    if event.is_retracted or not is_recent(event):
        return []
    case = _case(event)
    rows = session.scalars(select(Subscription).order_by(Subscription.id)).all()
    met = [row for row in rows if not against(row.conditions, case)]
    asks = [row for row in met if row.minimum_reachable is not None]
    reach = _reachable(session, event) if asks else 0.0
    return [row for row in met if row.minimum_reachable is None or reach >= row.minimum_reachable]


def would_have_told(session: Session, wanted: Wanted) -> list[Event]:
    """Events of the last 30 days, as they stand now, of which it would have told; the latest first.

    What the sky of those nights offered is not worked out again: the least reachable probability
    is asked of events only for which tonight's is known.
    """
    query = (
        select(Event)
        .where(Event.created_at >= now() - TRIED, Event.is_retracted.is_(False))
        .order_by(Event.id.desc())
        .limit(MAX_TRIED)
    )
    events = session.scalars(query).all()
    met = [event for event in events if not against(wanted.conditions, _case(event))]
    least = wanted.minimum_reachable
    return met if least is None else [event for event in met if _may_reach(session, event, least)]


def _may_reach(session: Session, event: Event, least: float) -> bool:
    """Whether enough is up tonight, or that is not known any more."""
    nights = _of(tonight(session, event).values())
    return not nights or max(nights) >= least


def against(conditions: Mapping[str, Any], case: Case) -> list[str]:
    """Reasons why an event does not belong to what somebody asked for."""
    has_map = case.localization is not None and case.localization.sky_map is not None
    reasons: list[str] = []
    for condition, value in RuleConditions.model_construct(**conditions).set_conditions():
        if condition.needs_map and not has_map:
            reasons.append("it has no sky map")
        else:
            reasons += condition.against(value, case)
    return reasons


def _case(event: Event) -> Case:
    kind = event.kind or Kind.INITIAL.value
    age = now() - (event.event_time or event.created_at)
    return Case(event, kind, event.current_localization, age)


def _reachable(session: Session, event: Event) -> float:
    """Probability that is still up tonight at the telescope that reaches most of it."""
    return max(_of(tonight(session, event).values()), default=0.0)


def _of(nights: Iterable[Any]) -> list[float]:
    return [night.still_reachable for night in nights]


def subscribe(
    session: Session, wanted: Wanted, *, person: Person | None = None, team: Team | None = None
) -> Subscription:
    """Store what a person, or a team, asks for; committed.

    Raises
    ------
    SubscriptionInvalid
        If a value cannot be.
    """
    good = checked(wanted)
    row = Subscription(
        person_id=None if person is None else person.id,
        team_id=None if team is None else team.id,
        name=good.name,
        conditions=good.conditions,
        minimum_reachable=good.minimum_reachable,
        is_top=good.is_top,
    )
    session.add(row)
    session.commit()
    return row
