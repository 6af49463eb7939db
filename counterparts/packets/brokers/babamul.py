"""Packets of BABAMUL, the public stream of BOOM: histories in flux, without images.

The fluxes of a packet's histories have the unit of the candidate's own: its magnitude says which.
That is nJy with LSST's, and a millionth of it with ZTF's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from counterparts.packets.alert import ZERO_POINT, Alert, Measurement
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import MAX_FLUX, Members
from counterparts.packets.surveys.differences import five_sigma, magnitude_of
from counterparts.packets.surveys.epochs import julian_date
from counterparts.packets.surveys.histories import entries

SURVEYS = {"BabamulZtfAlert": "ZTF", "BabamulLsstAlert": "LSST"}

_HISTORIES = ("prv_candidates", "prv_nondetections", "fp_hists")
_SCORES = ("drb", "reliability", "rb")


def read(record: Mapping[str, Any], shape: Shape, *, is_whole: bool) -> Alert:
    """Read one packet.

    Parameters
    ----------
    record
        The packet.
    shape
        What is known of it.
    is_whole
        Whether histories are read.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """
    packet = Members(record)
    candidate = packet.within("candidate", "candidate")
    scores = ((name, candidate.number(name)) for name in _SCORES)
    score_name, score = next(((n, s) for n, s in scores if s is not None), (None, None))
    before = _histories(packet, _unit(candidate)) if is_whole else {}
    own = {"objectId", "candid", "candidate", *_HISTORIES}
    return Alert(
        survey=SURVEYS[_name(shape)],
        broker="BABAMUL",
        object_id=packet.text("objectId"),
        candid=packet.text("candid"),
        ra=candidate.needed("ra"),
        dec=candidate.needed("dec"),
        jd=julian_date(candidate),
        filter=candidate.text("band"),
        magnitude=candidate.magnitude("magpsf"),
        magnitude_error=candidate.magnitude("sigmapsf"),
        is_positive=candidate.is_positive("isdiffpos"),
        limiting_magnitude=candidate.magnitude("diffmaglim"),
        real_bogus=score,
        real_bogus_name=score_name,
        fields=candidate.values,
        detections=before.get("prv_candidates", ()),
        limits=before.get("prv_nondetections", ()),
        forced=before.get("fp_hists", ()),
        added={name: value for name, value in record.items() if is_whole and name not in own},
        notes=(*candidate.notes, *packet.notes),
        is_whole=is_whole,
    )


def _unit(candidate: Members) -> float | None:
    """Give the uJy in one unit of the packet's fluxes."""
    magnitude, flux = candidate.magnitude("magpsf"), candidate.flux("psfFlux")
    if magnitude is not None and flux:
        unit = 10 ** (-0.4 * (magnitude - ZERO_POINT)) / abs(flux)
        if 0 < unit < MAX_FLUX:
            return float(unit)
    candidate.notes.append("the unit of the fluxes is not certain, they are left out")
    return None


def _histories(packet: Members, unit: float | None) -> dict[str, tuple[Measurement, ...]]:
    reads = {
        "prv_candidates": partial(_measurement, unit=unit, is_forced=False),
        "prv_nondetections": partial(_measurement, unit=unit, is_forced=False),
        "fp_hists": partial(_measurement, unit=unit, is_forced=True),
    }
    return {name: tuple(entries(packet, name, read)) for name, read in reads.items()}


def _measurement(entry: Members, *, unit: float | None, is_forced: bool) -> Measurement:
    flux, error = entry.flux("psfFlux"), entry.flux("psfFluxErr")
    flux = None if flux is None or unit is None else flux * unit
    error = None if error is None or unit is None else error * unit
    magnitude, magnitude_error = (None, None) if is_forced else magnitude_of(flux, error)
    return Measurement(
        jd=julian_date(entry),
        filter=entry.text("band"),
        flux=flux,
        flux_error=error,
        magnitude=magnitude,
        magnitude_error=magnitude_error,
        limiting_magnitude=five_sigma(error),
        is_positive=None if not flux else flux > 0,
        status="0" if is_forced else None,
    )


def _name(shape: Shape) -> str:
    return shape.name.rpartition(".")[2]


FORMAT = PacketFormat(
    "BABAMUL",
    lambda shape: _name(shape) in SURVEYS,
    read,
    ("candid", "objectId", "candidate"),
)
