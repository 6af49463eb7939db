"""Draw a sky map in a process of its own: the libraries that draw are large, and leave with it."""

from __future__ import annotations

import json
import os
import resource
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from planners.child_process import run_child
from planners.skymaps.drawings.drawn_sky import LEVELS, DrawnSky
from planners.skymaps.drawings.outlined_tiles import Tiles
from planners.skymaps.skymap import SkyMap
from planners.skymaps.store import unpack

MEMORY = 3 << 29
"""Address space of the process, bytes: a flat map of NSIDE 1024 needs 500 MB in memory."""

_SECONDS = 60.0
"""It is given no more time."""

_MAP, _FACTS, _ALL_SKY, _ZOOM = "map.npz", "facts.json", "map.png", "zoom.png"

_PROGRAM = """
import sys
from pathlib import Path
from planners.skymaps.drawings.process import draw_folder
draw_folder(Path(sys.argv[1]))
"""


class DrawingFailed(RuntimeError):
    """The map was not drawn; the message says why."""


@dataclass(frozen=True)
class Drawing:
    """Two pictures of a map, PNG."""

    all_sky: bytes
    """The whole sky."""

    zoom: bytes
    """The 90 % region."""


def draw(
    prepared: bytes,
    facts: Mapping[str, Any],
    tiles: Sequence[Tiles] = (),
    is_stopped: Callable[[], bool] = lambda: False,
) -> Drawing:
    """Draw a map.

    Parameters
    ----------
    prepared
        As `SkyMap.to_bytes` writes it.
    facts
        What is known of it: peak_ra and peak_dec (deg), area_50 and area_90 (deg2), contours
        (GeoJSON of these two levels and maybe others).
    tiles
        Pointings to outline.
    is_stopped
        Asked about once a second.

    Raises
    ------
    DrawingFailed
        If it cannot be drawn, or takes too long or too much memory.
    Stopped
        If it was to be stopped.
    """
    with tempfile.TemporaryDirectory(prefix="too-marshal-") as name:
        folder = Path(name)
        (folder / _MAP).write_bytes(prepared)
        lines = [
            {
                "label": group.label,
                "color": group.color,
                "outlines": [np.asarray(line).tolist() for line in group.outlines],
            }
            for group in tiles
        ]
        (folder / _FACTS).write_text(json.dumps({**facts, "tiles": lines}))
        # A pool of threads takes address space, and two pictures need none.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            done = run_child(_PROGRAM, folder, environment, _SECONDS, is_stopped)
        except TimeoutError:
            raise DrawingFailed(f"drawing it takes over {_SECONDS:.0f} s") from None
        if done.code != 0:
            raise DrawingFailed(f"drawing it failed: {done.reason}")
        return Drawing((folder / _ALL_SKY).read_bytes(), (folder / _ZOOM).read_bytes())


def draw_folder(folder: Path) -> None:
    """Do what the process is for: read the map of a folder, and write its pictures there."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    facts = json.loads((folder / _FACTS).read_text())
    columns, _ = unpack(folder / _MAP, ("lo", "hi", "density"))
    areas = {level: facts[f"area_{100 * level:.0f}"] for level in LEVELS}
    peak = (facts["peak_ra"], facts["peak_dec"])
    skymap = SkyMap(columns["lo"], columns["hi"], columns["density"])
    sky = DrawnSky.known(skymap, peak, areas, facts["contours"])
    del columns, skymap
    # Only now, when the map is small: what draws is as large.
    from planners.skymaps.drawings.drawing import all_sky, png, zoomed  # noqa: PLC0415

    tiles = [
        Tiles(each["label"], each["color"], [np.asarray(line) for line in each["outlines"]])
        for each in facts["tiles"]
    ]
    (folder / _ALL_SKY).write_bytes(png(all_sky(sky, tiles)))
    (folder / _ZOOM).write_bytes(png(zoomed(sky, tiles)))
