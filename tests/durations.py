"""How long tests take, as it was measured once: what is slow, and what is better begun early.

``python -m pytest -n 2 --keep-durations`` measures again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

KEPT = Path(__file__).with_name("durations.json")

SLOW = 0.3
"""Seconds of a test, or of all that one function is called with, from which it is slow."""

_MIN = 0.15
"""Seconds of which nothing is kept."""


def key(nodeid: str) -> str:
    """File and function of a test, whatever folder it is in and whatever it is called with."""
    return nodeid.partition("[")[0].rpartition("/")[2]


def read() -> dict[str, float]:
    """Seconds of each function."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def keep(measured: Iterable[tuple[str, float]]) -> None:
    """Write down what was measured of (node id, seconds), in place of what was known of it."""
    sums = Counter[str]()
    for nodeid, seconds in measured:
        sums[key(nodeid)] += seconds
    known = {name: seconds for name, seconds in read().items() if name not in sums}
    known |= {name: round(seconds, 1) for name, seconds in sums.items() if seconds >= _MIN}
    KEPT.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def by_file(known: dict[str, float]) -> Counter[str]:
    """Seconds of each file, by its name."""
    sums = Counter[str]()
    for name, seconds in known.items():
        sums[name.partition("::")[0]] += seconds
    return sums
