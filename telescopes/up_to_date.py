"""A plan brought up to date before it is sent: minutes pass until somebody has decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from astropy import units as u
from astropy.time import Time

from telescopes.observing_plan import ObservingPlan, PlannedExposure
from telescopes.preflight.execution_forecast import exposures, minutes
from telescopes.preflight.timeline import DAY, Timeline, targets_of
from telescopes.telescope import Telescope

ON_THE_WAY = 4 * u.min
"""Nothing is planned to begin sooner than this after now: until then the message has arrived."""


def up_to_date(plan: ObservingPlan, telescope: Telescope, now: Time) -> ObservingPlan:
    """Bring a plan up to date whose first exposures should begin by now.

    Either the whole is moved, which keeps all gaps, and loses what can then no longer be
    observed; or what is past is left out, and the rest stays. `remark` says which. A plan of
    which nothing is left stays as it is, and so does one that is yet to begin.

    Parameters
    ----------
    plan
        As it was made.
    telescope
        Its limits hold.
    now
        The robot's time.
    """
    begin = now + ON_THE_WAY
    coming = [exposure for exposure in plan.exposures if exposure.start >= begin]
    if len(coming) == len(plan.exposures):
        return plan
    shift = begin - min(exposure.start for exposure in plan.exposures)
    moved = _moved(plan, telescope, shift)
    if not coming and not moved:
        return plan
    past, lost = (len(plan.exposures) - len(each) for each in (coming, moved))
    # Each delay has others behind it: a plan that is moved must be worth it.
    if coming and 2 * lost > past:
        remark = f"{exposures(past)} left out, whose time has passed"
        return replace(plan, exposures=tuple(coming), remark=remark)
    remark = f"moved by {minutes(float(shift.to_value(u.s)))}"
    if lost:
        remark += f", without {exposures(lost)} that cannot be observed then"
    return replace(plan, exposures=tuple(moved), remark=remark)


def _moved(
    plan: ObservingPlan, telescope: Telescope, shift: u.Quantity[u.physical.time]
) -> list[PlannedExposure]:
    """What can be observed of a plan that is moved as a whole."""
    line = Timeline(telescope, plan.request.sun_altitude)
    days = float(shift.to_value(u.day))
    planned = sorted(plan.exposures, key=lambda exposure: exposure.start.utc.mjd)
    targets = targets_of(plan)
    ends = float(plan.request.end.utc.mjd)
    busy = [(float(begin.utc.mjd), float(end.utc.mjd)) for begin, end in plan.request.busy]
    kept = []
    for exposure, target in zip(planned, targets, strict=True):
        first = float(exposure.start.utc.mjd) + days
        last = first + target.exposure_time / DAY
        if last > ends or _meets(busy, first, last):
            continue
        if all(line.can_observe([target], moment) for moment in (first, last)):
            airmass = float(line.sky.airmass(target.ra, target.dec, (first + last) / 2))
            kept.append(replace(exposure, start=exposure.start + shift, airmass=airmass))
    return kept


def _meets(busy: Sequence[tuple[float, float]], first: float, last: float) -> bool:
    return any(first < end and begin < last for begin, end in busy)
