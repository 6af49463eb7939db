"""From the tangent plane to the square of a chart, in mm from its upper left corner."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

SIDE = 150.0
"""Of the chart, mm."""


class Plane:
    """From the tangent plane to the sheet: north is up, east to the left.

    Parameters
    ----------
    half
        Half the side of the chart, rad in the tangent plane.
    """

    def __init__(self, half: float) -> None:
        self.half = half
        self._scale = SIDE / 2 / half

    def places(self, offsets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of offsets east and north, rad, shape (..., 2)."""
        return np.asarray(SIDE / 2 - offsets * self._scale)

    def path(self, parts: Iterable[NDArray[np.float64]], *, is_closed: bool = False) -> str:
        """Lines as an attribute has them, but for parts that are far outside."""
        return "".join(
            "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places) + ("Z" if is_closed else "")
            for part in parts
            for places in _near(self.places(part), is_closed=is_closed)
        )

    def length(self, angle: float) -> float:
        """Of an angle (deg) in the middle of the chart."""
        return float(np.tan(np.radians(angle)) * self._scale)


def _near(places: NDArray[np.float64], *, is_closed: bool) -> list[NDArray[np.float64]]:
    """Stretches of a line whose segments may cross the chart."""
    if is_closed or len(places) < 2:
        return [places]
    first, second = places[:-1], places[1:]
    low, high = np.minimum(first, second), np.maximum(first, second)
    crosses = np.all((high >= 0) & (low <= SIDE), axis=1)
    stretches, begin = [], None
    for k, does in enumerate(np.append(crosses, values=False).tolist()):
        if does and begin is None:
            begin = k
        elif not does and begin is not None:
            stretches.append(places[begin : k + 1])
            begin = None
    return stretches
