"""What a rule may ask for: each condition once, with its test and its words.

One more condition is one more field here: the form, the API, the rule in words and the trial on
past notices are made from it, and the database keeps it without a migration.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from astropy import units as u
from pydantic import BaseModel, BeforeValidator, ConfigDict

from planners.footprints.field_cells import camera_area
from telescopes import TELESCOPES
from telescopes.entries import Entry, entries
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.formatting import area, distance, percent, rate
from too_marshal.notices.notice import Kind
from too_marshal.notices.registry import EVENT_STREAMS
from too_marshal.workflows.rules.texts import MAX_LENGTH, MAX_TEXTS, Texts

KINDS = tuple(kind.value for kind in Kind if kind is not Kind.INFORMATION)
DURATIONS = ("short", "long")


@dataclass(frozen=True)
class Case:
    """What a rule is asked about."""

    event: Event
    """As all notices so far have it."""

    kind: str
    """Kind of the notice: initial, update, retraction or test."""

    localization: Localization | None
    """What the notice says of the position, once its map is ready."""

    age: timedelta = timedelta(0)
    """Of the event, when the rule is asked."""

    telescope: str = ""
    """For which the rule plans; empty: for none."""


@dataclass(frozen=True, kw_only=True)
class Condition(Entry):
    """A value that a rule may set, and what it asks of an event."""

    against: Callable[[Any, Case], Iterator[str]]
    """Reasons why a case does not meet it; none where it does."""

    says: Callable[[Any], str | None]
    """The condition as a person says it; None where it asks for nothing."""

    needs_map: bool = False
    """Whether only a sky map tells; it is asked of a localization that is ready."""


def _classes(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > MAX_TEXTS:
        raise ValueError("Classes with a least probability each, as BNS 0.5.")
    if not all(isinstance(name, str) and 0 < len(name) <= MAX_LENGTH for name in value):
        raise ValueError(f"A class has a name of at most {MAX_LENGTH} characters.")
    for least in value.values():
        is_numeric = isinstance(least, int | float) and not isinstance(least, bool)
        if not is_numeric or not math.isfinite(least) or not 0 <= least <= 1:
            raise ValueError("From 0 to 1.")
    return {name: float(least) for name, least in value.items()}


def _or(alternatives: list[str]) -> str:
    return (
        alternatives[0]
        if len(alternatives) == 1
        else f"{', '.join(alternatives[:-1])} or {alternatives[-1]}"
    )


def _stream(wanted: list[str], case: Case) -> Iterator[str]:
    if wanted and case.event.stream not in wanted:
        yield f"its stream is {case.event.stream}"


def _kind(wanted: list[str], case: Case) -> Iterator[str]:
    if case.kind == Kind.INFORMATION.value or (wanted and case.kind not in wanted):
        yield f"the notice is of kind {case.kind}"


def _test(heeded: bool, case: Case) -> Iterator[str]:  # noqa: FBT001 - the value of the condition
    if case.event.is_test and not heeded:
        yield "it is a test event"


def _significant(wanted: bool, case: Case) -> Iterator[str]:  # noqa: FBT001
    if wanted and case.event.is_significant is None:
        yield "the mission does not say whether it is significant, which counts as not significant"
    elif wanted and not case.event.is_significant:
        yield "it is not significant"


def _flags(excluded: list[str], case: Case) -> Iterator[str]:
    for flag in sorted(set(excluded) & set(case.event.flags)):
        yield f"it is flagged {flag!r}"


def _far(most: float, case: Case) -> Iterator[str]:
    if case.event.far is None:
        yield f"no false-alarm rate is stated, so it is not below {most:g} Hz"
    elif case.event.far > most:
        yield f"its false-alarm rate is not below {most:g} Hz"


def _astrophysical(least: float, case: Case) -> Iterator[str]:
    terrestrial = case.event.classification.get("Terrestrial")
    if terrestrial is None:
        yield f"no astrophysical probability is stated, so it is not {least:g} or more"
    elif 1 - terrestrial < least:
        yield f"its astrophysical probability is not {least:g} or more"


def _has_ns(least: float, case: Case) -> Iterator[str]:
    if "HasNS" not in case.event.properties:
        yield f"no HasNS is stated, so it is not {least:g} or more"
    elif case.event.properties["HasNS"] < least:
        yield f"its HasNS is not {least:g} or more"


def _class(wanted: dict[str, float], case: Case) -> Iterator[str]:
    probabilities = case.event.classification
    if wanted and not any(probabilities.get(name, -1.0) >= least for name, least in wanted.items()):
        listed = ", ".join(f"{name} {least:g}" for name, least in sorted(wanted.items()))
        yield f"no class reaches its least probability ({listed})"


def _say_classes(wanted: dict[str, float]) -> str | None:
    texts = [f"{name} is {percent(least)} or more" for name, least in sorted(wanted.items())]
    return _or(texts) if texts else None


def _duration(wanted: list[str], case: Case) -> Iterator[str]:
    duration = str(case.event.attributes.get("duration_class") or "unknown").lower()
    if wanted and duration not in wanted:
        yield f"its duration is {duration}"


def _area(most: float, case: Case) -> Iterator[str]:
    sky_map = case.localization and case.localization.sky_map
    if sky_map and sky_map.area_90 > most:
        yield f"its 90 % area is {sky_map.area_90:.4g} deg2, above {most:g}"


def _distance(most: float, case: Case) -> Iterator[str]:
    sky_map = case.localization and case.localization.sky_map
    mean = sky_map.distance_mean if sky_map else None
    if mean is None:
        yield f"its map tells no distance, so it is not below {most:g} Mpc"
    elif mean > most:
        yield f"its distance is not below {most:g} Mpc"


def _radius(most: float, case: Case) -> Iterator[str]:
    described = case.localization.description if case.localization else None
    radius = described and described.get("radius", described.get("semi_major"))
    if radius is None:
        yield f"no error radius is stated, so its error radius is not {most:g} deg or less"
    elif radius > most:
        yield f"its error radius is not {most:g} deg or less"


def _camera(wanted: bool, case: Case) -> Iterator[str]:  # noqa: FBT001
    telescope = TELESCOPES.get(case.telescope)
    sky_map = case.localization and case.localization.sky_map
    if not wanted:
        return
    if telescope is None:
        yield "the rule names no telescope whose camera it could fit"
    elif sky_map:
        held = float((camera_area(telescope.footprint) * u.sr).to_value(u.deg**2))
        if sky_map.area_90 > held:
            yield (
                f"its 90 % area is {sky_map.area_90:.4g} deg2, and {telescope.name} sees "
                f"{held:.3g} at once"
            )


class RuleConditions(BaseModel):
    """When a rule applies; what is not set always holds."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    streams: Annotated[
        list[str],
        Texts(*EVENT_STREAMS),
        Condition(
            "Streams", hint="empty: all; lvk, icecube, ...", detail="empty: all",
            against=_stream, says=lambda value: f"it is of {_or(value)}" if value else None,
        ),
    ] = []  # fmt: skip
    kinds: Annotated[
        list[str],
        Texts(*KINDS),
        Condition(
            "Kinds of notice", hint=f"{', '.join(KINDS)}; empty: all", detail="empty: all",
            against=_kind,
            says=lambda value: f"the notice is of kind {_or(value)}" if value else None,
        ),
    ] = []  # fmt: skip
    tests: Annotated[
        bool,
        Condition(
            "tests too", detail="also for test events", against=_test,
            says=lambda value: "it may be a test" if value else "it is no test",
        ),
    ] = False  # fmt: skip
    excluded_flags: Annotated[
        list[str],
        Texts(),
        Condition(
            "Not if flagged", hint="not a GRB, ...", against=_flags,
            says=lambda value: f"it is not flagged {_or(list(map(repr, value)))}"
            if value else None,
        ),
    ] = []  # fmt: skip
    significant_only: Annotated[
        bool,
        Condition(
            "only what the mission calls significant", against=_significant,
            says=lambda value: "the mission calls it significant" if value else None,
        ),
    ] = False  # fmt: skip
    maximum_far: Annotated[
        float | None,
        Condition(
            "False alarms, at most", unit=u.Hz, typed=u.yr**-1, hint="per year", least=0, most=1,
            against=_far,
            says=lambda value: f"false alarms are no more frequent than {rate(value)}",
        ),
    ] = None  # fmt: skip
    minimum_astrophysical: Annotated[
        float | None,
        Condition(
            "Astrophysical, at least", hint="0 to 1", least=0, most=1, against=_astrophysical,
            says=lambda value: f"it is astrophysical with {percent(value)} or more",
        ),
    ] = None  # fmt: skip
    minimum_has_ns: Annotated[
        float | None,
        Condition(
            "HasNS, at least", hint="0 to 1", least=0, most=1, against=_has_ns,
            says=lambda value: f"HasNS is {percent(value)} or more",
        ),
    ] = None  # fmt: skip
    minimum_classes: Annotated[
        dict[str, float],
        BeforeValidator(_classes),
        Condition(
            "One of these classes", hint="BNS 0.5, NSBH 0.3", detail="one of them must be reached",
            against=_class, says=_say_classes,
        ),
    ] = {}  # fmt: skip
    duration_classes: Annotated[
        list[str],
        Texts(*DURATIONS),
        Condition(
            "Burst duration", hint="short, long", against=_duration,
            says=lambda value: f"the burst is {_or(value)}" if value else None,
        ),
    ] = []  # fmt: skip
    maximum_area: Annotated[
        float | None,
        Condition(
            "90 % area, at most", unit=u.deg**2, least=0, most=41253, detail="90 % credible area",
            hint="deg²", needs_map=True, against=_area,
            says=lambda value: f"the 90 % area is {area(value)} or less",
        ),
    ] = None  # fmt: skip
    maximum_distance: Annotated[
        float | None,
        Condition(
            "Mean distance, at most", unit=u.Mpc, least=0, most=1e5, needs_map=True,
            against=_distance, says=lambda value: f"the mean distance is {distance(value)} or less",
        ),
    ] = None  # fmt: skip
    maximum_radius: Annotated[
        float | None,
        Condition(
            "Error radius, at most", unit=u.deg, least=0, most=180, needs_map=True,
            detail="error radius as stated", against=_radius,
            says=lambda value: f"the error radius is {value:g} deg or less",
        ),
    ] = None  # fmt: skip

    fits_camera: Annotated[
        bool,
        Condition(
            "only what the telescope's camera holds in one exposure", needs_map=True,
            detail="the 90 % area is no larger than the camera's", against=_camera,
            says=lambda value: "the 90 % area fits in one exposure of the telescope"
            if value else None,
        ),
    ] = False  # fmt: skip

    def set_conditions(self) -> Iterator[tuple[Condition, Any]]:
        """Give each condition that is set, with its value."""
        for name, condition in CONDITIONS.items():
            value = getattr(self, name)
            asks_of_no_map = condition.needs_map and value is False
            if value is not None and not asks_of_no_map:
                yield condition, value


CONDITIONS: dict[str, Condition] = {
    name: entry for name, entry in entries(RuleConditions).items() if isinstance(entry, Condition)
}
"""Every condition, in the order in which reasons are given."""
