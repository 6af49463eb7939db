"""What a circular may say: executed observations and where each number comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FilterFacts:
    """Executed exposures in one filter."""

    name: str
    """Filter as printed, e.g. "g"."""

    exposures: int
    """How many."""

    exposure_time: float
    """Of each exposure (the median), s."""

    limiting_magnitude: float | None
    """Median measured 5-sigma AB limit; None where none was measured."""


@dataclass(frozen=True)
class Facts:
    """Everything in a circular about one telescope's observations of one event.

    All of it is derived from executed exposures and from the named sky map; nothing from
    a plan.
    """

    event_name: str
    """As it must stand in the subject, e.g. "LIGO/Virgo/KAGRA S190814bv"."""

    event_time: datetime | None
    """When the source was seen (UTC)."""

    is_test: bool
    """True for a rehearsal; the text then says that it is not to be sent."""

    telescope: str
    """Name of the facility, e.g. "Zwicky Transient Facility"."""

    telescope_description: str
    """Short name, references, camera, aperture and site, as they stand in parentheses."""

    map_name: str
    """Which sky map the percentages are of."""

    map_time: datetime
    """When that map was made ready here (UTC)."""

    start: datetime
    """First executed exposure (UTC)."""

    end: datetime
    """Last executed exposure (UTC)."""

    exposures: int
    """Number of executed exposures."""

    open_shutter: float
    """Sum of the exposure times, s."""

    area: float
    """Observed at least once, deg2."""

    probability: float
    """Enclosed in what was observed at least once, 0 to 1."""

    probability_twice: float
    """Enclosed in what was observed at least twice, 0 to 1."""

    filters: tuple[FilterFacts, ...]
    """By filter."""

    authors: tuple[str, ...]
    """As they shall be printed, in order."""

    @property
    def delay(self) -> float | None:
        """From the event to the first exposure, hours."""
        if self.event_time is None:
            return None
        return (self.start - self.event_time).total_seconds() / 3600
