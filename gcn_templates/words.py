"""Words of circulars: numbers with their nouns, lists, and names in plain ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from anyascii import anyascii

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0

_MAX_IN_MINUTES = 90 * _MINUTE
_MAX_IN_HOURS = 48 * _HOUR


def counted(count: int, thing: str) -> str:
    """So many of a thing, in words: "1 exposure", "2 exposures"."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def listed(words: Sequence[str]) -> str:
    """Write a list as a sentence has it: "g", "g and r", "g, r and i"."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def ascii_only(text: str) -> str:
    """Transliterate to the characters that a circular may have, on one line.

    Braces mark bound values in a text that is edited, and become parentheses.
    """
    plain = "".join(letter if letter.isprintable() else " " for letter in anyascii(text))
    return " ".join(plain.replace("{", "(").replace("}", ")").split())


def utc(when: datetime) -> str:
    """Write a time to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def delay(seconds: float) -> str:
    """Say how long after the event, or before it, something was."""
    side = "after" if seconds >= 0 else "before"
    return f"{_span(abs(seconds))} {side} the event"


def _span(seconds: float) -> str:
    if seconds < _MINUTE:
        return counted(round(seconds), "second")
    if seconds < _MAX_IN_MINUTES:
        return counted(round(seconds / _MINUTE), "minute")
    if seconds < _MAX_IN_HOURS:
        return f"{seconds / _HOUR:.1f} hours"
    return f"{seconds / _DAY:.1f} days"


def percent(fraction: float) -> str:
    """Write a part of one as a percentage."""
    return f"{100 * fraction:.1f} %"
