"""Exposures that are told of twice, such as by a robot and by a table, or in two rows of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from telescopes.pairing.pointings import SAME_START, Exposed, begin, is_same_pointing

Told = TypeVar("Told", bound=Exposed)


class Shutters(Generic[Told]):
    """Exposures by when their shutter opened: no two of one camera open at once.

    Parameters
    ----------
    exposures
        Of one telescope, to begin with.
    """

    def __init__(self, exposures: Iterable[Told] = ()) -> None:
        self._by_second: defaultdict[int, list[Told]] = defaultdict(list)
        for exposure in exposures:
            self.add(exposure)

    def add(self, exposure: Told) -> None:
        """Keep one more."""
        self._by_second[self._second(exposure)].append(exposure)

    def find(self, exposure: Exposed) -> Told | None:
        """The same exposure among those that are kept: pointing, filter and start; or None."""
        second, started = self._second(exposure), begin(exposure)
        for other in (each for k in (-1, 0, 1) for each in self._by_second.get(second + k, ())):
            if (
                other.filter == exposure.filter
                and abs(begin(other) - started) <= SAME_START
                and is_same_pointing(other, exposure)
            ):
                return other
        return None

    @staticmethod
    def _second(exposure: Exposed) -> int:
        return int(begin(exposure) // SAME_START)
