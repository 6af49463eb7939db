"""Light curves that stand for an alert: the newest point is its detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from counterparts.packets.alert import Alert, Measurement, PacketInvalid


def alert_of(
    points: Sequence[tuple[Measurement, Mapping[str, Any]]], *, is_whole: bool, **known: Any
) -> Alert:
    """Make an alert of a light curve.

    Parameters
    ----------
    points
        Measurements, each with its members as they came.
    is_whole
        Whether what came before is wanted.
    **known
        What else the packet says, as members of the alert.

    Raises
    ------
    PacketInvalid
        If there is no point, or the alert would not be certain.
    """
    if not points:
        raise PacketInvalid("The packet has no detection with a time.")
    ordered = sorted(points, key=lambda point: point[0].jd)
    newest, fields = ordered[-1]
    return Alert(
        jd=newest.jd,
        filter=newest.filter,
        magnitude=newest.magnitude,
        magnitude_error=newest.magnitude_error,
        is_positive=newest.is_positive,
        limiting_magnitude=newest.limiting_magnitude,
        fields=fields,
        detections=tuple(point for point, _ in ordered[:-1]) if is_whole else (),
        is_whole=is_whole,
        **known,
    )
