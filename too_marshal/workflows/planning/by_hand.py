"""A plan that a person changes by hand: what comes of it, and the new plan that is made of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import counted
from planners.coverage.by_hand import Rearranged, rearranged
from planners.files.plan_files import plan_to_json
from telescopes import TELESCOPES
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.plan_document import read_plan
from too_marshal.workflows.planning.bring_in import bring_in
from too_marshal.workflows.planning.choose_map import chosen_map

_NOTHING_CAME_OF_IT = (SubmissionState.REFUSED,)
"""States of a submission after which the plan is as if it had never been submitted."""


@dataclass(frozen=True)
class Change:
    """What a person wants otherwise in a plan."""

    left_out: frozenset[int] = frozenset()
    """Numbers of exposures, from 0."""

    moved: Mapping[int, int] | None = None
    """New place, from 0 and among those that stay, of the exposures that are moved."""

    closed_up: bool = False
    """Whether each begins as soon as the telescope is ready."""

    def order(self, count: int) -> list[int]:
        """The exposures that stay, of a plan of `count`, in their new order."""
        moved = {k: at for k, at in (self.moved or {}).items() if k not in self.left_out}
        order = [k for k in range(count) if k not in self.left_out and k not in moved]
        # From the first place on: each then ends up where it is wanted.
        for number, place in sorted(moved.items(), key=lambda pair: (pair[1], pair[0])):
            order.insert(place, number)
        return order


@dataclass(frozen=True)
class Consequences:
    """What a change of a plan amounts to, and on which map."""

    change: Change
    result: Rearranged
    localization: Localization

    @property
    def can_be_made(self) -> bool:
        """Whether every exposure can be taken."""
        return not self.result.infeasible


def why_not(session: Session, plan: Plan) -> str:
    """Why a plan cannot be changed by hand, as the end of a sentence; empty if it can."""
    if plan.state != PlanState.READY:
        return f"it is {plan.state}"
    states = session.scalars(select(Submission.state).where(Submission.plan_id == plan.id)).all()
    if any(state not in _NOTHING_CAME_OF_IT for state in states):
        return "it was submitted"
    return ""


def consequences(session: Session, plan: Plan, change: Change) -> Consequences:
    """What would become of a plan.

    Parameters
    ----------
    session
        Open session; nothing is written.
    plan
        The plan; it stays as it is.
    change
        What is wanted otherwise.

    Raises
    ------
    ValueError
        If it cannot be changed, or so; the message is for the person.
    """
    if reason := why_not(session, plan):
        raise ValueError(f"Plan {plan.id} cannot be changed by hand: {reason}.")
    present = read_plan(plan)
    order = change.order(len(present.exposures))
    if not order:
        raise ValueError("No exposure would be left.")
    if order == list(range(len(present.exposures))) and not change.closed_up:
        raise ValueError("Nothing is changed: leave an exposure out, or give one another place.")
    localization = _map_of(session, plan)
    result = rearranged(
        load_skymap(session, localization), TELESCOPES[plan.telescope], present, order,
        closed_up=change.closed_up,
    )  # fmt: skip
    return Consequences(change, result, localization)


def _map_of(session: Session, plan: Plan) -> Localization:
    """The map on which the changed plan is wanted: the current one, or the one that was chosen."""
    wanted = plan.localization_id if plan.has_chosen_map else None
    return chosen_map(session, plan.event, wanted, no_earth=False)


def make_by_hand(
    session: Session, plan: Plan, found: Consequences, *, seen_on: int | None, by: str
) -> Plan:
    """Make a new plan of a changed one, as any plan that a person brings in.

    Parameters
    ----------
    session
        Open session; committed.
    plan
        The one that is changed; it stays as it is.
    found
        What comes of the change, worked out just now.
    seen_on
        Number of the map on which the person has seen the consequences.
    by
        The person.

    Raises
    ------
    ValueError
        If it cannot be made; the message is for the person.
    """
    # Meanwhile somebody may have submitted the plan, and the event may have got another map.
    lock(session, Event, plan.event_id)
    plan = lock(session, Plan, plan.id)
    if reason := why_not(session, plan):
        raise ValueError(f"Plan {plan.id} cannot be changed by hand: {reason}.")
    if not seen_on == found.localization.id == _map_of(session, plan).id:
        raise ValueError(
            "The map is another one than that of the consequences that you have seen: look at them "
            "again."
        )
    if not found.can_be_made:
        raise ValueError(
            f"{counted(len(found.result.infeasible), 'exposure')} cannot be taken so: see which, "
            "and why."
        )
    text = json.dumps(plan_to_json(found.result.plan))
    return bring_in(
        session, plan.event, data=text.encode(), name=f"plan {plan.id}",
        telescope=plan.telescope, program=plan.program, request={}, author=by,
        localization_id=found.localization.id, changed_from=plan,
        remark=f"Changed by hand by {by} from plan {plan.id}: {in_words(found)}.",
    )  # fmt: skip


def in_words(found: Consequences) -> str:
    """What was done to the plan."""
    change = found.change
    moved = _moved(found.result.order, change.moved or (), change.left_out)
    parts = []
    if change.left_out:
        parts.append(f"{counted(len(change.left_out), 'exposure')} left out")
    if moved:
        parts.append(f"{counted(moved, 'exposure')} moved")
    if change.closed_up:
        parts.append("pauses closed up")
    return ", ".join(parts)


def _moved(order: Sequence[int], moved: Collection[int], left_out: Collection[int]) -> int:
    return sum(k in order for k in moved if k not in left_out)
