import numpy as np
import pytest
from astropy import units as u

from planners import circle_skymap
from too_marshal.workflows.localizations.compare_maps import map_change


def circle(ra: float, radius: float):
    return circle_skymap(ra * u.deg, 0 * u.deg, radius * u.deg, containment=0.9)


def test_what_shrinks_around_its_middle_stays_within():
    change = map_change(circle(150.0, 4.0), circle(150.0, 2.0))
    # Two normal distributions: 0.1 is left outside of 2 deg, so 0.1^4 outside of 4 deg.
    assert change.difference.in_old_90 == pytest.approx(1 - 0.1**4, abs=1e-4)
    assert change.area_90 == pytest.approx((np.pi * 16, np.pi * 4), rel=0.01)
    assert change.separation == pytest.approx(0, abs=0.01)
    back = map_change(circle(150.0, 2.0), circle(150.0, 4.0))
    assert back.difference.in_old_90 == pytest.approx(1 - 0.1 ** (1 / 4), abs=2e-3)
    assert back.area_90 == change.area_90[::-1]


def test_of_what_lies_elsewhere_nothing_is_kept():
    change = map_change(circle(150.0, 2.0), circle(180.0, 2.0))
    assert change.difference.in_old_90 < 1e-6
    assert change.separation == pytest.approx(30, abs=0.05)
