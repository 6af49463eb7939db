"""Each exposure that was taken counts for one that was planned, and none is lost by rounding."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telescopes.pairing.pairing import pairing, pairs
from telescopes.pairing.pointings import SAME_POINTING, is_same_pointing
from tests.telescopes.pairing.test_pointings import (
    NOON,
    Exposed,
    directions,
    moved,
    positions_on_the_sky,
)


@st.composite
def clusters(draw):
    """Exposures on and off the grid, many of them of one pointing or nearly so."""
    middle = draw(positions_on_the_sky)
    made = []
    for number in range(draw(st.integers(0, 8))):
        place = moved(middle, draw(directions), draw(st.floats(0, 3)) * SAME_POINTING)
        made.append(
            Exposed(
                *place,
                field_id=draw(st.sampled_from([-1, -1, -1, 4, 5])),
                filter=draw(st.sampled_from("gr")),
                start=NOON + timedelta(minutes=draw(st.integers(0, 3)), seconds=number),
            )
        )
    return made


@given(clusters(), st.data())
def test_what_is_off_by_up_to_the_tolerance_always_finds_its_plan(planned, data):
    off_grid = [each for each in planned if each.field_id < 0]
    taken = [
        Exposed(
            *moved((each.ra, each.dec), data.draw(directions), SAME_POINTING * 0.9999),
            filter=each.filter,
            start=each.start + timedelta(days=1),
        )
        for each in off_grid
    ]
    assert (pairing(off_grid, taken) >= 0).all()


@given(clusters(), clusters())
def test_nothing_is_used_twice_and_every_pair_is_of_one_pointing_and_filter(planned, taken):
    match = pairing(planned, taken)
    used = match[match >= 0].tolist()
    assert len(used) == len(set(used))
    for one, k in zip(planned, match.tolist(), strict=True):
        if k >= 0:
            assert is_same_pointing(one, taken[k], SAME_POINTING * 1.0001)
            assert one.filter == taken[k].filter
    left = [each for k, each in enumerate(taken) if k not in used]
    for one, k in zip(planned, match.tolist(), strict=True):
        assert k >= 0 or not any(
            one.filter == each.filter and is_same_pointing(one, each, SAME_POINTING * 0.9999)
            for each in left
        )


@given(clusters(), clusters(), st.randoms())
def test_the_order_in_which_they_come_changes_no_count(planned, taken, random):
    count = (pairing(planned, taken) >= 0).sum()
    random.shuffle(planned)
    random.shuffle(taken)
    assert (pairing(planned, taken) >= 0).sum() == count


@given(clusters(), clusters())
def test_it_is_as_many_the_other_way_round(planned, taken):
    assert (pairing(planned, taken) >= 0).sum() == (pairing(taken, planned) >= 0).sum()


def test_visits_of_one_pointing_are_told_apart_by_their_order_in_time():
    planned = [Exposed(10, 0, start=NOON + timedelta(minutes=k)) for k in (0, 30, 60)]
    taken = [Exposed(10, 1e-6, start=NOON + timedelta(hours=5, minutes=k)) for k in (9, 4)]
    assert pairing(planned, taken).tolist() == [1, 0, -1]
    on_grid = [Exposed(10, 0, field_id=3, start=each.start) for each in planned]
    assert pairing(on_grid, taken[::-1]).tolist() == [0, 1, -1]


def test_dithers_within_the_tolerance_are_paired_with_the_nearest():
    step = 10 / 3600
    planned = [Exposed(10 + k * step, 0, start=NOON + timedelta(minutes=k)) for k in range(5)]
    taken = [Exposed(10 + (k + 0.3) * step, 0) for k in (4, 1, 2)]
    assert pairing(planned, taken).tolist() == [-1, 1, 2, -1, 0]


@pytest.mark.parametrize("offset", [2, 5, 10, 25])
def test_none_of_two_thousand_pointings_is_lost_by_a_small_offset(offset):
    generator = np.random.default_rng(1)
    ra = generator.uniform(0, 360, 2000)
    dec = np.degrees(np.arcsin(generator.uniform(-1, 1, 2000)))
    planned = [Exposed(*place) for place in zip(ra, dec, strict=True)]
    taken = [
        Exposed(*moved((one.ra, one.dec), direction, offset / 3600))
        for one, direction in zip(planned, generator.uniform(0, 360, 2000), strict=True)
    ]
    paired = pairs(planned, taken)
    assert [each is taken[k] for k, each in enumerate(paired)].count(True) == 2000
