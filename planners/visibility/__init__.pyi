from .depth import limiting_magnitudes
from .intervals import Intervals, visible_intervals
from .local_sky import LocalSky
from .rules import TWILIGHTS, rules_for
from .slew import SlewTimes

__all__ = [
    "TWILIGHTS",
    "Intervals",
    "LocalSky",
    "SlewTimes",
    "limiting_magnitudes",
    "rules_for",
    "visible_intervals",
]
