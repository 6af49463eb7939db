"""Plans over several nights: visits on different nights, and a bound that knows nights apart."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from astropy import units as u

from planners import plan
from planners.problem.build import build_problem
from planners.search.bound import upper_bound
from telescopes import TELESCOPES, ZTF
from tests.planners.cases import NIGHTS, blob, request_for, ring
from tests.planners.checker import violations


def nights_of(made):
    """Nights in which each field is visited, by field."""
    nights = defaultdict(set)
    for exposure in made.exposures:
        nights[exposure.field_id].add(round((exposure.start - NIGHTS[1]).to_value(u.day) - 0.3))
    return nights


def test_a_field_that_is_up_for_less_than_the_gap_is_visited_on_two_nights():
    # At 29 degrees south it culminates at airmass 2.1, and is below 2.45 for three hours a night.
    request = request_for(
        NIGHTS[1], 48, minimum_gap=5 * u.hour, airmass_limit=2.45, interruption_rate=0 / u.h
    )
    made = plan(blob(95.0, -29.0, 1.0), "ZTF", request)
    assert violations(made, ZTF) == []
    assert made.statistics["probability_all_filters"] > 0.5
    assert made.statistics["optimality_gap"] < 0.03
    assert all(len(nights) == 2 for nights in nights_of(made).values())


def test_a_gap_of_a_day_is_kept_by_visits_on_the_next_night():
    made = plan(blob(150.0, 40.0, 6.0), "ZTF", request_for(NIGHTS[1], 48, minimum_gap=18 * u.hour))
    assert violations(made, ZTF) == []
    assert made.statistics["optimality_gap"] < 0.03
    assert {len(nights) for nights in nights_of(made).values()} == {2}


def test_three_filters_twice_over_three_nights():
    filters = ("g", "r", "i", "g", "r", "i")
    made = plan(blob(150.0, 40.0, 8.0), "ZTF", request_for(NIGHTS[1], 72, filters))
    assert violations(made, ZTF) == []
    assert made.statistics["optimality_gap"] < 0.02


@pytest.mark.parametrize(("telescope", "exposure"), [("WINTER", 960), ("GROWTH-India", 300)])
def test_two_nights_are_used_and_their_bound_is_near_that_of_each(telescope, exposure):
    skymap = ring(150.0, 20.0, 60.0, 8.0)
    chosen = TELESCOPES[telescope]
    name = chosen.default_filters[0]
    # At the same local time everywhere.
    eastward = chosen.site.location.lon - ZTF.site.location.lon
    start = NIGHTS[1] - eastward.wrap_at(180 * u.deg).to_value(u.hourangle) * u.hour
    one, two = (
        build_problem(skymap, chosen, request_for(start, hours, (name,), exposure))
        for hours in (24, 48)
    )
    bounds = [upper_bound(problem) for problem in (one, two)]
    # Twice the time covers no more than twice as much, but for what one night is longer.
    assert bounds[0] < bounds[1] < 2.02 * bounds[0]
    made = plan(skymap, telescope, two.request)
    assert violations(made, chosen) == []
    figures = made.statistics
    assert figures["optimality_gap"] < 0.09
    # No night is left idle where a field has just set.
    assert figures["total_time"] > 0.9 * figures["dark_time"]
    is_second = np.array([(one.start - start).to_value(u.day) > 0.8 for one in made.exposures])
    assert 0.45 < is_second.mean() < 0.55
