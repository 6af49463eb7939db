"""The simulated telescope: its times, and what becomes of exposures."""

import itertools

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from telescopes.limiting_magnitudes import limiting_magnitudes
from telescopes.preflight.local_sky import SeenPosition
from telescopes.simulators.clock import DAY
from telescopes.simulators.ztf import make_robot
from telescopes.simulators.ztf_rules import read_queue
from telescopes.ztf.facts import ZTF
from tests.telescopes.plans import START
from tests.telescopes.simulators.test_ztf_rules import SKY, message

NIGHT = float(START.mjd)


def fields(n_fields, dec=33.0, spacing=7.0, mjd=NIGHT, **changes):
    """Targets along a parallel near the meridian, all observable for hours."""
    lst = SKY.sidereal_time(mjd)
    base = {"program_id": 3, "program_pi": "Kulkarni", "subprogram_name": "ToO_a", "filter_id": 2}
    return [
        {
            **base,
            "field_id": i,
            "ra": (lst + (i - n_fields / 2) * spacing) % 360,
            "dec": dec,
            **changes,
        }
        for i in range(n_fields)
    ]


def robot(*targets, window=(NIGHT, NIGHT + 0.2), **settings):
    made = make_robot(NIGHT, **settings)
    if targets:
        made.roster.put(read_queue(message(*targets, window=window), ZTF.read_grid()))
    return made


def gaps(history):
    """Seconds from each shutter closed to the next opened."""
    return [(b.exposure_mjd - a.end) * DAY for a, b in itertools.pairwise(history)]


def test_a_readout_lies_between_two_exposures_of_one_field():
    made = robot(*fields(1, n_repeats=4))
    made.run(NIGHT + 0.1)
    assert len(made.history) == 4
    assert gaps(made.history) == pytest.approx([8.0] * 3, abs=1e-3)


def test_a_slew_longer_than_the_readout():
    made = robot(*fields(2, spacing=30.0))
    made.run(NIGHT + 0.1)
    axis = ZTF.overheads.hour_angle_axis
    # 30 deg at 2.5 deg/s with ramps of 6.25 s, and 2 s to settle.
    assert axis.slew_time(30 * axis.speed.unit * ZTF.overheads.readout.unit).value == 18.25
    assert gaps(made.history) == pytest.approx([20.25], abs=1e-3)


def test_a_filter_exchange():
    made = robot(*fields(1), *fields(1, filter_id=1))
    made.run(NIGHT + 0.1)
    # 135 s for the exchange, and 8 s to read out.
    assert gaps(made.history) == pytest.approx([143.0], abs=1e-3)


def test_declination_counts_too():
    made = robot(*fields(1, dec=10.0), *fields(1, dec=40.0))
    made.run(NIGHT + 0.1)
    assert gaps(made.history) == pytest.approx([10 + 6 + 2], abs=1e-3)


def test_nothing_begins_in_daylight():
    made = robot(*fields(400, spacing=0.2), window=(NIGHT - 0.5, NIGHT + 1.5))
    made.free_at = NIGHT - 0.5
    made.run(NIGHT + 1.5)
    assert made.history
    for exposure in made.history:
        assert made.sky.sun_altitude(exposure.exposure_mjd - 0.001) <= -11.5


def test_an_open_shutter_is_neither_queued_nor_history():
    made = robot(*fields(1))
    made.run(NIGHT + 20 / DAY)
    assert made.pending is not None
    assert not made.roster.queues
    assert not made.history
    made.run(NIGHT + 60 / DAY)
    assert made.pending is None
    assert len(made.history) == 1


def test_a_withdrawn_queue_ends_after_the_open_exposure():
    made = robot(*fields(10))
    made.run(NIGHT + 100 / DAY)
    assert made.pending is not None
    begun = len(made.history) + 1
    made.roster.delete("ToO_a")
    made.run(NIGHT + 0.1)
    assert len(made.history) == begun


def test_what_is_left_at_the_end_of_the_window_is_lost():
    made = robot(*fields(20, spacing=0.1), window=(NIGHT, NIGHT + 300 / DAY))
    made.run(NIGHT + 0.2)
    assert 5 <= len(made.history) <= 9
    assert all(exposure.exposure_mjd <= NIGHT + 300 / DAY for exposure in made.history)
    assert not made.roster.queues


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(1, 600), min_size=1, max_size=40))
def test_the_outcome_does_not_depend_on_how_often_it_is_asked(steps):
    asked_once = robot(*fields(12), *fields(12, filter_id=1))
    asked_often = robot(*fields(12), *fields(12, filter_id=1))
    now = NIGHT
    for step in steps:
        now += step / DAY
        asked_often.run(now)
    asked_once.run(now)
    assert asked_often.history == asked_once.history
    assert asked_often.pending == asked_once.pending


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 600)), min_size=1, max_size=25)
)
def test_no_two_exposures_overlap_and_none_is_taken_twice(asked):
    targets = [
        {**place, "filter_id": name, "exposure_time": seconds}
        for place, (name, seconds) in zip(fields(len(asked), spacing=3.0), asked, strict=True)
    ]
    made = robot(*targets)
    made.run(NIGHT + 0.2)
    assert all(gap >= 7.99 for gap in gaps(made.history))
    ids = [exposure.exposure_id for exposure in made.history]
    assert len(set(ids)) == len(ids)
    assert [exposure.field_id for exposure in made.history] == sorted(
        exposure.field_id for exposure in made.history
    )


def test_processing_takes_its_time():
    made = robot(*fields(1), processing_latency=600.0)
    made.run(NIGHT + 0.1)
    (exposure,) = made.history
    assert made.processed(int(NIGHT), exposure.end + 599 / DAY) == []
    rows = made.processed(int(NIGHT), exposure.end + 601 / DAY)
    assert {row["exposure_id"] for row in rows} == {exposure.exposure_id}
    assert made.processed(int(NIGHT) - 1, exposure.end + 1) == []


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 1.0])
def test_a_fraction_of_the_quadrants_fails(fraction):
    made = robot(*fields(60, spacing=0.5), quadrant_failures=fraction)
    made.run(NIGHT + 0.2)
    rows = made.processed(int(NIGHT), NIGHT + 1)
    total = 64 * len(made.history)
    good = sum(row["status"] == 0 for row in rows)
    marked = len(rows) - good
    for count, share in ((good, 1 - fraction), (marked, fraction / 2)):
        sigma = np.sqrt(total * share * (1 - share))
        assert count == pytest.approx(total * share, abs=4 * sigma)


def test_the_same_seed_gives_the_same_night():
    def night(seed):
        made = robot(*fields(5), seed=seed)
        made.run(NIGHT + 0.1)
        return made.processed(int(NIGHT), NIGHT + 1)

    assert night(1) == night(1)
    assert night(1) != night(2)


def test_depth_and_seeing_worsen_with_airmass():
    made = robot(*fields(40, dec=33.0, spacing=0.1), *fields(40, dec=-12.0, spacing=0.1))
    made.run(NIGHT + 0.2)
    rows = made.processed(int(NIGHT), NIGHT + 1)
    high = {exposure.exposure_id for exposure in made.history if exposure.dec == 33.0}
    depth = {True: [], False: []}
    width = {True: [], False: []}
    for row in rows:
        depth[row["exposure_id"] in high].append(row["maglim"])
        width[row["exposure_id"] in high].append(row["fwhm"])
    # Extinction in r, and seeing that grows as airmass^0.6.
    airmass = [exposure.airmass for exposure in made.history if exposure.dec != 33.0]
    lost = 0.10 * (np.median(airmass) - 1) + 1.5 * np.log10(np.median(airmass))
    assert np.median(depth[True]) - np.median(depth[False]) == pytest.approx(lost, abs=0.06)
    assert np.median(width[True]) < np.median(width[False])
    expected = [
        limiting_magnitudes(ZTF, "r", 30 * u.s, SeenPosition(made.sky, each.ra, 33.0, middle))
        for each in made.history
        if each.dec == 33.0
        for middle in [each.exposure_mjd + 15 / 86400]
    ]
    assert np.median(depth[True]) == pytest.approx(np.median(expected), abs=0.1)


def test_exposures_that_fail_never_enter_the_history():
    made = robot(*fields(50, spacing=0.2), exposure_failures=0.3)
    made.run(NIGHT + 0.2)
    assert not made.roster.queues
    assert 25 <= len(made.history) <= 45


def test_state_survives():
    made = robot(*fields(10), *fields(5, filter_id=1))
    made.run(NIGHT + 400 / DAY)
    assert made.pending is not None
    restored = make_robot(0.0)
    restored.restore(made.state())
    for each in (made, restored):
        each.run(NIGHT + 0.1)
    assert restored.history == made.history
    assert len(restored.history) == 15
