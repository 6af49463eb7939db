"""Cells of cameras are found once for all planners and nights that tests look at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from astropy import units as u

from planners.footprints import layers
from planners.footprints.cameras import camera_cells

MOST = 64
"""Answers that are kept: half a gigabyte."""


@pytest.fixture(scope="session", autouse=True)
def cells_once() -> Iterator[None]:
    """The same pointings of the same camera cover the same cells, whoever asks.

    What `planners.footprints.cameras` finds is tested in `footprints`, without this.
    """
    found: OrderedDict[tuple[object, ...], tuple[np.ndarray, ...]] = OrderedDict()

    def once(footprint, coord, order, within=None):
        places = coord.icrs.ra.to_value(u.rad), coord.icrs.dec.to_value(u.rad)
        region = () if within is None else (within.lo, within.hi)
        given = footprint.corners.to_value(u.rad), *places, *region
        key = (order, within is None, *(np.ascontiguousarray(part).tobytes() for part in given))
        if key in found:
            found.move_to_end(key)
            return found[key]
        found[key] = camera_cells(footprint, coord, order, within)
        for part in found[key]:
            part.setflags(write=False)
        if len(found) > MOST:
            found.popitem(last=False)
        return found[key]

    with patch.object(layers, "camera_cells", once):
        yield
