"""Lists as people type them: field numbers, a range of right ascension, targets one a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planners.files.request_fields import GRIDS
from too_marshal.notices.formats.numbers import read_float, read_sexagesimal

MAX_LIST_LENGTH = 20_000
"""Characters: three thousand fields, or eight hundred positions."""

_DEGREES_PER_HOUR = 15.0
_MAX_SHOWN = 40
"""Characters of a wrong text that are said again."""


@dataclass(frozen=True)
class TypedList:
    """How a list is read and shown."""

    read: Callable[[str], Any]
    """Raises ValueError, with a sentence for the person."""

    shown: Callable[[Any], str]
    """As it may be typed again."""


def read_fields(text: str) -> list[int]:
    """Read field numbers apart by commas or spaces, each once.

    Raises
    ------
    ValueError
        If one is no whole number.
    """
    parts = text.replace(",", " ").split()
    return list(dict.fromkeys(_field(part) for part in parts))


def read_grid(text: str) -> str | None:
    """Read the name of a grid; None where there is none.

    Raises
    ------
    ValueError
        If there is no such grid.
    """
    name = text.lower()
    if name and name not in GRIDS:
        raise ValueError(f"{' or '.join(GRIDS)}, or nothing: not {_said(text)}.".capitalize())
    return name or None


def read_right_ascension(text: str) -> list[float] | None:
    """Read two right ascensions apart by a comma, in degrees or in sexagesimal hours.

    Raises
    ------
    ValueError
        If there are not two, or one cannot be read.
    """
    if not text:
        return None
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("From and to apart by a comma, as 350, 20 or 23:20:00, 1:20:00.")
    return [_right_ascension(part) for part in parts]


def read_seconds(text: str) -> list[float]:
    """Read exposure times apart by commas or spaces.

    Raises
    ------
    ValueError
        If one is no number.
    """
    return [_number(part) for part in text.replace(",", " ").split()]


def read_targets(text: str) -> list[int | list[float]]:
    """Read targets, one a line: a field's number, or a position.

    Raises
    ------
    ValueError
        If a line is neither; the message names it.
    """
    targets: list[int | list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            targets.append(_target(line.strip()))
        except ValueError as err:
            raise ValueError(f"Line {number}: {err}") from err
    return targets


def _target(line: str) -> int | list[float]:
    parts = [part.strip() for part in line.split(",")] if "," in line else line.split()
    if len(parts) == 6:
        parts = [" ".join(parts[:3]), " ".join(parts[3:])]
    if len(parts) == 1:
        return _field(parts[0])
    if len(parts) != 2:
        raise ValueError(
            f"One field, or one right ascension and declination, and not {_said(line)}."
        )
    return [_right_ascension(parts[0]), _declination(parts[1])]


def _field(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"A field is a whole number, and not {_said(text)}.")
    return int(text)


def _number(text: str) -> float:
    value = read_float(text)
    if value is None:
        raise ValueError(f"A number of seconds, and not {_said(text)}.")
    return value


def _right_ascension(text: str) -> float:
    angle = read_float(text)
    if angle is None:
        hours = read_sexagesimal(text)
        angle = None if hours is None else _DEGREES_PER_HOUR * hours
    if angle is None or not 0 <= angle <= 360:
        raise ValueError(
            "Right ascension is from 0 to 360 degrees, or hours as 12:30:49.4,"
            f" and not {_said(text)}."
        )
    return angle


def _declination(text: str) -> float:
    plain = text.replace("\N{MINUS SIGN}", "-")
    angle = read_float(plain)
    if angle is None:
        angle = read_sexagesimal(plain)
    if angle is None or not -90 <= angle <= 90:
        raise ValueError(
            f"Declination is from -90 to 90 degrees, or as +12:23:28, and not {_said(text)}."
        )
    return angle


def _said(text: str) -> str:
    text = text.strip()
    return f"'{text}'" if len(text) <= _MAX_SHOWN else f"'{text[:_MAX_SHOWN]}…'"


def _joined(values: Any) -> str:
    return ", ".join(f"{value:.10g}" for value in values or ())


def _lines(targets: Any) -> str:
    return "\n".join(
        str(target) if isinstance(target, int) else " ".join(f"{angle:.10g}" for angle in target)
        for target in targets
    )


LISTS: Mapping[str, TypedList] = {
    "excluded_fields": TypedList(read_fields, _joined),
    "exposure_times": TypedList(read_seconds, _joined),
    "grid": TypedList(read_grid, str),
    "right_ascension": TypedList(read_right_ascension, _joined),
    "targets": TypedList(read_targets, _lines),
}
"""By the name of the field in the document; what is not here is a list of texts."""
