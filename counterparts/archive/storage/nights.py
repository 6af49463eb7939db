"""Which night a moment belongs to: from one noon at the observatory to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EPOCH = date(1970, 1, 1)
_EPOCH_JD = 2440588
"""Julian date of noon (UTC) on the day of `_EPOCH`."""

_NIGHT = re.compile(r"\d{4}-\d\d-\d\d")


def night_numbers(jd: ArrayLike, longitude: float = 0.0) -> NDArray[np.int64]:
    """Night of each moment, as days since that which began on 1970-01-01.

    Parameters
    ----------
    jd
        Julian dates (UTC).
    longitude
        East longitude of the observatory, deg; where it is unknown, noon is that of UTC.
    """
    return np.floor(np.asarray(jd, dtype=float) + longitude / 360).astype(np.int64) - _EPOCH_JD


def night_name(number: int) -> str:
    """Name a night by the date on which it began, such as 2026-11-28."""
    return (_EPOCH + timedelta(days=int(number))).isoformat()


def night_names(jd: ArrayLike, longitude: float = 0.0) -> list[str]:
    """Names of the nights of some moments, each once, the earliest first."""
    return [night_name(number) for number in np.unique(night_numbers(jd, longitude))]


def span_of(night: str, longitude: float = 0.0) -> tuple[float, float]:
    """Noon before and noon after a night, Julian dates (UTC)."""
    begin = (date.fromisoformat(night) - _EPOCH).days + _EPOCH_JD - longitude / 360
    return begin, begin + 1


def is_night(name: str) -> bool:
    """Whether a name is that of a night."""
    if not _NIGHT.fullmatch(name):
        return False
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def month_of(night: str) -> str:
    """Month in which a night began, such as 2026-11."""
    return night[:7]


def months_of(nights: Iterable[str]) -> list[str]:
    """Months of some nights, each once, the earliest first."""
    return sorted({month_of(night) for night in nights})
