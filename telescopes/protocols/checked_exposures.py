"""What of a plan every robot would refuse, seen before anything of it is written down."""

from __future__ import annotations

import math
from dataclasses import dataclass

from astropy import units as u
from astropy.time import Time

from telescopes.errors import PlanUnsuitable
from telescopes.observing_plan import ObservingPlan, PlannedExposure
from telescopes.protocols.names import MAX_NAME_LENGTH, check_name
from telescopes.telescope import Telescope


@dataclass(frozen=True, eq=False)
class CheckedExposure:
    """An exposure that its telescope can take, in the bare numbers that messages are made of."""

    planned: PlannedExposure
    """As it is planned."""

    ra: float
    """Right ascension (ICRS), deg, in [0, 360)."""

    dec: float
    """Declination (ICRS), deg."""

    seconds: float
    """Open shutter, s."""

    @property
    def rounded(self) -> dict[str, float]:
        """``ra`` and ``dec`` to 1e-6 deg, as most robots take them."""
        # Rounded before it is wrapped: 360 deg are none.
        return {"ra": round(self.ra, 6) % 360, "dec": round(self.dec, 6)}


def checked_exposures(
    plan: ObservingPlan, telescope: Telescope, name: str, longest_name: int = MAX_NAME_LENGTH
) -> list[CheckedExposure]:
    """Exposures of a plan in the order of time, none of which the telescope cannot take.

    Parameters
    ----------
    plan, telescope
        What, and whose filters and limits hold.
    name
        Of the queue.
    longest_name
        Letters that the robot takes in a name.

    Raises
    ------
    PlanUnsuitable
        If there is none, or one has no filter, time or position of the telescope's; or if the
        name might not survive.
    """
    if len(check_name(name)) > longest_name:
        raise PlanUnsuitable(f"{telescope.name} takes {longest_name} letters in a name: {name!r}")
    if not plan.exposures:
        raise PlanUnsuitable("the plan is empty")
    in_time = sorted(plan.exposures, key=lambda exposure: float(exposure.start.utc.mjd))
    return [_checked(exposure, telescope) for exposure in in_time]


def _checked(exposure: PlannedExposure, telescope: Telescope) -> CheckedExposure:
    if exposure.filter not in telescope.filters:
        known = ", ".join(telescope.filters)
        raise PlanUnsuitable(f"{telescope.name} has no filter {exposure.filter!r}; it has {known}")
    seconds = float(exposure.exposure_time.to_value(u.s))
    longest = float(telescope.longest_exposure.to_value(u.s))
    if not 0 < seconds <= longest:
        raise PlanUnsuitable(
            f"field {exposure.field_id}: an exposure of {seconds:g} s; the longest is {longest:g} s"
        )
    ra, dec = float(exposure.ra.to_value(u.deg)), float(exposure.dec.to_value(u.deg))
    if not (math.isfinite(ra) and -90 <= dec <= 90):
        raise PlanUnsuitable(f"field {exposure.field_id}: an exposure has no position")
    return CheckedExposure(exposure, ra % 360, dec, seconds)


def window_of(plan: ObservingPlan, exposure: CheckedExposure) -> tuple[Time, Time]:
    """When an exposure of its own window may be taken: from its start until the plan's end.

    Raises
    ------
    PlanUnsuitable
        If that ends before it begins.
    """
    start, end = exposure.planned.start.utc, plan.request.end.utc
    if not start < end:
        raise PlanUnsuitable("an exposure's window ends before it begins")
    return start, end
