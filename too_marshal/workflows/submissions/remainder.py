"""What of a plan is left when a robot has let it go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from planners.coverage.replan import rescored
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingPlan
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import RobotQueue, Submission, names_held
from too_marshal.db.observing.replacements import Replacement
from too_marshal.workflows.exposures.records import as_executed, exposures_of
from too_marshal.workflows.exposures.visits import split_executed
from too_marshal.workflows.localizations.localize import load_skymap
from too_marshal.workflows.planning.plan import store_plan


def remaining_exposures(
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
    return split_executed(plan, executed)[1]


def store_remaining(session: Session, plan: Plan, left: ObservingPlan) -> None:
    """Keep what is left as the plan's exposures, scored on its map; not committed."""
    skymap = load_skymap(session, session.get_one(Localization, plan.localization_id))
    store_plan(session, plan, rescored(skymap, TELESCOPES[plan.telescope], left))


def has_let_go(session: Session, old: Submission) -> bool:
    """Whether the robot, asked since the old queue was over, has told of its exposures without it.

    An answer to an earlier question does not count, however late it came: the robot may have
    gone on observing in between.
    """
    if old.sent_at is None or old.settled_at is None:
        return True
    robot = session.get(RobotQueue, old.telescope, populate_existing=True)
    if robot is None or robot.seen_at is None or robot.history_at is None:
        return False
    is_asked_since = robot.seen_at > old.settled_at and robot.history_at > old.settled_at
    return is_asked_since and old.queue_name not in names_held(session, old.telescope)
