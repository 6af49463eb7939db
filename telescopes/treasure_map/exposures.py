"""Other groups' pointings as exposures, so that they count as coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from astropy import units as u
from astropy.coordinates import EarthLocation
from numpy.typing import NDArray

from telescopes.observing_plan import ExecutedExposure
from telescopes.slews import Axis, Overheads
from telescopes.telescope import FieldGrid, Footprint, Site, Telescope
from telescopes.treasure_map.messages import Pointing


def as_exposures(
    pointings: Sequence[Pointing], footprints: Mapping[int, Footprint]
) -> list[tuple[Telescope, list[ExecutedExposure]]]:
    """Turn completed pointings into exposures, by camera.

    The result is what `planners.coverage.sky_coverage.combined_coverage` takes. Pointings of
    instruments without a footprint are left out.

    Parameters
    ----------
    pointings
        Completed ones.
    footprints
        By number of the instrument; see `TreasureMap.footprint`.

    Returns
    -------
    list of (Telescope, list of ExecutedExposure)
        One for each instrument and position angle; nothing of the telescope is known but its
        name and its footprint.
    """
    groups: defaultdict[tuple[int, float], list[Pointing]] = defaultdict(list)
    for pointing in pointings:
        if pointing.instrument_id in footprints and pointing.status == "completed":
            angle = round(float(pointing.position_angle.to_value(u.deg)) % 360, 2)
            groups[pointing.instrument_id, angle].append(pointing)
    return [
        (
            camera_alone(own[0].instrument, camera := _turned(footprints[instrument_id], angle)),
            [_exposure(pointing, camera) for pointing in own],
        )
        for (instrument_id, angle), own in groups.items()
    ]


def _turned(footprint: Footprint, angle: float) -> Footprint:
    return replace(footprint, corners=turned(footprint.corners, angle))


def turned(offsets: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Offsets east and north (..., 2) of an instrument at a position angle.

    Parameters
    ----------
    offsets
        At position angle zero; numbers or an angle.
    angle
        deg, north through east.
    """
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    east, north = np.moveaxis(offsets, -1, 0)
    return np.stack([east * cosine + north * sine, north * cosine - east * sine], axis=-1)


def _exposure(pointing: Pointing, camera: Footprint) -> ExecutedExposure:
    return ExecutedExposure(
        exposure_id=f"treasure map {pointing.pointing_id}",
        field_id=-1,
        ra=pointing.ra,
        dec=pointing.dec,
        filter=pointing.band,
        start=pointing.time,
        exposure_time=0 * u.s,
        detectors=camera.detector_id,
        limiting_magnitude=pointing.depth,
    )


def camera_alone(name: str, footprint: Footprint) -> Telescope:
    """A telescope of which only the camera is known; no plan can be made for it."""
    still = Axis(1 * u.deg / u.s, 1 * u.deg / u.s**2)
    return Telescope(
        name=name,
        facility=name,
        description="",
        site=Site("unknown", EarthLocation.from_geocentric(0, 0, 0, unit=u.m), "UTC"),
        filters=(),
        footprint=footprint,
        overheads=Overheads(0 * u.s, 0 * u.s, 0 * u.s, still, still),
        read_grid=_no_grid,
        exclusions=(),
        airmass_limit=np.inf,
        exposure_time=0 * u.s,
        longest_exposure=np.inf * u.s,
        default_filters=(),
        off_grid=True,
    )


def _no_grid() -> FieldGrid:
    raise LookupError("the field grid of another group's telescope is not known")
