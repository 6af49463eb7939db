"""An exposure that is told of twice is found, whatever its numbers are rounded to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from telescopes.pairing.pointings import SAME_POINTING
from telescopes.pairing.repetitions import Shutters
from tests.telescopes.pairing.test_pointings import (
    NOON,
    Exposed,
    directions,
    moved,
    positions_on_the_sky,
)


@given(
    positions_on_the_sky, directions, st.floats(0, 0.9), st.floats(0, 86400), st.floats(-0.99, 0.99)
)
def test_the_same_exposure_is_found(place, direction, part, second, shift):
    start = NOON + timedelta(seconds=second)
    known = Exposed(*place, start=start)
    shutters = Shutters([known])
    other = moved(place, direction, part * SAME_POINTING)
    assert shutters.find(Exposed(*other, start=start + timedelta(seconds=shift))) is known


def test_another_filter_start_or_pointing_is_another():
    known = Exposed(150.0, 30.0, start=NOON)
    shutters = Shutters([known])
    for other in (
        replace(known, filter="r"),
        replace(known, start=NOON + timedelta(seconds=1.1)),
        replace(known, dec=30.1),
    ):
        assert shutters.find(other) is None
        shutters.add(other)
        assert shutters.find(other) is other
