"""The field's vocabulary: what a telescope is, what is asked of it, planned on it and done by it.

Every record is frozen. Quantities carry their units; bare numbers are
dimensionless. Arrays inside a record are not to be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.table import QTable, Table
from astropy.time import Time
from numpy.typing import NDArray

from telescopes.findings import Finding
from telescopes.plan_tables import plan_summary, plan_table
from telescopes.slews import Overheads


@dataclass(frozen=True, eq=False)
class Site:
    """Where a telescope stands."""

    name: str
    """Name as used in print."""

    location: EarthLocation
    """Geodetic position."""

    time_zone: str
    """IANA zone name of the observatory's civil time."""


@dataclass(frozen=True, eq=False)
class PointingExclusion:
    """A region in hour angle and declination where the telescope may not point.

    A pointing is excluded when its hour angle, wrapped to [-180, 180) deg, and its
    declination both lie within the closed intervals.
    """

    hour_angle: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]]
    """Lowest and highest hour angle."""

    declination: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]]
    """Lowest and highest declination."""


@dataclass(frozen=True, eq=False)
class FieldGrid:
    """The fixed pointings of a survey telescope."""

    field_id: NDArray[np.int64]
    """Identifier of each field, shape (n_fields,)."""

    coord: SkyCoord
    """Centers (ICRS), shape (n_fields,)."""

    is_primary: NDArray[np.bool_]
    """True on the primary grid, False where a field only fills its gaps; shape (n_fields,)."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """The light-sensitive areas of a camera, as convex polygons around the boresight."""

    detector_id: NDArray[np.int64]
    """Identifier of each detector (ZTF: the readout channel, 0 to 63), shape (n_detectors,)."""

    corners: u.Quantity[u.physical.angle]
    """Offsets east and north of the boresight in the tangent plane (gnomonic), in order
    around each polygon; shape (n_detectors, n_corners, 2)."""


@dataclass(frozen=True, eq=False)
class Telescope:
    """A telescope and its camera: facts only, each with its source in the module that states it.

    Examples
    --------
    >>> from telescopes import TELESCOPES, ZTF
    >>> ZTF.filters, ZTF.exposure_time
    (('g', 'r', 'i'), <Quantity 30. s>)
    >>> len(ZTF.read_grid().field_id), len(ZTF.footprint.detector_id)
    (1778, 64)
    >>> "DECam" in TELESCOPES
    True
    """

    name: str
    """Short name; the key in `telescopes.TELESCOPES`."""

    facility: str
    """Name in full, as it stands behind "the" in the subject and the text of a circular."""

    description: str
    """What a circular says of it in parentheses: short name, references, camera, aperture, site."""

    site: Site
    """Where it stands."""

    filters: tuple[str, ...]
    """Filters that can be asked for, by the names used in plans."""

    footprint: Footprint
    """The camera on the sky."""

    overheads: Overheads
    """Times between exposures."""

    read_grid: Callable[[], FieldGrid]
    """Reads the field grid; called on first use, and cached by the callee."""

    exclusions: tuple[PointingExclusion, ...]
    """Where it may not point."""

    airmass_limit: float
    """Highest airmass at which its robot will observe."""

    exposure_time: u.Quantity[u.physical.time]
    """What is customary for target-of-opportunity work."""

    longest_exposure: u.Quantity[u.physical.time]
    """The robot accepts none longer."""

    default_filters: tuple[str, ...]
    """Filters of a default plan, in order."""

    reference_magnitudes: Mapping[str, float] = field(default_factory=dict)
    """5-sigma AB limit of the customary exposure at zenith in dark time, by filter."""

    off_grid: bool = False
    """True where the robot accepts any pointing, not only those of its grid."""

    skyline: tuple[u.Quantity[u.physical.angle], u.Quantity[u.physical.angle]] | None = None
    """Altitude of the lowest clear sky at each azimuth (north through east), if not flat:
    azimuths and altitudes, shape (n,) each."""

    highest_altitude: u.Quantity[u.physical.angle] | None = None
    """Where an alt-azimuth mount cannot follow near the zenith."""

    treasure_map_id: int | None = None
    """Number of its instrument at the Treasure Map; None where it has none that we know."""


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
    """At full Moon; the planner's rule scales it with illumination."""

    maximum_fields: int | None = None
    """Budget of fields, if any."""

    maximum_time: u.Quantity[u.physical.time] | None = None
    """Budget of telescope time including overheads, if any."""

    excluded_fields: frozenset[int] = frozenset()
    """Not to be observed."""

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
    None), exposure_time and total_time (s), upper_bound, optimality_gap, solve_time (s)."""

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


@dataclass(frozen=True)
class QueueRequest:
    """A plan as it goes to a robot: everything that is in the message."""

    name: str
    """Queue name; unique for ever, chosen by the marshal."""

    body: str
    """The message word for word (JSON for ZTF)."""


@dataclass(frozen=True)
class QueueReceipt:
    """A robot's answer to a submission."""

    name: str
    """Queue name."""

    answer: str
    """Status and body word for word."""


@dataclass(frozen=True, eq=False)
class QueuedPlan:
    """What a robot says that it holds under one name."""

    name: str
    """Queue name."""

    start: Time
    """Validity window opens."""

    end: Time
    """Validity window closes."""

    is_too: bool
    """True where the robot treats it as a target of opportunity."""

    targets: tuple[Mapping[str, Any], ...]
    """What is left to do, in the robot's own terms."""

    request_name: str = ""
    """Name of the request that it is a part of; its own name if that is one queue."""

    def __post_init__(self) -> None:
        if not self.request_name:
            object.__setattr__(self, "request_name", self.name)


class ObservingQueue(Protocol):
    """A robot's queue. Raises only the errors of `telescopes.errors`."""

    @property
    def lists_until_done(self) -> bool:
        """Whether `queued` shows a plan until it is done; else only until it is picked up.

        Where files are dropped, one that has vanished was taken by the observatory, and may be
        observed until its window ends.
        """

    @property
    def resends_by_name(self) -> bool:
        """Whether a request that did not arrive may be sent again under its name.

        True where the robot tells queues apart by their names and `submit` looks first: what is
        sent twice is then there once.
        """

    def confirmation_delay(self, request: QueueRequest) -> u.Quantity[u.physical.time]:
        """How long something of `request` may be under way and yet unseen.

        A message whose connection broke may still be read, and an exposure whose shutter is
        open may be neither queued nor in the history. It is certainly absent where `find`
        says so twice, this long apart.
        """

    def prepare(self, plan: ObservingPlan, name: str, program: str, pi: str) -> QueueRequest:
        """Write the message for `plan`. Pure: nothing is sent.

        Raises
        ------
        PlanUnsuitable
            If the robot could not accept the plan as it is.
        """

    def submit(self, request: QueueRequest) -> QueueReceipt:
        """Send `request` once: all of its queues or none.

        What a broken submission has left of a request is completed: see `QueueIncomplete`.

        Raises
        ------
        QueueRefused
            If the robot said no; it holds nothing of the request.
        QueueUnreachable
            If nothing that was sent now arrived. What an earlier call has left there is.
        QueueUnconfirmed
            If it, or a part of it, may have arrived. The caller then asks `find`, and never
            repeats.
        """

    def find(self, request: QueueRequest) -> bool | None:
        """Whether the robot holds, or has begun, exactly this request.

        Returns
        -------
        bool or None
            True: it is there with the same content. False: it is certainly absent.
            None: something of that name is there but differs.

        Raises
        ------
        QueueIncomplete
            If some of its queues are there and others are not. `submit` completes it,
            `withdraw` removes it.
        """

    def predict_execution(
        self,
        plan: ObservingPlan,
        request: QueueRequest,
        held: Sequence[QueuedPlan],
        telescope: Telescope,
        now: Time,
    ) -> list[Finding]:
        """What this robot in particular will make of `request`. Pure: nothing is sent.

        Parameters
        ----------
        plan
            What `request` was prepared from; not empty.
        request
            What would be sent.
        held
            What `queued` has told.
        telescope
            Facts of the telescope.
        now
            The robot's time.
        """

    def withdraw(self, name: str) -> None:
        """Remove every queue of the request of that name; no error if there is none.

        Raises
        ------
        QueuePickedUp
            If it is no longer there because the observatory has taken it (where
            `lists_until_done` is false).
        """

    def queued(self) -> tuple[QueuedPlan, ...]:
        """Everything that the robot holds now, of all programs."""

    def executed(self, start: Time, end: Time) -> Iterable[ExecutedExposure]:
        """Exposures begun in [start, end), in the order of time."""

    def ping(self) -> None:
        """Return if the robot answers; raise `QueueUnreachable` if not."""
