"""The plan of an event that a person most likely wants to see."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from too_marshal.db.base import MARSHAL
from too_marshal.db.events import Event
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.queues import LIVE, Submission, SubmissionState


def recommended_plan(
    session: Session, event_id: int, reachable: Collection[str], localization_id: int | None = None
) -> int | None:
    """Plan to show first.

    One that is at its robot; else one that could be sent, on the current map before any other, and
    then on the newest: a person's newest, or that which covers most.

    Parameters
    ----------
    session
        Open session.
    event_id
        Of which event.
    reachable
        Telescopes that have a robot.
    localization_id
        Only of plans that were made on this map; None: on any.
    """
    query = (
        select(Plan.id)
        .join(Event)
        .outerjoin(
            Submission,
            (Submission.plan_id == Plan.id) & Submission.state.in_((*LIVE, SubmissionState.DONE)),
        )
        .where(Plan.event_id == event_id, Plan.state == PlanState.READY)
        .order_by(
            Submission.id.desc().nulls_last(),
            Plan.telescope.in_(reachable).desc(),
            (Plan.localization_id == Event.current_localization_id).desc().nulls_last(),
            Plan.has_chosen_map,
            Plan.localization_id.desc(),
            case((Plan.author == MARSHAL, 0), else_=Plan.id).desc(),
            Plan.statistics["probability_all_filters"].as_float().desc().nulls_last(),
            Plan.id.desc(),
        )
        .limit(1)
    )
    if localization_id is not None:
        query = query.where(Plan.localization_id == localization_id)
    return session.scalar(query)
