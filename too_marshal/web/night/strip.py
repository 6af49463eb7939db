"""The night strip: for each telescope, what its nights offer and what is done in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.events import Event, is_recent
from too_marshal.web.night.axis import WIDTH, Axis, Bar, written
from too_marshal.web.night.text import night_name, sentence
from too_marshal.workflows.observability.exposure_times import ExposureTimes, exposure_times
from too_marshal.workflows.observability.stored_night import StoredNight, to_come

HEIGHT = 100.0
"""Of what is drawn in the strip; the whole region, and the zenith, are at the top."""

BANDS = ("limit", "2", "1.5")
"""From the widest to the narrowest, each drawn over the one before it."""


@dataclass(frozen=True)
class Strip:
    """One night of one telescope, as the template draws it."""

    night: StoredNight
    site: str
    name: str
    """Of the night."""

    sentence: str
    axis: Axis | None
    """None where the Sun does not set: there is nothing to draw."""

    bands: list[tuple[str, str]]
    """Band of airmass, and the points of its outline."""

    moon: str
    """Points of the Moon's altitude."""

    marks: list[Bar]
    """Planned, queued and executed."""

    now: float | None
    """Place of the present, per cent; None: it is not in this night."""


@dataclass(frozen=True)
class TelescopeNights:
    """The row of a telescope."""

    telescope: str
    tonight: Strip
    later: list[Strip]


@dataclass(frozen=True)
class NightStrip:
    """All rows of an event, or why there are none."""

    ours: list[TelescopeNights]
    """Of telescopes whose robots can be reached."""

    others: list[TelescopeNights]
    """Of the others, where they are asked for."""

    n_others: int
    state: str
    """Of the whole: "retracted", "no map", "waits" (it is being worked out), "old" (it is not), or
    "known"."""


def night_strip(
    session: Session, event: Event, reachable: Collection[str], *, others: bool = False
) -> NightStrip:
    """The night strip of an event.

    Parameters
    ----------
    session
        Open session.
    event
        Whose current map is looked at.
    reachable
        Telescopes that have a robot.
    others
        Whether to draw also those that have none.
    """
    if event.is_retracted:
        return NightStrip([], [], 0, "retracted")
    if event.current_localization_id is None:
        return NightStrip([], [], 0, "no map")
    nights = to_come(session, event.current_localization_id)
    if not nights:
        return NightStrip([], [], 0, "waits" if is_recent(event) else "old")
    times = exposure_times(session, event)
    names = [name for name in TELESCOPES if name in nights]
    ours, theirs = (
        [name for name in names if (name in reachable) is is_ours] for is_ours in (True, False)
    )
    return NightStrip(
        [_row(name, nights[name], times) for name in ours],
        [_row(name, nights[name], times) for name in theirs] if others else [],
        len(theirs),
        "known",
    )


def _row(
    telescope: str, nights: list[StoredNight], times: Mapping[str, ExposureTimes]
) -> TelescopeNights:
    known = times.get(telescope, ExposureTimes())
    tonight, *later = (strip_of(night, known) for night in nights)
    return TelescopeNights(telescope, tonight, later)


def strip_of(night: StoredNight, times: ExposureTimes) -> Strip:
    """Draw one night."""
    site = TELESCOPES[night.telescope].site.name
    if not night.length:
        return Strip(night, site, night_name(night), sentence(night), None, [], "", [], None)
    axis = Axis(night)
    within = night.numbers["within"]
    return Strip(
        night=night,
        site=site,
        name=night_name(night),
        sentence=sentence(night),
        axis=axis,
        bands=[
            (f"up-{k}", _outline(axis, within[name]))
            for k, name in enumerate(BANDS)
            if max(within[name]) > 0
        ],
        moon=moon_line(axis, HEIGHT),
        marks=[
            *axis.bars(times.planned, "planned"),
            *axis.bars(times.queued, "queued"),
            *axis.bars(times.executed, "executed"),
        ],
        now=axis.percent(now()) if axis.holds(now()) else None,
    )


def _outline(axis: Axis, values: list[float]) -> str:
    """What lies below a line of probabilities."""
    points = axis.points(values, 0.0, 1.0, HEIGHT)
    return written([(0.0, HEIGHT), *points, (WIDTH, HEIGHT)])


def moon_line(axis: Axis, height: float, highest: float = 90.0) -> str:
    """The Moon's altitude from the horizon up (deg); empty where it is never up."""
    altitudes = axis.night.numbers["moon_altitude"]
    return written(axis.points(altitudes, 0.0, highest, height)) if max(altitudes) > 0 else ""
