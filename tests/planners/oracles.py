"""Other people's tools, asked the same questions."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from astropy import units as u
from astropy.table import Table
from numpy.typing import NDArray


def ligo_skymap() -> SimpleNamespace:
    """Modules of ligo.skymap, imported where they are needed: it takes seconds."""
    with warnings.catch_warnings():
        # Its extension modules call what numpy has deprecated.
        warnings.simplefilter("ignore")
        from ligo.skymap import distance, moc  # noqa: PLC0415 - slow to import
        from ligo.skymap.bayestar import rasterize  # noqa: PLC0415
        from ligo.skymap.io import read_sky_map  # noqa: PLC0415
        from ligo.skymap.postprocess import crossmatch  # noqa: PLC0415
    return SimpleNamespace(
        crossmatch=crossmatch,
        distance=distance,
        moc=moc,
        rasterize=rasterize,
        read_sky_map=read_sky_map,
    )


def ligo_table(path: Path) -> Table:
    """A multi-order table as ligo.skymap reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ligo_skymap().read_sky_map(str(path), moc=True)


def ligo_areas(table: Table, levels: tuple[float, ...]) -> u.Quantity[u.deg**2]:
    """Areas of credible regions by ligo.skymap."""
    found = ligo_skymap().crossmatch(table, contours=levels)
    return np.asarray(found.contour_areas) * u.deg**2


def flat_area(probability: NDArray[np.floating], level: float) -> u.Quantity[u.deg**2]:
    """Area of the smallest region that holds `level`, counted pixel by pixel."""
    descending = np.sort(probability[probability > 0].astype(np.float64))[::-1]
    n = int(np.searchsorted(np.cumsum(descending), level * descending.sum())) + 1
    return n * (4 * np.pi / len(probability) * u.sr).to(u.deg**2)
