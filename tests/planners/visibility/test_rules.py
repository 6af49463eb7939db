"""Rules of visibility, by known answers."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u

from planners.visibility.rules import right_ascension_between

AROUND = np.array([0.5, 90, 180, 270, 359.5])


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [
        (350, 20, [True, False, False, False, True]),
        (20, 350, [False, True, True, True, False]),
        (-10, 20, [True, False, False, False, True]),
        (0, 360, [True] * 5),
        (360, 0, [True] * 5),
        (90, 90, [False, False, False, False, False]),
    ],
)
def test_a_range_of_right_ascension_goes_eastward(low, high, inside):
    rule = right_ascension_between(low * u.deg, high * u.deg)
    margin = rule.margin(SimpleNamespace(right_ascension=AROUND))
    assert (margin > 0).tolist() == inside
