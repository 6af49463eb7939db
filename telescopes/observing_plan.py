"""What is asked of a telescope, planned on it and observed by it.

Every record is frozen. Quantities carry their units; bare numbers are
dimensionless. Arrays inside a record are not to be written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table
from astropy.time import Time
from numpy.typing import NDArray

from telescopes.plan_tables import plan_summary, plan_table

Objective = Literal["coverage", "detection"]
"""What a plan is good for."""


@dataclass(frozen=True, eq=False)
class ObservingRequest:
    """What is asked of a planner.

    Examples
    --------
    A night of ZTF from dusk on, g then r, with the second visit half an hour after the first.

    >>> from astropy import units as u
    >>> from astropy.time import Time
    >>> from telescopes import ObservingRequest
    >>> request = ObservingRequest(
    ...     start=Time("2026-02-15T03:00:00"),
    ...     end=Time("2026-02-15T12:00:00"),
    ...     filters=("g", "r"),
    ...     exposure_time={"g": 180 * u.s, "r": 180 * u.s},
    ...     airmass_limit=2.0,
    ... )
    >>> request.minimum_gap
    <Quantity 30. min>
    """

    start: Time
    """Nothing begins before."""

    end: Time
    """The last exposure has ended by then."""

    filters: tuple[str, ...]
    """One visit of each field in each of these, as an ordered multiset: ("g", "r") is two
    visits, ("r", "r") two visits in one filter."""

    exposure_time: Mapping[str, u.Quantity[u.physical.time]]
    """Exposure time of each filter in `filters`."""

    minimum_gap: u.Quantity[u.physical.time] = 30 * u.min
    """Between the starts of two visits to one field."""

    airmass_limit: float = 2.5
    """No exposure above."""

    sun_altitude: u.Quantity[u.physical.angle] = -18 * u.deg
    """The Sun's center stays below."""

    moon_separation: u.Quantity[u.physical.angle] = 20 * u.deg
    """At full Moon; at other phases the distance kept is this times the illuminated fraction."""

    interruption_rate: u.Quantity[u.physical.frequency] = 0.1 / u.h
    """Chance in an hour that the night ends there: clouds, a fault, a retraction. What is likely
    comes the earlier, the greater it is; zero counts only what is covered in the end."""

    objective: Objective = "coverage"
    """What is to be most probable: that the source is covered, or that it is detected."""

    source: str = ""
    """Kind of source to detect, as `planners.detection.source_model` reads it."""

    trigger_time: Time | None = None
    """When the source was triggered, from which on it fades; the start unless given."""

    exposure_times: tuple[u.Quantity[u.physical.time], ...] = ()
    """Exposure times that a planner may choose from for each field, to detect a source; without
    any, only that of `exposure_time`."""

    detections: int | None = None
    """Visits that must detect the source; all of them unless given."""

    reddening: Any = None
    """What is known of the Galaxy's dust, `planners.detection.DustMap`; a layer unless given."""

    maximum_fields: int | None = None
    """Budget of fields, if any."""

    maximum_time: u.Quantity[u.physical.time] | None = None
    """Budget of telescope time including overheads, if any."""

    target_probability: float | None = None
    """Probability in all visits at which to stop, if any, 0 to 1."""

    minimum_gain: u.Quantity[u.physical.frequency] | None = None
    """Probability in all visits that more telescope time must add, per time, if any: a plan stops
    where it adds less. One per cent in ten minutes is 0.06 / h."""

    excluded_fields: frozenset[int] = frozenset()
    """Not to be observed."""

    grid: str | None = None
    """Only fields of the "primary" grid, or of the "secondary" one that fills its gaps; None: of
    both. Targets are observed whichever grid they belong to."""

    dithers: int | None = None
    """Exposures beside each other into which the telescope divides each exposure; None leaves it
    to what is customary there."""

    dither_distance: u.Quantity[u.physical.angle] | None = None
    """Between them; None leaves it to what is customary there."""

    busy: tuple[tuple[Time, Time], ...] = ()
    """Intervals already taken by other queues."""

    program: str = ""
    """Observing program that is charged."""

    galactic_latitude: u.Quantity[u.physical.angle] | None = None
    """Nothing closer to the galactic plane, if given."""

    right_ascension: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]] | None = None
    """Only from the first eastward to the second (ICRS), if given; it may cross 0 h."""

    references: Mapping[str, frozenset[int]] | None = None
    """Fields that have a reference image, by filter; None where that does not matter."""

    observed: tuple[ExecutedExposure, ...] = ()
    """Already taken for this event: what they cover counts for the visits that it had."""

    blocks: int | None = None
    """Number of filter blocks; None leaves it to the planner."""

    targets: tuple[int | SkyCoord, ...] = ()
    """Fields or positions to observe whatever the sky map says (the manual planner)."""

    galaxies: Table | None = None
    """Galaxies to aim at, with columns ra, dec (deg), distance (Mpc) and, if known, luminosity
    (any unit) (the galaxies planner)."""

    time_limit: u.Quantity[u.physical.time] | None = None
    """A planner that still improves its plan returns the best so far after this."""


@dataclass(frozen=True, eq=False)
class PlannedExposure:
    """One exposure of a plan."""

    field_id: int
    """Field of the grid; -1 off the grid."""

    ra: u.Quantity[u.physical.angle]
    """Right ascension of the boresight (ICRS)."""

    dec: u.Quantity[u.physical.angle]
    """Declination of the boresight (ICRS)."""

    filter: str
    """Filter name."""

    start: Time
    """Shutter opens (UTC)."""

    exposure_time: u.Quantity[u.physical.time]
    """Open shutter."""

    airmass: float
    """At mid-exposure."""

    probability: float
    """Probability within the footprint of this exposure, overlaps not removed."""

    visit: int = 0
    """0 for the first visit to the field in this plan, and so on."""

    limiting_magnitude: float | None = None
    """Predicted 5-sigma AB limit."""


class Reason(StrEnum):
    """Why a field is not, or not fully, observed: exactly one primary reason a field."""

    DAYLIGHT = "daylight"
    AIRMASS = "airmass"
    POINTING_LIMIT = "hour angle or declination limit"
    MOON = "moon"
    NO_REFERENCE = "no reference image"
    EXCLUDED = "excluded"
    BELOW_WORTH = "below worth"
    TARGET_REACHED = "target reached"
    NO_TIME = "no time"
    ALREADY_OBSERVED = "already observed"


@dataclass(frozen=True)
class Unobserved:
    """A field that the plan leaves out, or visits less often than asked."""

    field_id: int
    """Field of the grid."""

    reason: Reason
    """The primary reason."""

    probability: float
    """Probability in the field that the plan does not cover in all visits."""


@dataclass(frozen=True, eq=False, repr=False)
class ObservingPlan:
    """What a planner returns: exposures in the order of time, and an account of them."""

    telescope: str
    """Name of the telescope."""

    planner: str
    """Which planner made it."""

    request: ObservingRequest
    """What was asked."""

    exposures: tuple[PlannedExposure, ...]
    """In the order of time."""

    statistics: Mapping[str, Any]
    """Plain JSON values: probability (covered at least once), probability_all_filters (in every
    requested visit), area and area_all_filters (deg2), exposures, fields, start, end (ISO UTC or
    None), exposure_time and total_time (s), upper_bound, optimality_gap, bound_holds_for (of which
    plans none covers more, in words), expected_probability (all visits, if the night may end at
    any time), half_reached and most_reached (ISO UTC: when half and 90 % of what is covered in
    all visits is), objective (coverage or detection) and objective_note (what is to be detected, or
    why nothing is), detection_probability and detection_bound (None where only the map is to be
    covered; the gap and what the bound holds for are then of it), probability_by_night (by the
    date of its evening at the site, what a night covers that nothing before it did), solve_time
    (s)."""

    unobserved: tuple[Unobserved, ...] = ()
    """Fields of the 99 % region that are left out, most probable first."""

    remark: str = ""
    """One sentence when the plan is empty or cut short; else empty."""

    def __repr__(self) -> str:
        return plan_summary(self)

    def to_table(self) -> QTable:
        """The exposures as a table, one a row, in the order of time.

        Returns
        -------
        QTable
            Columns field_id, ra and dec (deg, ICRS), filter, start (UTC), exposure_time (s),
            airmass, probability (within the footprint), visit (0 for the first to the field) and
            limiting_magnitude (predicted 5-sigma, AB; NaN where none is predicted).

        Examples
        --------
        >>> from astropy import units as u
        >>> from astropy.time import Time
        >>> from planners import ObservingRequest, circle_skymap, plan
        >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 2 * u.deg, containment=0.9)
        >>> request = ObservingRequest(
        ...     start=Time("2026-02-15T06:00:00"),
        ...     end=Time("2026-02-15T06:10:00"),
        ...     filters=("r",),
        ...     exposure_time={"r": 30 * u.s},
        ... )
        >>> table = plan(skymap, "ZTF", request, planner="greedy").to_table()
        >>> table.colnames[:4]
        ['field_id', 'ra', 'dec', 'filter']
        >>> table["exposure_time"][0], table["limiting_magnitude"].unit
        (<Quantity 30. s>, Unit("mag(AB)"))
        """
        return plan_table(self)


@dataclass(frozen=True, eq=False)
class ExecutedExposure:
    """One exposure that a telescope really took."""

    exposure_id: str
    """The robot's own identifier, unique for the telescope."""

    field_id: int
    """Field of the grid; -1 off the grid."""

    ra: u.Quantity[u.physical.angle]
    """Right ascension of the boresight (ICRS)."""

    dec: u.Quantity[u.physical.angle]
    """Declination of the boresight (ICRS)."""

    filter: str
    """Filter name."""

    start: Time
    """Shutter opened (UTC)."""

    exposure_time: u.Quantity[u.physical.time]
    """Open shutter."""

    detectors: NDArray[np.int64]
    """Detectors whose images are good."""

    queue_name: str | None = None
    """Queue that asked for it, where the robot says so."""

    airmass: float | None = None
    """At the exposure."""

    seeing: u.Quantity[u.physical.angle] | None = None
    """Full width at half maximum, median over the detectors."""

    limiting_magnitude: float | None = None
    """Measured 5-sigma AB limit, median over the detectors."""
