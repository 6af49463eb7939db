"""Cameras of other groups, kept with the exposures that they took."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units as u

from telescopes.telescope import Footprint, Telescope
from telescopes.treasure_map.exposures import camera_alone


def camera_to_json(footprint: Footprint) -> dict[str, Any]:
    """A footprint as it is stored: corners in degrees from the boresight."""
    return {
        "detector_id": footprint.detector_id.tolist(),
        "corners": footprint.corners.to_value(u.deg).tolist(),
    }


def camera_from_json(name: str, document: dict[str, Any]) -> Telescope:
    """A telescope of which only the camera is known."""
    footprint = Footprint(
        np.array(document["detector_id"], dtype=np.int64),
        np.array(document["corners"], dtype=np.float64) * u.deg,
    )
    return camera_alone(name, footprint)
