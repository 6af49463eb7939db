"""Telescope time asked for in one night, against what one night may be asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from astropy import units as u
from astropy.time import Time
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from telescopes.telescope import Telescope
from too_marshal.db.observing.exposures import Exposure
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import LIVE, Submission, SubmissionState
from too_marshal.deployment.robots import Robots


def night_of(telescope: Telescope, when: Time) -> int:
    """Number of the night at the telescope's site: it changes at local mean noon."""
    longitude = telescope.site.location.lon.wrap_at(180 * u.deg).to_value(u.deg)
    return math.floor(float(when.utc.mjd) + longitude / 360 - 0.5)


def time_left(
    session: Session, robots: Robots, plan: Plan
) -> tuple[u.Quantity[u.physical.time], u.Quantity[u.physical.time]] | None:
    """What a plan takes, and what is left for it in its night.

    Returns
    -------
    tuple of Quantity, or None
        None where the telescope has no budget, or the plan no exposure.
    """
    budget = robots.nightly_budget(plan.telescope)
    begin = plan.statistics.get("start")
    if budget is None or begin is None:
        return None
    wanted = float(plan.statistics.get("total_time") or 0.0) * u.s
    telescope = TELESCOPES[plan.telescope]
    night = night_of(telescope, _time(begin))
    spent = sum(_asked_for(session, telescope, night, plan.id), 0.0)
    return wanted, budget - spent * u.s


def _asked_for(
    session: Session, telescope: Telescope, night: int, without_plan: int
) -> Iterator[float]:
    """Seconds of each submission of that night: all that it may still take, or has taken."""
    exposed = (
        select(func.coalesce(func.sum(Exposure.exposure_time), 0.0))
        .where(Exposure.submission_id == Submission.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Submission.state, Plan.statistics, exposed)
        .join(Plan)
        .where(
            Submission.telescope == telescope.name,
            Submission.state != SubmissionState.REFUSED,
            Submission.plan_id != without_plan,
        )
    )
    for state, statistics, seconds in rows:
        begin = statistics.get("start")
        if begin is None or night_of(telescope, _time(begin)) != night:
            continue
        is_whole = state in (*LIVE, SubmissionState.DONE)
        yield float(statistics.get("total_time") or 0.0) if is_whole else float(seconds)


def _time(text: str) -> Time:
    return Time(text.removesuffix("Z"), scale="utc")
