"""What is left of a sky map once a part of the sky was observed, as a multi-order FITS file."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from planners.child_process import run_child
from planners.geometry.ranges import CELL_AREA, HIGHEST_ORDER, Ranges, expand, overlaps
from planners.skymaps.skymap import SkyMap

TOTAL = "PROBSUM"
"""Card of the header: what a map sums to where that is meant not to be one."""

_SECONDS = 60.0

_PROGRAM = """
import sys
from pathlib import Path
from planners.skymaps.remaining_map import write_folder
write_folder(Path(sys.argv[1]))
"""


def remaining(skymap: SkyMap, observed: Ranges) -> SkyMap:
    """The map where it was not observed; it sums to what is left, and is not scaled.

    Where `SkyMap.without` gives the probability of a source that was not seen, and would have
    been, this gives that of the source being where nobody has looked.

    Examples
    --------
    >>> from astropy import units as u
    >>> from planners import circle_skymap
    >>> skymap = circle_skymap(150 * u.deg, 20 * u.deg, 5 * u.deg, containment=0.9)
    >>> left = remaining(skymap, skymap.region(0.5))
    >>> print(f"{left.probability.sum() + skymap.probability_in(skymap.region(0.5)):.6f}")
    1.000000
    """
    unobserved = observed.complement()
    lo, hi, owner, _ = overlaps(skymap.lo, skymap.hi, unobserved.lo, unobserved.hi)

    def there(column: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
        return None if column is None else column[owner]

    return SkyMap(
        lo,
        hi,
        skymap.density[owner],
        there(skymap.distmu),
        there(skymap.distsigma),
        there(skymap.distnorm),
        skymap.metadata,
    )


def write_multiorder(skymap: SkyMap, path: Path, origin: str) -> None:
    """Write a map with ligo.skymap: UNIQ and PROBDENSITY of the whole sky, distances if it has any.

    Its sum is written as it is, and stated in the header as `TOTAL`.

    Parameters
    ----------
    skymap
        Any, as `remaining` makes it.
    path
        Of the file; ``.gz`` compresses it.
    origin
        One sentence for the header: of what map, and what was taken away.
    """
    # It costs 120 MB and a second: only who writes a file pays for it.
    from ligo.skymap.io.fits import write_sky_map  # noqa: PLC0415

    empty = Ranges.of(skymap.lo, skymap.hi).complement()
    lo, hi = np.concatenate([skymap.lo, empty.lo]), np.concatenate([skymap.hi, empty.hi])
    owner, order, cell = cells_of(lo, hi)
    uniq = (np.int64(4) << (2 * order)) + cell
    sorting = np.argsort(uniq, kind="stable")
    owner, nothing = owner[sorting], np.zeros(len(empty))
    table = Table({"UNIQ": uniq[sorting]})
    table["PROBDENSITY"] = np.concatenate([skymap.density, nothing])[owner]
    if skymap.distmu is not None and skymap.distsigma is not None and skymap.distnorm is not None:
        table["DISTMU"] = np.concatenate([skymap.distmu, nothing + np.inf])[owner]
        table["DISTSIGMA"] = np.concatenate([skymap.distsigma, nothing + 1.0])[owner]
        table["DISTNORM"] = np.concatenate([skymap.distnorm, nothing])[owner]
    total = float(np.sum(skymap.density * ((skymap.hi - skymap.lo) * CELL_AREA)))
    table.meta[TOTAL] = (total, "sum of the probability: not scaled to one")
    table.meta["COMMENT"] = [
        origin,
        "What was observed has density zero. The rest is as in the map that it was",
        f"taken from: the sum, {TOTAL}, is the probability that is left.",
    ]
    write_sky_map(str(path), table, creator="too-marshal")


def cells_of(
    lo: NDArray[np.int64], hi: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut ranges into whole HEALPix cells, as large as can be.

    Parameters
    ----------
    lo, hi : ndarray, shape (n,)
        Order-29 ranges.

    Returns
    -------
    owner, order, cell : ndarray, shape (n_cells,)
        The range of each cell, its HEALPix order, and its NESTED index.
    """
    parts: list[tuple[NDArray[np.int64], int, NDArray[np.int64]]] = []
    owner, first, end = np.arange(len(lo)), lo, hi
    for order in range(HIGHEST_ORDER, -1, -1):
        # What does not fill a cell of the next order, at the front and at the back.
        inner = np.minimum(-(-first >> 2) << 2, end) if order else end
        outer = np.maximum((end >> 2) << 2, inner) if order else end
        for begin, stop in ((first, inner), (outer, end)):
            which, rank = expand(stop - begin)
            if len(which):
                parts.append((owner[which], order, begin[which] + rank))
        going = outer > inner
        owner, first, end = owner[going], inner[going] >> 2, outer[going] >> 2
    orders = [np.full(len(cells), order) for _, order, cells in parts]
    empty = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([empty, *(owners for owners, _, _ in parts)]),
        np.concatenate([empty, *orders]),
        np.concatenate([empty, *(cells for _, _, cells in parts)]),
    )


def multiorder_file(skymap: SkyMap, origin: str) -> bytes:
    """What `write_multiorder` writes, gzipped; written in a process of its own.

    The same map gives the same bytes.

    Raises
    ------
    RuntimeError
        If it cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="too-marshal-") as name:
        folder = Path(name)
        (folder / "map.npz").write_bytes(skymap.to_bytes())
        (folder / "origin.txt").write_text(origin, encoding="ascii", errors="replace")
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        done = run_child(_PROGRAM, folder, environment, _SECONDS, lambda: False)
        if done.code != 0:
            raise RuntimeError(f"the map could not be written: {done.reason}")
        return gzip.compress((folder / "left.fits").read_bytes(), 6, mtime=0)


def write_folder(folder: Path) -> None:
    """Do what the process is for: read the map of a folder, and write its file there."""
    skymap = SkyMap.from_bytes((folder / "map.npz").read_bytes())
    write_multiorder(skymap, folder / "left.fits", (folder / "origin.txt").read_text())
