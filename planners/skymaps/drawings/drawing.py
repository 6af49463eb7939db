"""Pictures of a sky map for where no script runs: the whole sky, and a closer look.

The projections are those of ligo.skymap. Importing it costs two seconds and 200 MB, so only who
draws does, in the service a process that ends; see `planners.skymaps.drawings.process`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from planners.geometry.ranges import HIGHEST_ORDER, hpx29
from planners.skymaps.drawings.drawn_sky import ORDER, WIDEST, DrawnSky
from planners.skymaps.drawings.outlined_tiles import Tiles
from planners.skymaps.skymap import SkyMap

__all__ = ["DrawnSky", "Tiles", "all_sky", "png", "zoomed"]

_COLORS = {0.9: "#5b5b5b", 0.5: "#111111"}
"""Of the outlines, by credible level."""

_PLANE, _BRIGHTEST, _GRID = "#4a6fa5", "#0b6e4f", "#b0b0b0"
"""Colors of the Galactic plane, the brightest position and the grid."""

_WIDTH = 800
"""Pixels."""


def all_sky(skymap: SkyMap | DrawnSky, tiles: Sequence[Tiles] = ()) -> Figure:
    """Draw the whole sky, in equal areas.

    Parameters
    ----------
    skymap
        Any; how fine it is does not matter.
    tiles
        Pointings to outline.

    Examples
    --------
    >>> from astropy import units as u
    >>> from planners import circle_skymap
    >>> from planners.skymaps.drawings.drawing import all_sky, png
    >>> figure = all_sky(circle_skymap(150 * u.deg, 20 * u.deg, 9 * u.deg, containment=0.9))
    >>> png(figure)[1:4]
    b'PNG'
    """
    sky = _reduced(skymap)
    figure = _figure()
    axes = figure.add_axes((0.05, 0.13, 0.9, 0.84), projection="astro hours mollweide")
    axes.grid(color=_GRID, linewidth=0.5)
    _fill(axes, lambda coord: sky.picture[hpx29(coord) >> (2 * (HIGHEST_ORDER - ORDER))])
    _annotate(figure, axes, sky, tiles)
    return figure


def zoomed(skymap: SkyMap | DrawnSky, tiles: Sequence[Tiles] = ()) -> Figure:
    """Draw the 90 % region: in the tangent plane, or on the globe where it is wide.

    Parameters
    ----------
    skymap
        Any.
    tiles
        Pointings to outline.
    """
    sky = _reduced(skymap)
    figure = _figure()
    axes: Any
    if sky.radius > WIDEST:
        box = (0.05, 0.14, 0.9, 0.82)
        axes = figure.add_axes(box, projection="astro globe", center=sky.center)
        names = ("", "")
    else:
        axes = figure.add_axes(
            (0.12, 0.23, 0.84, 0.74),
            projection="astro degrees zoom",
            center=sky.center,
            radius=sky.radius * u.deg,
        )
        names = ("right ascension", "declination")
    axes.grid(color=_GRID, linewidth=0.5)
    for axis, name in zip(axes.coords, names, strict=True):
        axis.set_ticklabel(exclude_overlapping=True)
        axis.set_axislabel(name)
    _fill(axes, sky.near.density_at)
    _annotate(figure, axes, sky, tiles)
    return figure


def png(figure: Figure) -> bytes:
    """Write a picture 800 pixels wide; the same picture always gives the same bytes."""
    out = io.BytesIO()
    # Which version of matplotlib drew it is no part of the picture.
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()


def _reduced(skymap: SkyMap | DrawnSky) -> DrawnSky:
    return skymap if isinstance(skymap, DrawnSky) else DrawnSky.of(skymap)


def _figure() -> Figure:
    # Importing it is what makes matplotlib know the projections.
    importlib.import_module("ligo.skymap.plot")
    # A ground of its own: it is shown on dark pages too.
    figure = Figure(figsize=(_WIDTH / 100, 5), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _fill(axes: Any, values_at: Callable[[SkyCoord], NDArray[np.float64]]) -> None:
    """Color each pixel of the picture by what the map is there."""
    width, height = (round(high - low) for low, high in (axes.get_xlim(), axes.get_ylim()))
    step = width / _WIDTH
    x, y = (np.arange(-0.5, size - 0.5, step) + step / 2 for size in (width, height))
    with np.errstate(invalid="ignore"):
        ra, dec = axes.wcs.all_pix2world(*np.meshgrid(x, y), 0)
    seen = np.isfinite(ra) & np.isfinite(dec)
    picture = np.full(seen.shape, np.nan)
    picture[seen] = values_at(SkyCoord(ra[seen], dec[seen], unit=u.deg))
    axes.imshow(
        picture,
        cmap="cylon",
        vmin=0,
        interpolation="nearest",
        aspect="equal",
        extent=(-0.5, width - 0.5, -0.5, height - 0.5),
        origin="lower",
    )


def _annotate(figure: Figure, axes: Any, sky: DrawnSky, tiles: Sequence[Tiles]) -> None:
    limits = axes.get_xlim(), axes.get_ylim()
    longitude = np.linspace(0, 360, 721)
    plane = SkyCoord(longitude, np.zeros_like(longitude), unit=u.deg, frame="galactic").icrs
    _draw(axes, [np.stack([plane.ra.deg, plane.dec.deg], axis=-1)], _PLANE, 1.2, "dotted")
    for group in tiles:
        _draw(axes, group.outlines, group.color, 0.9)
    for level, rings in sky.outlines.items():
        _draw(axes, rings, _COLORS[level], 1.1)
    axes.plot(
        *sky.peak,
        marker="*",
        color=_BRIGHTEST,
        markersize=11,
        markeredgecolor="white",
        transform=axes.get_transform("world"),
    )
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    handles = _handles(sky, tiles)
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=min(len(handles), 4),
        frameon=False,
        fontsize=10,
        columnspacing=1.2,
        handlelength=1.5,
    )


def _handles(sky: DrawnSky, tiles: Sequence[Tiles]) -> list[Line2D]:
    regions = [
        Line2D([], [], color=color, label=f"{100 * level:.0f} % in {_area(sky.areas[level])}")
        for level, color in _COLORS.items()
    ]
    star = Line2D([], [], color=_BRIGHTEST, marker="*", ls="", markersize=10, label="brightest")
    plane = Line2D([], [], color=_PLANE, linestyle="dotted", label="Galactic plane")
    groups = [Line2D([], [], color=group.color, label=group.label) for group in tiles]
    return [*regions, star, plane, *groups]


def _area(degrees: float) -> str:
    """An area in the unit in which it is a plain number."""
    if degrees >= 1000:
        return f"{degrees:.0f} deg²"
    for unit, scale in (("deg²", 1), ("arcmin²", 60**2)):
        if degrees * scale >= 0.1:
            return f"{degrees * scale:.3g} {unit}"
    return f"{degrees * 3600**2:.3g} arcsec²"


def _draw(
    axes: Any,
    lines: Iterable[NDArray[np.float64]],
    color: str,
    width: float,
    style: str = "solid",
) -> None:
    """Lines of positions (RA and Dec, deg), cut where the projection tears them."""
    span = axes.get_xlim()[1] - axes.get_xlim()[0]
    pieces: list[NDArray[np.float64]] = []
    for line in lines:
        with np.errstate(invalid="ignore"):
            place = np.stack(axes.wcs.all_world2pix(line[:, 0], line[:, 1], 0), axis=-1)
        jump = np.hypot(*np.diff(place, axis=0).T)
        torn = np.flatnonzero(~(jump < span / 4)) + 1
        pieces += [piece for piece in np.split(place, torn) if len(piece) > 1]
    around = withStroke(linewidth=width + 1.2, foreground="white")
    drawn = LineCollection(
        pieces, colors=color, linewidths=width, linestyles=style, path_effects=[around]
    )
    axes.add_collection(drawn, autolim=False)
