"""Numbers as packets write them."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)
_SEXAGESIMAL = re.compile(
    r"([+-]?)(\d{1,3})(?:[:\s]\s*|[hd°]\s*)(\d{1,2})(?:[:\s]\s*|[m']\s*)(\d{1,2}(?:\.\d{0,15})?)[s\"]?",
    re.ASCII,
)


def read_float(text: str | None) -> float | None:
    """Read a finite number, or None; never NaN, infinity or Python's underscores."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def read_sexagesimal(text: str) -> float | None:
    """Read hours or degrees with minutes and seconds, "-22:14:34.8" or "13h47m34.8s"."""
    match = _SEXAGESIMAL.fullmatch(text.strip())
    if match is None or int(match[3]) > 59 or float(match[4]) >= 60:
        return None
    size = int(match[2]) + int(match[3]) / 60 + float(match[4]) / 3600
    return -size if match[1] == "-" else size
