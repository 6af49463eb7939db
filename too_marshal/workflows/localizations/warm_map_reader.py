"""Use once what reading a map uses, so that children of whoever imports this have it loaded."""

from __future__ import annotations

import numpy as np

from planners.geometry.ranges import Ranges
from planners.skymaps.skymap import SkyMap
from too_marshal.workflows.localizations.map_reader import describe

_PATCH = Ranges.of_cells(3, np.arange(5))
describe(SkyMap.normalized((_PATCH.lo, _PATCH.hi), np.ones(len(_PATCH))))
