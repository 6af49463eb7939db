"""An alert, whichever survey or broker it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ZERO_POINT = 23.9
"""AB magnitude of 1 uJy."""

FIRST_JD, LAST_JD = 2_400_000.5, 2_500_000.0
"""Julian dates that an alert may have (1858 to 2132): a modified one is none of them."""


class PacketInvalid(ValueError):
    """A packet that cannot become an alert; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One epoch of a light curve that came with an alert.

    Parameters
    ----------
    jd
        Julian date, UTC.
    filter
        As the survey names it.
    flux
        Of the difference, with its sign, in uJy; None where the packet gives a magnitude only.
    flux_error
        In uJy.
    magnitude
        Of the absolute value of the difference.
    magnitude_error
        In mag.
    limiting_magnitude
        Five sigma.
    is_positive
        Whether the source is brighter than in the reference.
    status
        What the survey's forced photometry says of itself; "0" is good.
    """

    jd: float
    filter: str | None
    flux: float | None = None
    flux_error: float | None = None
    magnitude: float | None = None
    magnitude_error: float | None = None
    limiting_magnitude: float | None = None
    is_positive: bool | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What one packet says. Identity, place and time are certain, all else may be missing.

    Parameters
    ----------
    survey
        Whose camera saw it.
    broker
        Who sent it on, if not the survey itself.
    object_id, candid
        Of the object and of this detection; one may be missing. ATLAS numbers detections by text.
    ra, dec
        ICRS, in degrees.
    jd
        Julian date of the exposure, UTC: its start, or with LSST its middle.
    filter
        As the survey names it.
    magnitude, magnitude_error
        Of the absolute value of the difference; AB, and Vega with PGIR and WINTER's J and H.
    is_positive
        Whether the source is brighter than in the reference.
    limiting_magnitude
        Five sigma.
    real_bogus, real_bogus_name
        The survey's own score from 0 (bogus) to 1, and what it is called.
    fields
        Every member of the candidate as the packet has it, with its -999 and NaN.
    detections, limits, forced
        What came before: detections, exposures without one, and forced photometry.
    cutouts
        Images as they came, by ``science``, ``template`` and ``difference``.
    added
        What else stands beside the candidate, such as a broker's classes.
    notes
        What was odd, a sentence each.
    is_whole
        Whether more than the candidate was read; else histories and cutouts are empty.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """

    survey: str
    object_id: str | None
    candid: str | None
    ra: float
    dec: float
    jd: float
    filter: str | None = None
    magnitude: float | None = None
    magnitude_error: float | None = None
    is_positive: bool | None = None
    limiting_magnitude: float | None = None
    real_bogus: float | None = None
    real_bogus_name: str | None = None
    broker: str | None = None
    schema_version: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    detections: tuple[Measurement, ...] = ()
    limits: tuple[Measurement, ...] = ()
    forced: tuple[Measurement, ...] = ()
    cutouts: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    added: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    is_whole: bool = True

    def __post_init__(self) -> None:
        if not self.object_id and not self.candid:
            raise PacketInvalid("The packet names neither an object nor a detection.")
        _check("right ascension", self.ra, 0, 360)
        _check("declination", self.dec, -90, 90)
        _check("Julian date", self.jd, FIRST_JD, LAST_JD)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise PacketInvalid(
            f"The {name} is {value:.10g}, not between {least:.10g} and {most:.10g}."
        )
