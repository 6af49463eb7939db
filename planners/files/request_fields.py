"""An observing request as a document: each of its fields once.

Forms, rules, the API, the command line and plan files are made from this table; one more field is
one more line here, and an attribute of `telescopes.observing_plan.ObservingRequest`.
"""

from __future__ import annotations

from typing import Annotated, Any

from astropy import units as u
from astropy.time import Time
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from planners.detection.sources import SOURCES, source_model
from planners.files.targets import Targets, targets_from_json, targets_to_json
from planners.files.times import time_from_json
from telescopes.entries import STORED, Entry, entries
from telescopes.observing_plan import Objective, ObservingRequest
from telescopes.times import iso

UTCTime = Annotated[
    Time,
    BeforeValidator(time_from_json),
    PlainSerializer(iso),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time as ISO 8601 text in UTC."""


PERCENT_IN_TEN_MINUTES = u.def_unit("% in 10 min", 0.1 * u.percent / u.min)
"""In which people say what more telescope time adds."""


def _range(angles: list[float] | None, info: ValidationInfo) -> list[float] | None:
    """Refuse what is no range of right ascension."""
    if angles is None:
        return None
    if len(angles) != 2:
        raise ValueError("Two angles: from the first eastward to the second.")
    if info.context != STORED:
        if not all(-360 <= angle <= 360 for angle in angles):
            raise ValueError("Two angles from -360 to 360 deg.")
        if angles[0] == angles[1]:
            raise ValueError("Two different angles: between equal ones there is nothing.")
    return angles


def _source(text: str, info: ValidationInfo) -> str:
    """Refuse what names no kind of source."""
    if text and info.context != STORED:
        source_model(text)
    return text


def _exposure_times(times: list[float], info: ValidationInfo) -> list[float]:
    """Refuse what is no list of exposure times."""
    if info.context != STORED and not all(1 <= time <= 3600 for time in times):
        raise ValueError("Exposure times from 1 to 3600 s.")
    return times


GRIDS = ("primary", "secondary")


def _grid(name: str | None) -> str | None:
    """Refuse what is no grid."""
    if name is not None and name not in GRIDS:
        raise ValueError(f"One of {' and '.join(GRIDS)}, or nothing.")
    return name


class ObservingLimits(BaseModel):
    """What a request and a rule have in common."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    exposure_time: Annotated[
        float | dict[str, float],
        Entry("Exposure time", unit=u.s, least=1, most=3600, detail="for all filters, or each"),
    ]
    objective: Annotated[
        Objective,
        Entry("Plan for", detail="coverage: that the map is covered; detection: that the source is "
              "detected"),
    ] = "coverage"  # fmt: skip
    source: Annotated[
        str,
        AfterValidator(_source),
        Entry(
            "Kind of source", hint=f"{', '.join(SOURCES)}, or as -16, 1.3, 1",
            detail="to be detected: a name, or absolute magnitude, its spread and how much it "
            "fades a day",
        ),
    ] = ""  # fmt: skip
    exposure_times: Annotated[
        list[float],
        AfterValidator(_exposure_times),
        Entry(
            "Exposure times to choose from", unit=u.s, hint="s, as 30, 60, 120; empty: that above",
            detail="for each field, to detect the source",
        ),
    ] = []  # fmt: skip
    detections: Annotated[
        int | None,
        Entry("Visits that must detect it", hint="empty: all", least=1, detail="the source"),
    ] = None  # fmt: skip
    minimum_gap: Annotated[
        float,
        Entry("Least gap between visits", unit=u.s, typed=u.min, least=0, most=86400),
    ] = 1800.0
    airmass_limit: Annotated[float, Entry("Airmass limit", least=1, most=10)] = 2.5
    sun_altitude: Annotated[float, Entry("Sun below", unit=u.deg, least=-90, most=0)] = -18.0
    moon_separation: Annotated[
        float,
        # It is scaled, and must say so wherever it is asked: forms show nothing but the label.
        Entry(
            "Distance from a full Moon, in proportion to its phase", unit=u.deg, least=0, most=180
        ),
    ] = 20.0
    interruption_rate: Annotated[
        float,
        Entry(
            "Chance of an interruption", unit=u.h**-1, typed=u.percent / u.h, least=0, most=10,
            detail="what is likely comes early; 0: only what is covered in the end counts",
        ),
    ] = 0.1  # fmt: skip
    minimum_gain: Annotated[
        float | None,
        Entry(
            "Stop where 10 more minutes add less than", unit=u.h**-1, typed=PERCENT_IN_TEN_MINUTES,
            hint="%; empty: never", least=0, most=6,
            detail="probability in all visits by telescope time; null: no such limit",
        ),
    ] = None  # fmt: skip
    target_probability: Annotated[
        float | None,
        Entry(
            "Stop at a covered probability of", unit=u.dimensionless_unscaled, typed=u.percent,
            hint="%; empty: never", least=1e-6, most=1, detail="in all visits",
        ),
    ] = None  # fmt: skip
    maximum_time: Annotated[
        float | None,
        Entry(
            "Telescope time, at most", unit=u.s, typed=u.min, hint="min; empty: any", least=1,
            detail="with overheads",
        ),
    ] = None  # fmt: skip
    maximum_fields: Annotated[
        int | None, Entry("Fields, at most", hint="empty: any", least=1)
    ] = None  # fmt: skip
    galactic_latitude: Annotated[
        float | None,
        Entry(
            "Off the Galactic plane by", unit=u.deg, hint="deg; empty: anywhere", least=0, most=90
        ),
    ] = None
    right_ascension: Annotated[
        list[float] | None,
        AfterValidator(_range),
        Entry(
            "Right ascension, from and to", unit=u.deg, hint="deg or h:m:s, as 350, 20",
            detail="from the first eastward to the second",
        ),
    ] = None  # fmt: skip
    excluded_fields: Annotated[list[int], Entry("Without the fields", hint="as 543, 544")] = []
    grid: Annotated[
        str | None,
        AfterValidator(_grid),
        Entry("Grid of fields", hint="primary or secondary; empty: both", detail="of the two"),
    ] = None
    dithers: Annotated[
        int | None,
        Entry("Dithers", hint="empty: as usual there", least=1, most=100,
              detail="into which each exposure is divided, where the telescope does that"),
    ] = None  # fmt: skip
    dither_distance: Annotated[
        float | None,
        Entry("Between dithers", unit=u.arcsec, hint="arcsec; empty: as usual there", least=1,
              most=3600),
    ] = None  # fmt: skip
    blocks: Annotated[int | None, Entry("Filter blocks", hint="empty: as fits best", least=1)] = (
        None
    )


class RequestFields(ObservingLimits):
    """Everything that is asked of a planner and can be written down."""

    start: Annotated[UTCTime, Entry("From", detail="nothing begins before")]
    end: Annotated[UTCTime, Entry("Until", detail="all has ended by then")]
    filters: Annotated[list[str], Entry("Filters, in order", detail="one visit in each")]
    trigger_time: Annotated[
        UTCTime | None,
        Entry("Trigger", detail="of the source, from which on it fades; null: the start"),
    ] = None  # fmt: skip
    busy: Annotated[
        list[tuple[UTCTime, UTCTime]], Entry("Taken", detail="by other queues: start, end")
    ] = []
    program: Annotated[str, Entry("Program", detail="that is charged")] = ""
    targets: Annotated[
        Targets,
        Entry(
            "Fields or positions", detail="that the manual planner observes, and only it does: the "
            "number of a field, or right ascension and declination, deg, of a position",
        ),
    ] = []  # fmt: skip
    time_limit: Annotated[
        float | None,
        Entry(
            "Time for the planner", unit=u.s, hint="s; empty: the usual",
            detail="it returns its best plan so far after this",
        ),
    ] = None  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, document: Any) -> Any:
        """JSON has lists where a pair is meant."""
        if isinstance(document, dict) and isinstance(document.get("busy"), list):
            pairs = [tuple(pair) if isinstance(pair, list) else pair for pair in document["busy"]]
            return {**document, "busy": pairs}
        return document

    @classmethod
    def of(cls, request: ObservingRequest) -> RequestFields:
        """Describe a request."""
        values = {}
        for name, entry in entries(cls).items():
            value = getattr(request, name)
            if value is not None and entry.unit is not None and name not in _OWN_WAY:
                value = float(value.to_value(entry.unit))
            values[name] = value
        times = {name: float(t.to_value(u.s)) for name, t in request.exposure_time.items()}
        is_one = len(set(times.values())) == 1
        return cls.model_construct(
            **values
            | {
                "filters": list(request.filters),
                "exposure_time": next(iter(times.values())) if is_one else times,
                "excluded_fields": sorted(request.excluded_fields),
                "busy": [tuple(pair) for pair in request.busy],
                "targets": targets_to_json(request.targets),
                "exposure_times": [float(t.to_value(u.s)) for t in request.exposure_times],
                "right_ascension": None
                if request.right_ascension is None
                else [float(angle.to_value(u.deg)) for angle in request.right_ascension],
            }
        )

    def request(self) -> ObservingRequest:
        """Make the request that this describes."""
        values = {}
        for name, entry in entries(type(self)).items():
            value = getattr(self, name)
            if value is not None and entry.unit is not None and name not in _OWN_WAY:
                value = value * entry.unit
            values[name] = value
        exposure = self.exposure_time
        times = exposure if isinstance(exposure, dict) else dict.fromkeys(self.filters, exposure)
        return ObservingRequest(
            **values
            | {
                "filters": tuple(self.filters),
                "exposure_time": {name: float(t) * u.s for name, t in times.items()},
                "excluded_fields": frozenset(self.excluded_fields),
                "busy": tuple(self.busy),
                "exposure_times": tuple(time * u.s for time in self.exposure_times),
                "targets": targets_from_json(self.targets),
                "right_ascension": None
                if self.right_ascension is None
                else tuple(angle * u.deg for angle in self.right_ascension),
            }
        )


_OWN_WAY = frozenset({"exposure_time", "exposure_times", "right_ascension"})
"""Fields that are more than one quantity."""

_OPTIONAL: tuple[Any, ...] = (None, [], "", "coverage")
"""What stands where nothing was asked."""

ALWAYS = (
    "start", "end", "filters",
    *(name for name, field in ObservingLimits.model_fields.items()
      if field.get_default() not in _OPTIONAL),
)  # fmt: skip
"""Written even where they are as usual."""


def written(fields: RequestFields) -> dict[str, Any]:
    """As plain JSON: seconds, degrees, ISO times. What was not asked is left out."""
    document = fields.model_dump(mode="json")
    order = dict.fromkeys((*ALWAYS, *document))
    return {
        name: document[name] for name in order if name in ALWAYS or document[name] not in _OPTIONAL
    }
