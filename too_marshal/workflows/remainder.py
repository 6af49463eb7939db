"""What of a plan is left when a robot has let it go."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from planners.plan_files import plan_from_json
from planners.replan import rescored
from telescopes import TELESCOPES
from telescopes.observing import ObservingPlan
from too_marshal.db.base import now
from too_marshal.db.localizations import Localization
from too_marshal.db.plans import Plan
from too_marshal.db.queues import RobotQueue, Submission
from too_marshal.db.replacements import Replacement
from too_marshal.workflows.cover import as_executed, exposures_of
from too_marshal.workflows.localize import load_skymap
from too_marshal.workflows.plan import store_plan
from too_marshal.workflows.progress import parted

HISTORY_TIME = timedelta(seconds=30)
"""A robot that has not told of its exposures by then is not waited for: it may have no history."""


def left_of(
    session: Session, row: Replacement, plan: ObservingPlan, since: datetime | None
) -> ObservingPlan:
    """What of a plan the old queue has not executed, as far as is known.

    Parameters
    ----------
    since
        What was known to be executed by then is not part of the plan; None: all of it may be.
    """
    executed = [
        as_executed(exposure)
        for exposure in exposures_of(session, row.event_id, row.plan.telescope)
        if exposure.submission_id == row.submission_id
        and (since is None or exposure.received_at >= since)
    ]
    return parted(plan, executed)[1]


def store_rest(session: Session, plan: Plan, left: ObservingPlan) -> None:
    """Keep what is left as the plan's exposures, scored on its map; not committed."""
    skymap = load_skymap(session, session.get_one(Localization, plan.localization_id))
    store_plan(session, plan, rescored(skymap, TELESCOPES[plan.telescope], left))


def is_history_known(session: Session, old: Submission) -> bool:
    """Whether the robot has told of its exposures since it let the old queue go."""
    if old.sent_at is None or old.settled_at is None or now() - old.settled_at > HISTORY_TIME:
        return True
    robot = session.get(RobotQueue, old.telescope, populate_existing=True)
    return robot is not None and robot.seen_at is not None and robot.seen_at > old.settled_at


def read_plan(plan: Plan) -> ObservingPlan:
    """Read the plan that a row holds; its document must be loaded."""
    assert plan.document is not None
    return plan_from_json(plan.document)
