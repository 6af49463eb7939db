"""What stands in the columns that hold JSON, for those who read them.

Times are ISO 8601 texts in UTC. A plan that is not computed has no statistics, and rows of earlier
versions may lack what was added later: keys that are not required are read with ``get``.
"""

from __future__ import annotations

from typing import NotRequired, Required, TypedDict


class PlanStatistics(TypedDict, total=False):
    """What a plan amounts to, as `telescopes.ObservingPlan.statistics`; s and deg2."""

    probability: float
    probability_all_filters: float
    probability_lost: dict[str, float]
    probability_by_night: dict[str, float]
    area: float
    area_all_filters: float
    exposures: int
    fields: int
    start: str | None
    end: str | None
    exposure_time: float
    total_time: float
    dark_time: float
    upper_bound: float | None
    optimality_gap: float | None
    expected_probability: float
    half_reached: str | None
    most_reached: str | None
    bound_holds_for: str | None
    objective: str
    objective_note: str | None
    detection_probability: float | None
    detection_bound: float | None
    solve_time: float


class PlanRequest(TypedDict, total=False):
    """What is asked of a planner, as `planners.files.request_fields.RequestFields`; s and deg."""

    start: Required[str]
    end: Required[str]
    filters: Required[list[str]]
    exposure_time: Required[float | dict[str, float]]
    objective: str
    source: str
    exposure_times: list[float]
    detections: int | None
    trigger_time: str | None
    minimum_gap: float
    airmass_limit: float
    sun_altitude: float
    moon_separation: float
    interruption_rate: float
    minimum_gain: float | None
    target_probability: float | None
    maximum_time: float | None
    maximum_fields: int | None
    excluded_fields: list[int]
    busy: list[list[str]]
    program: str
    galactic_latitude: float | None
    right_ascension: list[float] | None
    grid: str | None
    dithers: int | None
    dither_distance: float | None
    blocks: int | None
    targets: list[int | list[float]]
    time_limit: float | None


class PlanCurve(TypedDict):
    """What telescope time buys, as `planners.ProbabilityCurve`; s. Empty: nothing can be done."""

    telescope_time: list[float]
    exposures: list[int]
    probability_all_filters: list[float]
    probability: list[float]
    upper_bound: list[float]
    knee: int
    objective: NotRequired[str]


class NightNumbers(TypedDict):
    """What a night offers, as `planners.visibility.region_night.RegionNight`.

    Times are s since the first sample, angles in deg, what is sampled has one value a sample.
    """

    step: float
    """Between samples, s."""

    sun_altitude: list[float]
    moon_altitude: list[float]
    moon_separation: list[float]
    moon_illumination: float
    zenith: list[list[float]]
    """Right ascension and declination (ICRS)."""

    twilights: dict[str, list[float]]
    moon: list[list[float | bool]]
    """Times, and whether it rises."""

    within: dict[str, list[float]]
    still_reachable: list[float]
    deciles: dict[str, list[float | None]]
    usable: list[list[float]]
    best: float
    best_until: float | None
    airmass_limit: float
    """Of the telescope, then."""


class PlanRescored(TypedDict):
    """A plan on a later map than its own."""

    localization_id: int
    statistics: PlanStatistics


class PlanChange(TypedDict):
    """What changes where one plan replaces another, both on the new map; exposures are counted."""

    executed: int
    kept: int
    added: int
    dropped: int
    added_fields: list[int]
    dropped_fields: list[int]
    probability: list[float]
    """Before and after."""

    probability_all_filters: list[float]
    """Likewise."""


class PlanFinding(TypedDict):
    """What speaks for or against sending a plan."""

    level: str
    """Error, warning or note."""

    words: str


class MapFile(TypedDict):
    """A file that came with a notice."""

    size: int
    """Bytes."""

    sha256: str


class MapPart(TypedDict):
    """A map that a product is made of."""

    event: str
    """Name of its event."""

    localization: int
    sha256: str | None


class MapDescription(TypedDict, total=False):
    """Where an event is, as `too_marshal.notices.formats.notice_json` writes it; deg."""

    kind: Required[str]
    """Circle, ellipse, polygon, map, map link, point, product or masked."""

    ra: float
    dec: float
    radius: float
    semi_major: float
    semi_minor: float
    position_angle: float
    vertices: list[list[float]]
    containment: float
    systematics_included: bool
    systematic_model: str | None
    size: int
    """Of a file that came with the notice, bytes."""

    sha256: str
    combined: MapFile | None
    """The mission's own product of several maps."""

    url: str
    maps: list[MapPart]
    """Of a product, or what was masked."""

    source: str
    """Who says what is masked."""


class SourceCoverage(TypedDict):
    """What the exposures of one source cover; area in deg2."""

    exposures: int
    probability: float
    probability_twice: float
    area: float
