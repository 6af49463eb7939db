"""A picture of a plan: the sky map and the fields on it."""

from __future__ import annotations

from pathlib import Path

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from planners.geometry.directions import lon_lat, tangent_frames
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ObservingPlan
from telescopes.telescope import Telescope

_COLORS = {"u": "tab:purple", "g": "tab:green", "r": "tab:red", "i": "tab:orange", "J": "k"}
"""Of the outlines, by filter; others are blue."""

_PIXELS = (400, 800)
"""Of the picture of the map."""


def plot_plan(skymap: SkyMap, telescope: Telescope, plan: ObservingPlan, path: Path) -> None:
    """Draw the map, in equal areas of the whole sky, and the outline of each field.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    figure = Figure(figsize=(10, 6))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="mollweide")
    lon, lat, density = _picture(skymap)
    axes.pcolormesh(lon, lat, density, cmap="Grays", shading="auto", rasterized=True)
    for name in dict.fromkeys(exposure.filter for exposure in plan.exposures):
        lines = _outlines(telescope, plan, name)
        color = _COLORS.get(name, "tab:blue")
        axes.add_collection(LineCollection(lines, colors=color, linewidths=0.6, label=name))
    axes.grid(visible=True, alpha=0.3)
    hours = np.arange(22, 0, -2)
    axes.set_xticks(np.radians(180 - 15 * hours), [f"{hour} h" for hour in hours], fontsize=7)
    figures = plan.statistics
    axes.set_title(
        f"{plan.telescope}, {plan.planner}: {figures['exposures']} exposures of "
        f"{figures['fields']} fields,\n{figures['probability_all_filters']:.1%} of the "
        "probability in all visits",
        fontsize=10,
    )
    if plan.exposures:
        axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def _picture(skymap: SkyMap) -> tuple[NDArray[np.float64], ...]:
    """Edges of the pixels, east to the left, and the density in them."""
    rows, columns = _PIXELS
    x, y = np.linspace(-np.pi, np.pi, columns + 1), np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    ra = (np.pi - (x[:-1] + x[1:]) / 2) % (2 * np.pi)
    dec = (y[:-1] + y[1:]) / 2
    order = 7
    cell = astropy_healpix.lonlat_to_healpix(
        ra[None, :] * u.rad, dec[:, None] * u.rad, 1 << order, order="nested"
    )
    return x, y, skymap.rasterize(order)[cell]


def _outlines(telescope: Telescope, plan: ObservingPlan, name: str) -> list[NDArray[np.float64]]:
    """Sides of the box around the camera, one polyline each that does not leave the picture."""
    corners = telescope.footprint.corners.to_value(u.rad).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    east = np.array([low[0], high[0], high[0], low[0], low[0]])
    north = np.array([low[1], low[1], high[1], high[1], low[1]])
    lines = []
    for exposure in plan.exposures:
        if exposure.filter != name:
            continue
        frame = tangent_frames(SkyCoord([exposure.ra], [exposure.dec]))[0]
        ra, y = lon_lat(np.stack([east, north, np.ones(5)], axis=-1) @ frame)
        x = np.pi - ra % (2 * np.pi)
        lines += [
            np.array([[x[k], y[k]], [x[k + 1], y[k + 1]]])
            for k in range(4)
            if abs(x[k + 1] - x[k]) < np.pi
        ]
    return lines
