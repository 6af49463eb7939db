"""The Notice record: what any mission's message says, in one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a notice does to its event."""

    INITIAL = "initial"
    UPDATE = "update"
    RETRACTION = "retraction"
    TEST = "test"
    INFORMATION = "information"
    """Adds to an event that exists; never begins one, never wakes anybody."""


UNREAL_ROLES = frozenset({"test", "prediction"})
"""Roles of notices from which nothing real may follow."""


@dataclass(frozen=True)
class Circle:
    """A position with a symmetric error radius."""

    ra: float
    """Right ascension (ICRS), deg."""

    dec: float
    """Declination (ICRS), deg."""

    radius: float
    """Error radius as the mission states it, deg."""

    containment: float
    """Probability that the source lies within `radius`, 0 to 1."""

    systematics_included: bool
    """Whether `radius` already contains the mission's systematic error."""

    systematic_model: str | None = None
    """Name of the published systematic model to be folded in (`planners.skymaps`), or None."""


@dataclass(frozen=True)
class Ellipse:
    """A position with an elliptical error region."""

    ra: float
    """Right ascension (ICRS), deg."""

    dec: float
    """Declination (ICRS), deg."""

    semi_major: float
    """Semi-major axis, deg."""

    semi_minor: float
    """Semi-minor axis, deg."""

    position_angle: float
    """Of the major axis, east of north, deg."""

    containment: float
    """Probability that the source lies within the ellipse, 0 to 1."""

    systematics_included: bool
    """Whether the axes already contain the mission's systematic error."""


@dataclass(frozen=True)
class Polygon:
    """A region bounded by great circles."""

    vertices: tuple[tuple[float, float], ...]
    """(RA, Dec) of each corner in order, deg."""

    containment: float
    """Probability that the source lies within, 0 to 1."""


Region = Circle | Ellipse | Polygon
"""What a notice says itself of the position."""


@dataclass(frozen=True)
class InlineMap:
    """A FITS sky map carried inside the notice."""

    fits: bytes = field(repr=False)
    """The decoded file."""

    combined: bytes | None = field(default=None, repr=False)
    """A second map that joins this event with another mission's, where the notice carries one."""

    fallback: Region | None = None
    """What the notice gives besides: it serves where the map cannot be read."""


@dataclass(frozen=True)
class MapLink:
    """A FITS sky map that must be fetched; the notice's own region serves until it has arrived."""

    url: str
    """Where the mission says that it is (https)."""

    fallback: Region | None = None
    """What the notice itself gives."""


@dataclass(frozen=True)
class Moc:
    """A region of any shape, as a multi-order coverage map (MOC) carried inside the notice."""

    content: bytes = field(repr=False)
    """FITS, ASCII or JSON, as the IVOA's recommendation writes them."""

    containment: float
    """Probability that the source lies within, 0 to 1."""


Localization = Region | InlineMap | MapLink | Moc


@dataclass(frozen=True)
class Notice:
    """One message of one mission. Times are UTC-aware; None means that the notice does not say."""

    stream: str
    """Name of the stream, e.g. "lvk", "fermi_gbm", "icecube", "swift"."""

    event_key: str | None
    """The mission's own identifier of the event; None where the notice belongs to none."""

    notice_id: str
    """IVORN, or what the mission has instead; not relied on for identity."""

    order: tuple[int, ...]
    """The mission's own sequence; of two notices of an event the larger is the later word,
    whatever the order of arrival."""

    kind: Kind
    """What it does to the event."""

    role: str
    """VOEvent role or its equivalent: observation, test, utility, prediction."""

    event_time: datetime | None
    """When the source was seen."""

    published: datetime | None
    """When the mission sent the notice."""

    localization: Localization | None
    """Where, if the notice says."""

    position: tuple[float, float] | None = None
    """(RA, Dec) of the source, deg, where the notice gives one without an error region. It is
    shown; nothing is planned on it."""

    name: str | None = None
    """How people call the event, e.g. "S190814bv", "bn240812094", "IceCube-231125A"."""

    type_name: str = ""
    """The mission's name of this kind of notice, e.g. "PRELIMINARY", "FERMI_GBM_FLT_POS"."""

    classification: Mapping[str, float] = field(default_factory=dict)
    """Probability of each class, as the mission names them."""

    properties: Mapping[str, float] = field(default_factory=dict)
    """Further probabilities, e.g. HasNS, HasRemnant."""

    far: float | None = None
    """False-alarm rate, Hz."""

    significant: bool | None = None
    """The mission's own verdict."""

    sequence: int | None = None
    """The mission's own serial number or revision of the notice, where it has one."""

    aliases: tuple[str, ...] = ()
    """Other names of the same event."""

    links: Mapping[str, str] = field(default_factory=dict)
    """Label to https address of pages about the event."""

    related: tuple[tuple[str, str], ...] = ()
    """(stream, event_key) of events that the notice itself names as related."""

    flags: frozenset[str] = frozenset()
    """Reasons for distrust, and repairs made: e.g. "time repaired", "not a GRB"."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Further values of this stream, plain JSON, units in the key where there is one."""

    @property
    def is_test(self) -> bool:
        """True where nothing real may follow from the notice.

        One of role "utility" is real, though no observation of a source.
        """
        return self.kind is Kind.TEST or self.role in UNREAL_ROLES


class NoticeMalformed(Exception):
    """The bytes are not a notice of the stream they came on; the message names what is wrong."""


class NoticeUnknown(Exception):
    """No parser is registered for this topic or packet type."""
