"""What a night offers, in one sentence: the accessible name of its picture."""

from __future__ import annotations

from datetime import UTC, datetime

from too_marshal.db.base import now
from too_marshal.formatting import NOTHING, night_dates
from too_marshal.web.night.axis import Axis
from too_marshal.workflows.observability.stored_night import Span, StoredNight
from too_marshal.workflows.observability.tonight import Tonight, in_few_numbers

NEXT_TO_NOTHING = 0.005
"""Probability below which nobody points a telescope there."""

_MORE = 0.02
"""Probability by which all hours together must reach more than the best one to be spoken of."""


def night_name(night: StoredNight) -> str:
    """Name a night by its evening and its morning: ``28/29 November``."""
    return night_dates(night.night)


def sentence(night: StoredNight) -> str:
    """What a person wants to know of a night."""
    if not night.length:
        return "The Sun does not set."
    axis, known = Axis(night), in_few_numbers(night)
    if known.dark is None:
        limit = "\N{MINUS SIGN}18°"
        return f"It does not get dark: the Sun stays above {limit}. {_moon(night, known)}"
    if known.reachable < NEXT_TO_NOTHING or not known.usable:
        return (
            f"Not up: in the dark hours ({_hours(axis, [known.dark])}) at most "
            f"{_rounded(known.reachable)} of the region comes to airmass {known.airmass_limit:g} "
            f"or better. {_moon(night, known)}"
        )
    at_best = (
        f"at best {_rounded(known.best)} of the region at airmass {known.airmass_limit:g} or better"
    )
    if known.reachable - known.best > _MORE:
        at_best += f", {_rounded(known.reachable)} in the course of the night"
    return f"{_when(axis, known.usable)}, {at_best}; {_moon(night, known)}"


def _rounded(probability: float) -> str:
    """Whole per cent: nobody decides by tenths, and the cells of a region are not finer."""
    if probability > 0.995:
        return "> 99 %"
    return f"{100 * probability:.0f} %" if probability >= 0.005 else "< 1 %"


def _when(axis: Axis, usable: tuple[Span, ...]) -> str:
    """The usable hours, from where one stands in them."""
    present = now()
    if present > usable[-1][1]:
        return f"Over for tonight: it was up {_hours(axis, usable)}"
    for start, end in usable:
        if start <= present <= end:
            left = [span for span in usable if span[0] > present]
            later = f", again {_hours(axis, left)}" if left else ""
            return f"Up now, until {_clock(end)} UTC ({_local(axis, end)}){later}"
    return f"Up {_hours(axis, [span for span in usable if span[1] > present])}"


def _clock(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%H:%M")


def _local(axis: Axis, time: datetime) -> str:
    return f"{time.astimezone(axis.zone):%H:%M} {axis.zone_name}"


def _hours(axis: Axis, spans: tuple[Span, ...] | list[Span]) -> str:
    utc = " and ".join(axis.hours(span) for span in spans)
    local = " and ".join(axis.hours(span, is_local=True) for span in spans)
    return f"{utc} UTC ({local} {axis.zone_name})"


def _moon(night: StoredNight, known: Tonight) -> str:
    """The Moon's phase, its distance from the region, and what it does in the night."""
    text = f"Moon {round(100 * known.moon_illumination)} %"
    if known.moon_separation is not None:
        text += f", {known.moon_separation:.0f}° away"
    whole = known.dark or night.twilight("sunset") or (night.starts_at, night.ends_at)
    changes = [
        (night.time(float(seconds)), bool(is_rise)) for seconds, is_rise in night.numbers["moon"]
    ]
    within = [each for each in changes if whole[0] <= each[0] <= whole[1]]
    if within:
        return f"{text}, {', '.join(_change(time, is_rise=is_rise) for time, is_rise in within)}."
    middle = night.sampled(night.numbers["moon_altitude"], whole[0] + (whole[1] - whole[0]) / 2)
    return f"{text}, up all night." if (middle or 0.0) > 0 else f"{text}, below the horizon."


def _change(time: datetime, *, is_rise: bool) -> str:
    """That the Moon rises or sets, or has."""
    if time > now():
        return f"{'rises' if is_rise else 'sets'} {_clock(time)} UTC"
    return f"{'up' if is_rise else 'down'} since {_clock(time)} UTC"


def clock_row(axis: Axis, time: datetime | None) -> str:
    """A time in UTC and at the site: ``02:07 UTC, 18:07 PST``."""
    return NOTHING if time is None else f"{_clock(time)} UTC, {_local(axis, time)}"
