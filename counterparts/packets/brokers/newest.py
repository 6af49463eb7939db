"""Light curves that stand for an alert: the newest point is its detection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from counterparts.packets.alert import Alert, Measurement, PacketInvalid
from counterparts.packets.members import Members
from counterparts.packets.surveys.histories import entries_with_members


@dataclass(frozen=True)
class History:
    """A light curve, parted into what is the alert and what came before.

    Parameters
    ----------
    newest
        The last detection.
    members
        Of it, as they came.
    detections, limits
        Before it.
    """

    newest: Measurement
    members: Mapping[str, Any]
    detections: tuple[Measurement, ...]
    limits: tuple[Measurement, ...]


def history_of(packet: Members, name: str, reads: Callable[[Members], Measurement]) -> History:
    """Read a light curve.

    Parameters
    ----------
    packet
        Which has it.
    name
        Of the list.
    reads
        Reads one point.

    Raises
    ------
    PacketInvalid
        If nothing was detected.
    """
    points = sorted(entries_with_members(packet, name, reads), key=lambda point: point[0].jd)
    seen = [point for point in points if point[0].magnitude is not None]
    if not seen:
        raise PacketInvalid("The packet has no detection with a time.")
    newest, members = seen[-1]
    limits = tuple(
        point
        for point, _ in points
        if point.magnitude is None and point.limiting_magnitude is not None
    )
    return History(newest, members, tuple(point for point, _ in seen[:-1]), limits)


def alert_of(history: History, *, is_whole: bool, **known: Any) -> Alert:
    """Make an alert of a light curve.

    Parameters
    ----------
    history
        The light curve.
    is_whole
        Whether what came before is wanted.
    **known
        What else the packet says, as members of the alert.

    Raises
    ------
    PacketInvalid
        If the alert would not be certain.
    """
    newest = history.newest
    return Alert(
        jd=newest.jd,
        filter=newest.filter,
        magnitude=newest.magnitude,
        magnitude_error=newest.magnitude_error,
        is_positive=newest.is_positive,
        limiting_magnitude=newest.limiting_magnitude,
        fields=history.members,
        detections=history.detections if is_whole else (),
        limits=history.limits if is_whole else (),
        is_whole=is_whole,
        **known,
    )
