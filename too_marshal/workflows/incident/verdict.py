"""The verdict on an event in a few sentences: what it is, and what can be reached from when on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, SkyMapFile
from too_marshal.db.observing.plans import Plan
from too_marshal.formatting import (
    angle,
    area,
    best_class,
    clock_time,
    distance,
    duration,
    percent,
    rate,
    zone_name,
)
from too_marshal.notices.others.by_hand import STREAM as BY_HAND
from too_marshal.notices.registry import title_of
from too_marshal.workflows.incident.next_step import Step, StepKind
from too_marshal.workflows.incident.standing import Standing
from too_marshal.workflows.observability.tonight import Tonight

POINT = 0.01
"""deg2; any camera sees all of a smaller region at once."""


def what_it_is(standing: Standing) -> str:
    """What was seen, how sure that is, how large its region, how far away: one sentence."""
    event = standing.event
    top = best_class(event.classification)
    parts = [f"{top[0]} {percent(top[1])}" if top else _mission_of(event)]
    if event.is_test:
        parts[0] = f"Test: {parts[0]}"
    if event.is_significant is False:
        parts.append("not significant")
    signalness = event.attributes.get("signalness")
    if isinstance(signalness, int | float):
        parts.append(f"signalness {percent(signalness)}")
    if event.far is not None:
        parts.append(f"false alarms {rate(event.far)}")
    localization = event.current_localization
    sky_map = None if localization is None else localization.sky_map
    if localization is not None and sky_map is not None:
        parts.append(_region(localization, sky_map))
        if sky_map.distance_mean is not None:
            parts.append(f"at {distance(sky_map.distance_mean, sky_map.distance_std)}")
    return ", ".join(parts)


def _mission_of(event: Event) -> str:
    """Who has seen it; of what a person has entered what it is said to be, and by whom."""
    if event.stream != BY_HAND:
        return title_of(event.stream)
    told_by = event.attributes.get("told_by")
    source = f", from {told_by}" if told_by else ""
    kind = event.type_name[:1].upper() + event.type_name[1:]
    return f"{kind}, entered by {event.attributes.get('entered_by')}{source}"


def _region(localization: Localization, sky_map: SkyMapFile) -> str:
    """Its area; of what is as good as a point, how well that is known."""
    described = localization.description
    if sky_map.area_90 > POINT or not described.get("radius"):
        return f"90 % in {area(sky_map.area_90)}"
    text = f"position known to {angle(described['radius'])}"
    containment = described.get("containment")
    return f"{text} ({percent(containment)})" if containment else text


def what_can_be_done(standing: Standing, step: Step, tonight: Mapping[str, Tonight]) -> str:
    """How far it has come: what the next step's telescope can reach, holds or has covered.

    Parameters
    ----------
    standing, step
        The event, and what is to be done next.
    tonight
        What the night offers at each telescope, as far as it is worked out.
    """
    if step.kind in {StepKind.SUBMIT, StepKind.REPLACE} and step.plan is not None:
        return what_it_reaches(step.plan) + _sky(tonight.get(step.telescope))
    if step.kind == StepKind.WATCH and step.submission is not None and step.plan is not None:
        taken = standing.taken[step.submission.id]
        of = step.plan.statistics.get("exposures") or 0
        reach = percent(step.plan.statistics.get("probability_all_filters"))
        return f"{step.telescope} has taken {taken} of {of} exposures of a plan for {reach}"
    best = standing.best_coverage
    if best is not None and step.kind != StepKind.SETTLE:
        return f"{best.telescope} has observed {percent(best.probability)} at least once"
    if step.kind == StepKind.AGAIN and step.why:
        return f"Nothing is at a robot: {step.why}"
    night = tonight.get(step.telescope)
    if step.kind == StepKind.PLAN and night is not None and not step.why:
        return _offers(night)
    return step.why[:1].upper() + step.why[1:]


def _sky(night: Tonight | None) -> str:
    """The Moon, and until when the region is up, as the second part of a sentence."""
    if night is None:
        return ""
    text = f"; Moon {100 * night.moon_illumination:.0f} % lit"
    if night.moon_separation is not None:
        text += f", {night.moon_separation:.0f}° away"
    is_up = night.end is not None and night.end > now()
    return f"{text}; up until {clock_time(night.end)}" if is_up else text


def _offers(night: Tonight) -> str:
    if night.start is None or night.end is None:
        return f"Nothing of it is up tonight at {night.telescope}"
    return (
        f"At {night.telescope} {percent(night.still_reachable)} of the map is up tonight, "
        f"{at_site(night.start, night.telescope)} to {clock_time(night.end)}{_sky(night)}"
    )


def what_it_reaches(plan: Plan) -> str:
    """What a plan covers, in which time, from when to when in UTC and on the site's clocks."""
    numbers = plan.statistics
    text = f"{plan.telescope} can reach {percent(numbers.get('probability_all_filters'))}"
    if numbers.get("total_time"):
        text += f" in {duration(numbers['total_time'])}"
    if start := numbers.get("start"):
        text += f" from {at_site(start, plan.telescope)}"
    if end := numbers.get("end"):
        text += f" to {clock_time(end)}"
    return text


def at_site(when: datetime | str, telescope: str) -> str:
    """Write a time of the night in UTC, and as the clocks at a telescope show it."""
    parsed = datetime.fromisoformat(when) if isinstance(when, str) else when
    local = parsed.astimezone(ZoneInfo(TELESCOPES[telescope].site.time_zone))
    return f"{clock_time(parsed)} ({local.strftime('%H:%M')} {zone_name(local)})"
