"""How likely a detection is a real change on the sky, and no artifact of the subtraction."""

from counterparts.real_bogus.braai import CALIBRATED, NORMALIZATIONS, scores

__all__ = ["CALIBRATED", "NORMALIZATIONS", "scores"]
