"""Does a rule apply? A pure look at one rule, one event and one localization."""

from __future__ import annotations

from collections.abc import Iterator

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization, SkyMapFile
from too_marshal.db.plans import PlanRule


def reasons_against(rule: PlanRule, event: Event, place: Localization) -> list[str]:
    """Every reason why `rule` makes no plan of this event; none means that it does.

    A condition on something that the event does not tell is not met: a rule that asks for
    HasNS says nothing about a gamma-ray burst.
    """
    return [*_of_the_event(rule, event), *_of_the_map(rule, place.sky_map)]


def _of_the_event(rule: PlanRule, event: Event) -> Iterator[str]:
    if rule.streams and event.stream not in rule.streams:
        yield f"its stream is {event.stream}"
    if event.is_test and not rule.tests:
        yield "it is a test event"
    if rule.significant_only and not event.is_significant:
        yield "it is not significant"
    for flag in sorted(set(rule.excluded_flags) & set(event.flags)):
        yield f"it is flagged {flag!r}"
    if rule.maximum_far is not None and not (
        event.far is not None and event.far <= rule.maximum_far
    ):
        yield f"its false-alarm rate is not below {rule.maximum_far:g} Hz"
    if rule.minimum_astrophysical is not None:
        terrestrial = event.classification.get("Terrestrial")
        if terrestrial is None or 1 - terrestrial < rule.minimum_astrophysical:
            yield f"its astrophysical probability is not {rule.minimum_astrophysical:g} or more"
    if rule.minimum_has_ns is not None and not (
        event.properties.get("HasNS", -1.0) >= rule.minimum_has_ns
    ):
        yield f"its HasNS is not {rule.minimum_has_ns:g} or more"


def _of_the_map(rule: PlanRule, sky_map: SkyMapFile | None) -> Iterator[str]:
    if sky_map is None:
        yield "it has no sky map"
        return
    if rule.maximum_area is not None and sky_map.area_90 > rule.maximum_area:
        yield f"its 90 % area is {sky_map.area_90:.4g} deg2, above {rule.maximum_area:g}"
    if rule.maximum_distance is not None and not (
        sky_map.distance_mean is not None and sky_map.distance_mean <= rule.maximum_distance
    ):
        yield f"its distance is not below {rule.maximum_distance:g} Mpc"
