"""Loci of ANTARES: a place and the alerts at it, whose members have long names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterparts.packets.alert import Alert, Measurement, PacketInvalid
from counterparts.packets.brokers.newest import alert_of, history_of
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import MJD_OFFSET, Members
from counterparts.packets.surveys.differences import five_sigma, magnitude_of, utc
from counterparts.packets.surveys.ztf import FILTERS

_NANO = 1e-3
"""uJy in a nJy."""

_LSST, _ZTF = "lsst_diaSource_", "ztf_"


def _of_lsst(entry: Members) -> Measurement:
    flux, error = entry.flux(_LSST + "psfFlux"), entry.flux(_LSST + "psfFluxErr")
    flux = None if flux is None else flux * _NANO
    error = None if error is None else error * _NANO
    magnitude, magnitude_error = magnitude_of(flux, error)
    return Measurement(
        jd=utc(entry.needed(_LSST + "midpointMjdTai") + MJD_OFFSET),
        filter=entry.text(_LSST + "band"),
        flux=flux,
        flux_error=error,
        magnitude=magnitude,
        magnitude_error=magnitude_error,
        limiting_magnitude=five_sigma(error),
        is_positive=None if not flux else flux > 0,
    )


def _of_ztf(entry: Members) -> Measurement:
    number = entry.number(_ZTF + "fid")
    return Measurement(
        jd=entry.needed(_ZTF + "jd"),
        filter=None if number is None else FILTERS.get(int(number)),
        magnitude=entry.magnitude(_ZTF + "magpsf"),
        magnitude_error=entry.magnitude(_ZTF + "sigmapsf"),
        limiting_magnitude=entry.magnitude(_ZTF + "diffmaglim"),
        is_positive=entry.is_positive(_ZTF + "isdiffpos"),
    )


_SURVEYS = {
    "LSST": (_LSST + "midpointMjdTai", _LSST + "diaObjectId", _LSST + "diaSourceId", _of_lsst),
    "ZTF": (_ZTF + "jd", _ZTF + "object_id", _ZTF + "candid", _of_ztf),
}
"""Of each survey: members with an alert's time, its object and its number; and how it is read."""


def read(record: Mapping[str, Any], _shape: Shape, *, is_whole: bool) -> Alert:
    """Read one locus; its newest alert is the detection.

    Parameters
    ----------
    record
        The locus.
    is_whole
        Whether the older alerts are wanted.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """
    locus = Members(record)
    listed = locus.records("alerts")
    survey = next(
        (name for name, about in _SURVEYS.items() if any(about[0] in entry for entry in listed)),
        None,
    )
    if survey is None:
        raise PacketInvalid("The locus has no alert of a survey that is known.")
    time, object_id, candid, reads = _SURVEYS[survey]
    # The alerts of another survey at the same place would not be of its light curve.
    own = Members({"alerts": [entry for entry in listed if time in entry]})
    history = history_of(own, "alerts", reads)
    newest = Members(history.members)
    return alert_of(
        history,
        is_whole=is_whole,
        survey=survey,
        broker="ANTARES",
        object_id=newest.text(object_id) or locus.text("locus_id"),
        candid=newest.text(candid),
        ra=locus.needed("ra"),
        dec=locus.needed("dec"),
        added={name: value for name, value in record.items() if is_whole and name != "alerts"},
        notes=(*locus.notes, *own.notes),
    )


FORMAT = PacketFormat("ANTARES", lambda shape: shape.has("locus_id", "alerts"), read, ())
