"""What a mission says of its event, as boxes on its page: what decides first, nothing empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astropy import units as u
from astropy.coordinates import SkyCoord

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.formatting import angle, percent, sexagesimal
from too_marshal.workflows.incident.verdict import POINT

if TYPE_CHECKING:
    from planners.detection.dust import Reddening


@dataclass(frozen=True)
class Fact:
    """One box: what it is, its value with the unit, and what must be known of it."""

    label: str
    value: str
    note: str = ""


def _number(unit: str) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        return f"{value:.4g} {unit}".strip()

    return write


def _energy(tev: float) -> str:
    return f"{tev / 1000:.3g} PeV" if tev >= 1000 else f"{tev:.3g} TeV"


def _duration_class(value: str) -> str:
    return value.strip().capitalize()


_SIGMA = _number("sigma")
_SECONDS = _number("s")

_DECISIVE: dict[str, tuple[str, Callable[[Any], str]]] = {
    "instruments": ("Seen by", lambda names: ", ".join(map(str, names))),
    "detectors": ("Seen by", lambda names: ", ".join(map(str, names))),
    "missions": ("Seen by", lambda names: ", ".join(map(str, names))),
    "signalness": ("Signalness", percent),
    "energy_tev": ("Energy", _energy),
    "topology": ("Topology", str),
    "most_likely_class": ("Most likely", str),
    "duration_class": ("Duration class", _duration_class),
    "image_significance_sigma": ("Image significance", _SIGMA),
    "rate_significance_sigma": ("Rate significance", _SIGMA),
    "data_significance_sigma": ("Significance", _SIGMA),
    "trigger_significance_sigma": ("Trigger significance", _SIGMA),
    "burst_significance_sigma": ("Burst significance", _SIGMA),
    "significance_sigma": ("Significance", _SIGMA),
    "snr": ("Signal to noise", _number("")),
    "duration_s": ("Duration", _SECONDS),
    "burst_duration_s": ("Duration", _SECONDS),
    "trigger_duration_s": ("Trigger duration", _SECONDS),
    "trigger_timescale_s": ("Timescale", _SECONDS),
    "hardness_ratio": ("Hardness ratio", _number("")),
    "events": ("Events", str),
    "inverse_beta_decay_events": ("Inverse beta decays", str),
    "p_value": ("p-value", _number("")),
    "p_value_generic": ("p-value", _number("")),
    "slew_status": ("Slew", str),
    "source_name": ("Source", str),
    "magnitude": ("Magnitude", _number("mag")),
}
"""Attributes of notices that a person decides by, in the order in which they are shown."""

_V_BAND = 2.742
"""A_V over E(B-V) of Schlegel et al. 1998: Schlafly and Finkbeiner 2011, ApJ 737, 103, table 6,
for R_V = 3.1 and Landolt V."""

_NOUGHT_IF_UNKNOWN = frozenset(
    name for name, (_, write) in _DECISIVE.items() if write in (_SIGMA, _SECONDS)
)
"""Packets of a fixed length hold a nought for what was not measured."""

_UNITS = {
    "sigma": "sigma", "s": "s", "deg": "deg", "arcmin": "arcmin", "tev": "TeV", "kev": "keV",
    "mev": "MeV", "kpc": "kpc", "photoelectrons": "photoelectrons",
}  # fmt: skip
"""Last word of an attribute's name, where it is the unit."""


def stream_facts(event: Event) -> list[Fact]:
    """What the event's mission says that a person decides by, in words and with units."""
    facts: dict[str, Fact] = {}
    for name, (label, write) in _DECISIVE.items():
        value = event.attributes.get(name)
        if value in (None, "", [], {}) or (value == 0 and name in _NOUGHT_IF_UNKNOWN):
            continue
        try:
            facts.setdefault(label, Fact(label, write(value)))
        except (TypeError, ValueError):
            facts.setdefault(label, Fact(label, str(value)))
    return list(facts.values())


def other_facts(event: Event) -> list[Fact]:
    """Everything else that its notices say, under the names that they give it."""
    facts = []
    for name, value in sorted(event.attributes.items()):
        if name in _DECISIVE or value in (None, "", [], {}):
            continue
        words = name.split("_")
        unit = _UNITS.get(words[-1], "") if len(words) > 1 and not isinstance(value, str) else ""
        label = " ".join(words[:-1] if unit else words).capitalize()
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        facts.append(Fact(label, f"{text} {unit}".strip()))
    return facts


def position_facts(localization: Localization | None, dust: Reddening | None = None) -> list[Fact]:
    """Where the event is: both forms, Galactic latitude, and the error as the mission states it.

    Parameters
    ----------
    localization
        Where it is.
    dust
        Map of the Galaxy's dust, if there is one: then what lies before that position, too.
    """
    if localization is None or localization.sky_map is None:
        return []
    sky_map = localization.sky_map
    coord = SkyCoord(sky_map.peak_ra, sky_map.peak_dec, unit=u.deg)
    latitude = float(coord.galactic.b.deg)
    degrees = f"{sky_map.peak_ra:.4f} {sky_map.peak_dec:+.4f} deg"
    facts = [
        Fact(
            "Brightest" if sky_map.area_90 > POINT else "Position",
            sexagesimal(sky_map.peak_ra, sky_map.peak_dec),
            f"{degrees}; Galactic latitude {latitude:+.1f} deg",
        )
    ]
    error = _error(localization)
    if error is not None:
        facts.append(error)
    if dust is not None:
        reddening = float(dust.at(coord))
        facts.append(
            Fact(
                "Extinction",
                f"{_V_BAND * reddening:.2f} mag in V",
                f"E(B-V) {reddening:.3f} mag at that position, {dust.title}",
            )
        )
    return facts


def _error(localization: Localization) -> Fact | None:
    description = localization.description
    notes = []
    if containment := description.get("containment"):
        notes.append(f"{percent(containment)} contained")
    if "systematics_included" in description:
        notes.append(
            "systematic error included"
            if description["systematics_included"]
            else "systematic error added to it"
            if description.get("systematic_model")
            else "statistical only"
        )
    note = "; ".join(notes)
    if description.get("radius"):
        return Fact("Error radius", angle(description["radius"]), note)
    if description.get("semi_major") and description.get("semi_minor"):
        axes = f"{angle(description['semi_major'])} by {angle(description['semi_minor'])}"
        return Fact("Error ellipse", axes, note)
    return None
