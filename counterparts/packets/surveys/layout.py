"""Packets that are laid out like ZTF's: a candidate with a magnitude, and what came before it.

WINTER, PGIR, TURBO, ATLAS and DECam took ZTF's packet and renamed members of it: what each calls
them is its layout, and one function reads them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from counterparts.packets.alert import Alert, Measurement, PacketInvalid
from counterparts.packets.formats import Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys.epochs import julian_date
from counterparts.packets.surveys.histories import CUTOUTS, entries, read_cutouts


def _not_sent(_entry: Members) -> Measurement:
    raise PacketInvalid("this survey is not known to send it.")


@dataclass(frozen=True)
class _Rest:
    """What stands behind the candidate."""

    detections: tuple[Measurement, ...] = ()
    limits: tuple[Measurement, ...] = ()
    forced: tuple[Measurement, ...] = ()
    cutouts: Mapping[str, bytes] = field(default_factory=dict)
    added: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """What a survey calls the members of its packets.

    Parameters
    ----------
    survey
        Its name.
    time, filter
        How they are read.
    object_id
        In the packet.
    ra, dec, magnitude, magnitude_error, limit, positive
        In the candidate.
    scores
        Real-bogus scores, the best first, each with the member that says of which version it is.
    history, forced
        Lists in the packet.
    read_forced
        How an entry of the forced photometry is read.
    cutouts
        Images in the packet.
    """

    survey: str
    filter: Callable[[Members], str | None]
    time: Callable[[Members], float] = julian_date
    object_id: str = "objectId"
    ra: str = "ra"
    dec: str = "dec"
    magnitude: str = "magpsf"
    magnitude_error: str = "sigmapsf"
    limit: str = "diffmaglim"
    positive: str = "isdiffpos"
    scores: tuple[tuple[str, str], ...] = (("drb", "drbversion"), ("rb", "rbversion"))
    history: str = "prv_candidates"
    forced: str = "fp_hists"
    read_forced: Callable[[Members], Measurement] = _not_sent
    cutouts: Mapping[str, str] = field(default_factory=lambda: CUTOUTS)

    @property
    def head(self) -> tuple[str, ...]:
        """Members of the packet that all but histories and cutouts are read from."""
        return ("schemavsn", "publisher", self.object_id, "candid", "candidate")

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
        candidate = packet.within("candidate", "candidate")
        score, score_name = self._score(candidate)
        rest = self._rest(packet) if is_whole else _Rest()
        return Alert(
            survey=self.survey,
            broker=broker,
            object_id=packet.text(self.object_id),
            candid=packet.text("candid") or candidate.text("candid"),
            ra=candidate.needed(self.ra),
            dec=candidate.needed(self.dec),
            jd=self.time(candidate),
            filter=self.filter(candidate),
            magnitude=candidate.magnitude(self.magnitude),
            magnitude_error=candidate.magnitude(self.magnitude_error),
            is_positive=candidate.is_positive(self.positive),
            limiting_magnitude=candidate.magnitude(self.limit),
            real_bogus=score,
            real_bogus_name=score_name,
            schema_version=packet.text("schemavsn") or shape.version,
            fields=candidate.values,
            detections=rest.detections,
            limits=rest.limits,
            forced=rest.forced,
            cutouts=rest.cutouts,
            added=rest.added,
            notes=(*candidate.notes, *packet.notes),
            is_whole=is_whole,
        )

    def _score(self, candidate: Members) -> tuple[float | None, str | None]:
        """Give the first score that there is: one of an empty version stands for nothing."""
        for name, version in self.scores:
            score = candidate.number(name)
            if score is not None and candidate.values.get(version) != "":
                return score, name
        return None, None

    def _rest(self, packet: Members) -> _Rest:
        """Read what stands behind the candidate."""
        history = entries(packet, self.history, self.measurement)
        own = {*self.head, self.history, self.forced, *self.cutouts.values()}
        return _Rest(
            detections=tuple(entry for entry in history if entry.magnitude is not None),
            limits=tuple(
                entry
                for entry in history
                if entry.magnitude is None and entry.limiting_magnitude is not None
            ),
            forced=tuple(entries(packet, self.forced, self.read_forced)),
            cutouts=read_cutouts(packet.values, self.cutouts),
            added={name: value for name, value in packet.values.items() if name not in own},
        )

    def measurement(self, entry: Members) -> Measurement:
        """Read a detection or its absence.

        Parameters
        ----------
        entry
            Of the history.
        """
        return Measurement(
            jd=self.time(entry),
            filter=self.filter(entry),
            magnitude=entry.magnitude(self.magnitude),
            magnitude_error=entry.magnitude(self.magnitude_error),
            limiting_magnitude=entry.magnitude(self.limit),
            is_positive=entry.is_positive(self.positive),
        )
