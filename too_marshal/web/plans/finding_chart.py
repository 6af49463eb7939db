"""The finding chart of a pointing, as an image of one sheet that is drawn without any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from planners.geometry.directions import tangent_frames
from planners.geometry.tangent_lines import tangent_lines, tangent_points
from telescopes import TELESCOPES
from telescopes.outlines import outline
from telescopes.pairing.pointings import grouped
from too_marshal import formatting
from too_marshal.db.observing.plans import Plan, PlannedExposureRow
from too_marshal.formatting import sexagesimal
from too_marshal.web.plans.chart_grid import GridLine, grid_lines
from too_marshal.web.plans.chart_plane import SIDE, Plane

_MARGIN = 1.15
"""Half the side of the chart, in radii of the camera."""

MAX_VISITS, MAX_GALAXIES = 12, 12
"""Listed below the chart; more galaxies are marked, and without a number."""

_MAX_MARKED = 300
"""Galaxies that are marked, the nearest to the pointing first."""

_BARS = tuple(arcsec / 3600 for arcsec in (
    18000, 7200, 3600, 1800, 1200, 600, 300, 120, 60, 30, 20, 10, 5, 2, 1,
))  # fmt: skip
"""Lengths that a scale bar may have, deg."""


@dataclass(frozen=True)
class Label:
    """A text at the frame."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Contour:
    """The outline of a credible region, as far as it crosses the chart."""

    level: int
    """Per cent."""

    path: str


@dataclass(frozen=True)
class Galaxy:
    """A galaxy in the chart."""

    number: int
    x: float
    y: float
    ra: float
    dec: float
    distance: float
    """Mpc."""


@dataclass(frozen=True)
class FindingChart:
    """What the template draws; lengths are in mm from the chart's upper left corner."""

    exposures: list[PlannedExposureRow]
    """All of the pointing."""

    ra: float
    dec: float
    detectors: str
    camera: str
    contours: list[Contour]
    grid: str
    labels: list[Label]
    dec_labels: list[Label]
    bar: float
    bar_text: str
    width_text: str
    galaxies: list[Galaxy]
    galaxies_beyond: int
    """That lie in the chart and are not marked."""

    peak: str
    """Where the map is brightest, from here."""


def pointing_of(plan: Plan, number: int) -> list[PlannedExposureRow]:
    """Every exposure of the pointing of a plan's exposure, by its number from 1; empty: none."""
    if not 1 <= number <= len(plan.exposures):
        return []
    pointings = grouped(plan.exposures).tolist()
    here = pointings[number - 1]
    return [row for row, at in zip(plan.exposures, pointings, strict=True) if at == here]


def pointings(plan: Plan) -> list[list[PlannedExposureRow]]:
    """The exposures of a plan by pointing, in the order of the first of each."""
    found: dict[int, list[PlannedExposureRow]] = {}
    for row, at in zip(plan.exposures, grouped(plan.exposures).tolist(), strict=True):
        found.setdefault(at, []).append(row)
    return list(found.values())


def finding_chart(
    exposures: Sequence[PlannedExposureRow],
    telescope: str,
    contours: Mapping[str, Any] | None,
    peak: tuple[float, float] | None,
    galaxies: Table | None,
) -> FindingChart:
    """Draw a pointing.

    Parameters
    ----------
    exposures
        Of the pointing, at least one.
    telescope
        Whose camera is drawn.
    contours
        Of the map, as the database has them.
    peak
        RA and Dec of the map's brightest position, deg.
    galaxies
        With columns ra, dec (deg) and distance (Mpc).
    """
    first = exposures[0]
    center = SkyCoord(first.ra, first.dec, unit=u.deg)
    footprint = TELESCOPES[telescope].footprint
    camera = np.radians(outline(footprint))
    plane = Plane(_MARGIN * float(np.linalg.norm(camera, axis=1).max()))
    frame = tangent_frames(center)
    marked, beyond = _galaxies(plane, frame, galaxies)
    bar = next((each for each in _BARS if plane.length(each) <= SIDE / 4), _BARS[-1])
    lines = grid_lines(center, plane.half)
    return FindingChart(
        exposures=list(exposures),
        ra=first.ra,
        dec=first.dec,
        detectors=plane.path(footprint.corners.to_value(u.rad), is_closed=True),
        camera=plane.path([camera], is_closed=True),
        contours=_contours(plane, frame, contours),
        grid="".join(plane.path(line.parts) for line in lines),
        labels=_labels(plane, lines, is_declination=False),
        dec_labels=_labels(plane, lines, is_declination=True),
        bar=plane.length(bar),
        bar_text=angle(bar),
        width_text=angle(float(2 * np.degrees(np.arctan(plane.half)))),
        galaxies=marked,
        galaxies_beyond=beyond,
        peak="" if peak is None else _peak(center, SkyCoord(*peak, unit=u.deg)),
    )


def angle(degrees: float) -> str:
    """Write an angle with the signs of a chart."""
    return formatting.angle(degrees, ("°", "\N{PRIME}", "\N{DOUBLE PRIME}"))


def _contours(
    plane: Plane, frame: NDArray[np.float64], contours: Mapping[str, Any] | None
) -> list[Contour]:
    found = []
    for feature in (contours or {}).get("features", []):
        rings = [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]
        path = "".join(
            plane.path(tangent_lines(np.array(ring, dtype=float), frame)) for ring in rings
        )
        if path:
            found.append(Contour(round(feature["properties"]["credible_level"]), path))
    return found


def _labels(plane: Plane, lines: Sequence[GridLine], *, is_declination: bool) -> list[Label]:
    """Where lines leave the chart: those of right ascension below, those of declination left."""
    along, at = (1, 0) if is_declination else (0, 1)
    edge = 0.0 if is_declination else SIDE
    found: list[Label] = []
    for line in lines:
        if line.is_declination != is_declination:
            continue
        for part in line.parts:
            places = plane.places(part)
            across = places[:, at] - edge
            for k in np.flatnonzero(across[:-1] * across[1:] <= 0).tolist():
                step = across[k] - across[k + 1]
                share = across[k] / step if step else 0.0
                value = float(places[k, along] + share * (places[k + 1, along] - places[k, along]))
                if 0 <= value <= SIDE and all(abs(value - _along(one, along)) > 5 for one in found):
                    x, y = (edge, value) if is_declination else (value, edge)
                    found.append(Label(round(x, 2), round(y, 2), line.text))
    return found


def _along(label: Label, along: int) -> float:
    return label.y if along else label.x


def _galaxies(
    plane: Plane, frame: NDArray[np.float64], galaxies: Table | None
) -> tuple[list[Galaxy], int]:
    if galaxies is None or len(galaxies) == 0:
        return [], 0
    ra, dec = (np.asarray(galaxies[name], dtype=float) for name in ("ra", "dec"))
    offsets = tangent_points(SkyCoord(ra, dec, unit=u.deg), frame)
    inside = np.flatnonzero((np.abs(offsets) <= plane.half).all(axis=1))
    nearest = inside[np.argsort(np.linalg.norm(offsets[inside], axis=1), kind="stable")]
    distance = np.asarray(galaxies["distance"], dtype=float)
    places = plane.places(offsets[nearest])
    found = [
        Galaxy(
            number, round(float(x), 2), round(float(y), 2), float(ra[k]), float(dec[k]),
            float(distance[k]),
        )
        for number, (k, (x, y)) in enumerate(
            zip(nearest[:_MAX_MARKED].tolist(), places, strict=False), start=1
        )
    ]  # fmt: skip
    return found, len(nearest) - len(found)


def _peak(center: SkyCoord, peak: SkyCoord) -> str:
    away = float(center.separation(peak).deg)
    towards = float(center.position_angle(peak).deg)
    place = sexagesimal(float(peak.ra.deg), float(peak.dec.deg))
    return f"{place}, {angle(away)} from here at position angle {towards:.0f}° (east of north)"
