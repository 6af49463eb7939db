"""How quantities are written on a page: with their units, and times always with their zone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from too_marshal.db.base import now
from too_marshal.units import YEAR

NOTHING = "\N{EN DASH}"


def _parsed(when: datetime | str) -> datetime:
    parsed = datetime.fromisoformat(when) if isinstance(when, str) else when
    # A time without a zone is UTC, as everywhere in the marshal.
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def utc(when: datetime | str | None, *, seconds: bool = True) -> str:
    """Write a time as ``2026-11-22 03:04:05 UTC``."""
    if when is None:
        return NOTHING
    form = "%Y-%m-%d %H:%M:%S UTC" if seconds else "%Y-%m-%d %H:%M UTC"
    return _parsed(when).astimezone(UTC).strftime(form)


def night_time(when: datetime | str | None) -> str:
    """Write a time of this night, where room is scarce: ``11-22 03:04 UTC``."""
    return NOTHING if when is None else _parsed(when).astimezone(UTC).strftime("%m-%d %H:%M UTC")


def clock_time(when: datetime | str | None) -> str:
    """Write a time of today or of the next hours: ``03:04 UTC``, with the date if it is later."""
    if when is None:
        return NOTHING
    parsed = _parsed(when).astimezone(UTC)
    is_near = abs((parsed - now()).total_seconds()) < 43200
    return parsed.strftime("%H:%M UTC" if is_near else "%m-%d %H:%M UTC")


def zone_name(local: datetime) -> str:
    """Name of a time's zone: ``PST``, or its offset where it has no letters."""
    name = local.strftime("%Z")
    return "UTC" + name.replace("-", "\N{MINUS SIGN}") if name[:1] in {"+", "-"} else name


def night_dates(evening: date) -> str:
    """Name a night by its evening and its morning: ``28/29 November``."""
    morning = evening + timedelta(days=1)
    if morning.month == evening.month:
        return f"{evening.day}/{morning.day} {evening:%B}"
    return f"{evening.day} {evening:%B}/{morning.day} {morning:%B}"


def instant(when: datetime | str | None) -> Markup:
    """Write a time and, beside it, how long ago it is; the page keeps that up to date."""
    if when is None:
        return escape(NOTHING)
    iso = _parsed(when).astimezone(UTC).isoformat()
    return Markup(
        '<time datetime="{}">{}</time> <span class="age" data-since="{}">{}</span>'
    ).format(iso, utc(when), iso, age(when))


def age(when: datetime | str | None) -> str:
    """Write how long ago, or how far ahead, a time lies."""
    if when is None:
        return NOTHING
    seconds = (now() - _parsed(when)).total_seconds()
    text = duration(abs(seconds))
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def elapsed(when: datetime) -> str:
    """Write for how long something has gone on."""
    return duration(max(0.0, (now() - when).total_seconds()))


def in_line(place: int) -> str:
    """Write the place of what waits: ``next in line``, ``third in line``."""
    names = ("next", "second", "third", "fourth", "fifth")
    return f"{names[place - 1] if place <= len(names) else f'number {place}'} in line"


def duration(seconds: float | None) -> str:
    """Write a time span in the unit in which it has two or three digits."""
    if seconds is None:
        return NOTHING
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    if seconds < 1000 * 86400:
        return f"{seconds / 86400:.1f} d"
    return f"{seconds / YEAR:.1f} yr"


def span(statistics: Mapping[str, Any]) -> str:
    """Write how long a plan lasts, from its first exposure to the end of its last."""
    if not statistics.get("start") or not statistics.get("end"):
        return NOTHING
    return duration((_parsed(statistics["end"]) - _parsed(statistics["start"])).total_seconds())


def percent(fraction: float | None) -> str:
    """Write a probability in per cent; never as nought or as certain where it is not."""
    if fraction is None:
        return NOTHING
    value = 100.0 * fraction
    if 0 < value < 0.1:
        return "< 0.1 %"
    if 99.9 < value < 100:
        return "> 99.9 %"
    return f"{value:.0f} %" if value in {0.0, 100.0} else f"{value:.1f} %"


def area(square_degrees: float | None) -> str:
    """Write an area on the sky."""
    if square_degrees is None:
        return NOTHING
    if square_degrees < 0.01:
        return f"{square_degrees * 3600:.3g} arcmin²"
    if square_degrees < 100:
        return f"{square_degrees:.3g} deg²"
    return f"{square_degrees:,.0f} deg²".replace(",", "\N{NARROW NO-BREAK SPACE}")


def angle(degrees: float, units: Sequence[str] = (" deg", " arcmin", " arcsec")) -> str:
    """Write a small angle in the unit in which it has a digit before the point."""
    if not math.isfinite(degrees):
        return "unknown"
    if degrees >= 1:
        return f"{degrees:.3g}{units[0]}"
    if degrees * 60 >= 1:
        return f"{degrees * 60:.3g}{units[1]}"
    return f"{degrees * 3600:.3g}{units[2]}"


def distance(mean: float | None, deviation: float | None = None) -> str:
    """Write a luminosity distance in Mpc."""
    if mean is None:
        return NOTHING
    if deviation is None:
        return f"{mean:.0f} Mpc"
    return f"{mean:.0f} ± {deviation:.0f} Mpc"


def rate(far: float | None) -> str:
    """Write a false-alarm rate, given in Hz, as ``1 per 3.2 yr``.

    A rate in Hz with three decimals reads as nought for every event of interest.
    """
    if far is None:
        return NOTHING
    if far <= 0:
        return "none"
    # The reciprocal of a smaller one is infinite.
    years = 1 / max(far, 1e-300) / YEAR
    if years >= 9999.5:
        exponent = math.floor(math.log10(years))
        power = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(exponent))
        return f"1 per {years / 10**exponent:.1f} \N{MULTIPLICATION SIGN} 10{power} yr"
    if years >= 1:
        return f"1 per {years:.3g} yr" if years < 1000 else f"1 per {years:.0f} yr"
    days = years * YEAR / 86400
    if days >= 1:
        return f"1 per {days:.3g} d"
    return f"{1 / days:.3g} per d"


def sexagesimal(ra: float, dec: float) -> str:
    """Write a position (deg) as ``hh:mm:ss.s +dd:mm:ss``."""
    tenths = round(ra % 360.0 / 15.0 * 36000.0) % 864000
    hours, remainder = divmod(tenths, 36000)
    minutes, remainder = divmod(remainder, 600)
    arcsec = round(abs(dec) * 3600.0)
    sign = "-" if dec < 0 else "+"
    return (
        f"{hours:02d}:{minutes:02d}:{remainder // 10:02d}.{remainder % 10} "
        f"{sign}{arcsec // 3600:02d}:{arcsec // 60 % 60:02d}:{arcsec % 60:02d}"
    )


def best_class(classification: Mapping[str, float]) -> tuple[str, float] | None:
    """Most probable class and its probability."""
    if not classification:
        return None
    return max(classification.items(), key=lambda entry: entry[1])


def size(count: int | None) -> str:
    """Write a number of bytes in decimal units."""
    if count is None:
        return NOTHING
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} TB"


def lower_first(text: str) -> str:
    """Write a sentence as the second part of another; names in capitals stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
