"""What a circular may say: executed observations and where each number comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FilterFacts:
    """Executed exposures in one filter."""

    name: str
    """Filter as printed, e.g. "g"."""

    images: int
    """How many."""

    exposure_times: tuple[float, float]
    """The shortest and the longest, s."""

    limiting_magnitude: float | None
    """Median measured 5-sigma AB limit; None where none was measured."""


@dataclass(frozen=True)
class CoverageFacts:
    """What images cover of the named sky map."""

    area: float
    """Observed at least once, deg2."""

    probability: float
    """Enclosed in what was observed at least once, 0 to 1."""

    probability_twice: float
    """Enclosed in what was observed at least twice, 0 to 1."""


@dataclass(frozen=True)
class TelescopeFacts:
    """What one telescope has taken."""

    key: str
    """Short name."""

    facility: str
    """Name in full, e.g. "Zwicky Transient Facility"."""

    description: str
    """Short name, references, camera, aperture and site, as they stand in parentheses."""

    start: datetime
    """First executed exposure (UTC)."""

    end: datetime
    """Last executed exposure (UTC)."""

    images: int
    """Number of executed exposures."""

    open_shutter: float
    """Sum of the exposure times, s."""

    filters: tuple[FilterFacts, ...]
    """By filter."""

    coverage: CoverageFacts | None = None
    """Of the named map; None where it is not known."""

    reachable: float | None = None
    """Probability that could be observed from the site in that night, 0 to 1; None: not known."""

    acknowledgment: str = ""
    """What its observatory asks for; empty: nothing."""


@dataclass(frozen=True)
class MapFacts:
    """Which sky map the percentages are of."""

    name: str
    """Which one."""

    time: datetime
    """When that map was made ready here (UTC)."""

    remark: str = ""
    """What was done to it, e.g. "corrected for the occultation by the Earth"; empty: nothing."""


@dataclass(frozen=True)
class Citation:
    """An earlier circular."""

    author: str
    """First author."""

    number: int
    """Of the circular."""


@dataclass(frozen=True)
class Candidate:
    """A possible counterpart, as a line of a table."""

    name: str
    """Our own."""

    tns_name: str
    """Of the Transient Name Server; empty: none."""

    ra: float
    """ICRS, deg."""

    dec: float
    """ICRS, deg."""

    magnitude: float
    """AB."""

    filter: str
    """In which the magnitude was measured."""

    time: datetime
    """Of that (UTC)."""

    host_redshift: float | None
    """None: not known."""

    comment: str
    """Few words; may be empty."""

    source: str = ""
    """Where the numbers come from; empty: somebody has typed them."""


@dataclass(frozen=True)
class Target:
    """A place whose source was looked for."""

    name: str
    """What it is."""

    ra: float
    """ICRS, deg."""

    dec: float
    """ICRS, deg."""


@dataclass(frozen=True)
class Retracted:
    """A candidate of ours that is none."""

    name: str
    """As it was called."""

    reason: str
    """Why, as a sentence."""

    circular: int | None
    """In which it was reported; None: in none."""


@dataclass(frozen=True)
class Facts:
    """Everything in a circular about one event.

    All numbers are derived from executed exposures and from the named sky map; nothing from a
    plan.
    """

    event_name: str
    """As it must stand in the subject, e.g. "LIGO/Virgo/KAGRA S190814bv"."""

    event_time: datetime | None
    """When the source was seen (UTC)."""

    is_test: bool
    """True for a rehearsal; the text then says that it is not to be sent."""

    authors: tuple[str, ...]
    """As they shall be printed, in order."""

    collaboration: str = ""
    """On whose behalf they report; empty: their own."""

    sky_map: MapFacts | None = None
    """None where nothing is said of coverage."""

    telescopes: tuple[TelescopeFacts, ...] = ()
    """The one that took most images first."""

    together: CoverageFacts | None = None
    """What several telescopes cover together."""

    is_target_of_opportunity: bool | None = None
    """Whether the images were taken for the event; None: not stated."""

    gaps_are_counted: bool | None = None
    """Whether gaps between detectors are taken off what is covered; None: not stated."""

    citations: tuple[Citation, ...] = ()
    """Earlier circulars of the event, by number."""

    candidates: tuple[Candidate, ...] = ()
    """Possible counterparts."""

    target: Target | None = None
    """What was looked for and not found."""

    retracted: Retracted | None = None
    """What was reported and is not related."""

    remarks: str = ""
    """Sentences that people add, such as how candidates were vetted."""
