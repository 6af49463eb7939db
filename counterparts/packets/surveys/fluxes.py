"""Packets with a source in flux, not a candidate in magnitudes: LSST's and its rehearsal's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from counterparts.packets.alert import ZERO_POINT, Alert, Measurement
from counterparts.packets.formats import Shape
from counterparts.packets.members import MJD_OFFSET, Members
from counterparts.packets.surveys.differences import five_sigma, magnitude_of, utc
from counterparts.packets.surveys.histories import CUTOUTS, entries, read_cutouts


@dataclass(frozen=True)
class FluxLayout:
    """What such packets call their members.

    Parameters
    ----------
    survey
        Its name.
    zero_point
        AB magnitude of a flux of one.
    time, dec, filter, flux, flux_error
        In a source.
    """

    survey: str
    zero_point: float
    time: str = "midpointMjdTai"
    dec: str = "dec"
    filter: str = "band"
    flux: str = "psfFlux"
    flux_error: str = "psfFluxErr"

    head = ("diaSourceId", "alertId", "diaSource", "lsst_schema_version")

    def read(
        self,
        record: Mapping[str, Any],
        shape: Shape,
        *,
        is_whole: bool,
        broker: str | None = None,
    ) -> Alert:
        """Read one packet.

        Parameters
        ----------
        record
            The packet.
        shape
            What is known of it.
        is_whole
            Whether histories and cutouts are read.
        broker
            Who sent it on.

        Raises
        ------
        PacketInvalid
            If who, where or when is not certain.
        """
        packet = Members(record)
        source = packet.within("diaSource", "source")
        measured = self._measurement(source)
        reliability = source.number("reliability")
        detections = entries(packet, "prvDiaSources", self._measurement) if is_whole else []
        forced = entries(packet, "prvDiaForcedSources", self._forced) if is_whole else []
        own = {*self.head, "prvDiaSources", "prvDiaForcedSources", *CUTOUTS.values()}
        return Alert(
            survey=self.survey,
            broker=broker,
            object_id=_identifier(source, "diaObjectId") or _identifier(source, "ssObjectId"),
            candid=_identifier(source, "diaSourceId") or packet.text("diaSourceId"),
            ra=source.needed("ra"),
            dec=source.needed(self.dec),
            jd=measured.jd,
            filter=measured.filter,
            magnitude=measured.magnitude,
            magnitude_error=measured.magnitude_error,
            is_positive=measured.is_positive,
            limiting_magnitude=measured.limiting_magnitude,
            real_bogus=reliability,
            real_bogus_name=None if reliability is None else "reliability",
            schema_version=packet.text("lsst_schema_version") or shape.version,
            fields=source.values,
            detections=tuple(detections),
            forced=tuple(forced),
            cutouts=read_cutouts(record, CUTOUTS) if is_whole else {},
            added={name: value for name, value in record.items() if is_whole and name not in own},
            notes=(*source.notes, *packet.notes),
            is_whole=is_whole,
        )

    def _measurement(self, source: Members) -> Measurement:
        scale = 10 ** (-0.4 * (self.zero_point - ZERO_POINT))
        flux, error = source.flux(self.flux), source.flux(self.flux_error)
        flux = None if flux is None else flux * scale
        error = None if error is None else error * scale
        magnitude, magnitude_error = magnitude_of(flux, error)
        return Measurement(
            jd=utc(source.needed(self.time) + MJD_OFFSET),
            filter=source.text(self.filter),
            flux=flux,
            flux_error=error,
            magnitude=magnitude,
            magnitude_error=magnitude_error,
            limiting_magnitude=five_sigma(error),
            is_positive=None if not flux else flux > 0,
        )

    def _forced(self, source: Members) -> Measurement:
        found = self._measurement(source)
        return Measurement(
            jd=found.jd,
            filter=found.filter,
            flux=found.flux,
            flux_error=found.flux_error,
            limiting_magnitude=found.limiting_magnitude,
            is_positive=found.is_positive,
            status="0",
        )


def _identifier(source: Members, name: str) -> str | None:
    """Give an identifier; zero stands for none."""
    found = source.text(name)
    return None if found == "0" else found
