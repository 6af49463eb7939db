"""Region files hold the camera where it points."""

import re

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from planners.files.regions import region_text
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure


def plan(*pointings: tuple[int, float, float, str]) -> ObservingPlan:
    start = Time("2025-01-01T02:00:00")
    exposures = tuple(
        PlannedExposure(
            field_id=field, ra=ra * u.deg, dec=dec * u.deg, filter=name, start=start + k * u.min,
            exposure_time=30 * u.s, airmass=1.1, probability=0.1, visit=0,
        )
        for k, (field, ra, dec, name) in enumerate(pointings)
    )  # fmt: skip
    request = ObservingRequest(
        start=start, end=start + 1 * u.h, filters=("g", "r"), exposure_time={"g": 30 * u.s}
    )
    return ObservingPlan("ZTF", "greedy", request, exposures, {})


def polygons(text: str) -> list[tuple[np.ndarray, str]]:
    found = re.findall(r"^polygon\(([^)]*)\) # text=\{(.*)\}$", text, re.MULTILINE)
    return [(np.array(points.split(","), float).reshape(-1, 2), label) for points, label in found]


def test_each_pointing_is_drawn_once_around_its_center_also_over_the_origin_and_a_pole():
    places = [(600, 359.9, 10.0), (601, 120.0, 88.0), (-1, 45.0, -20.0)]
    text = region_text(plan(*((*each, f) for each in places for f in "gr")), TELESCOPES["ZTF"])
    assert text.splitlines()[0] == "# Region file format: DS9 version 4.1"
    assert "icrs" in text.splitlines()
    drawn = polygons(text)
    assert [label for _, label in drawn] == ["600 g+r", "601 g+r", "45.00000 -20.00000 g+r"]
    camera = TELESCOPES["ZTF"].footprint.corners.to_value(u.deg).reshape(-1, 2)
    reach = np.degrees(np.arctan(np.radians(np.hypot(*camera.T).max())))
    for (points, _), (_, ra, dec) in zip(drawn, places, strict=True):
        corners = SkyCoord(*points.T, unit=u.deg)
        separation = corners.separation(SkyCoord(ra, dec, unit=u.deg)).deg
        assert abs(separation.max() - reach) < 1e-3
        assert len(points) >= 4
