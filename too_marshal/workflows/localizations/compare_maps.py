"""What a newer map of an event says otherwise than an older one."""

from __future__ import annotations

from dataclasses import dataclass

from astropy import units as u
from sqlalchemy import select
from sqlalchemy.orm import Session

from planners.skymaps.joint_maps import MapDifference, map_difference
from planners.skymaps.skymap import SkyMap
from too_marshal.db.localizations import Localization, LocalizationState


@dataclass(frozen=True)
class MapChange:
    """Two maps of one event by the same measures."""

    area_50: tuple[float, float]
    """Of the older and the newer, deg2."""

    area_90: tuple[float, float]
    separation: float
    """Between the brightest positions, deg."""

    difference: MapDifference
    """Where the probability went."""


def map_change(older: SkyMap, newer: SkyMap) -> MapChange:
    """Compare two maps.

    Examples
    --------
    >>> from astropy import units as u
    >>> from planners import circle_skymap
    >>> here, there = (circle_skymap(ra * u.deg, 0 * u.deg, 2 * u.deg, 0.9) for ra in (10, 40))
    >>> map_change(here, here).difference.in_old_90 >= 0.9
    True
    >>> print(f"{map_change(here, there).separation:.1f} deg")
    30.0 deg
    """
    return MapChange(
        area_50=(_area(older, 0.5), _area(newer, 0.5)),
        area_90=(_area(older, 0.9), _area(newer, 0.9)),
        separation=float(older.peak().separation(newer.peak()).deg),
        difference=map_difference(older, newer),
    )


def _area(skymap: SkyMap, level: float) -> float:
    return float(skymap.area(level).to_value(u.deg**2))


def map_of_notice(session: Session, notice_id: int) -> Localization | None:
    """The map that a notice has brought, itself or by its link; None if there is none yet."""
    return session.scalars(
        select(Localization)
        .where(
            Localization.notice_id == notice_id,
            Localization.state == LocalizationState.READY,
            Localization.sky_map_sha256.is_not(None),
        )
        .order_by((Localization.variant == "own"), Localization.id.desc())
        .limit(1)
    ).one_or_none()
