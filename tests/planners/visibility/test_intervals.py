"""When fields are up: rise and set as astroplan finds them; laws of intervals."""

from __future__ import annotations

import astroplan
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.visibility.intervals import Intervals, visible_intervals, visits_that_fit
from planners.visibility.local_sky import Circumstances, LocalSky
from planners.visibility.rules import airmass_below, altitude_above, every, rules_for, sun_below
from telescopes import TELESCOPES
from tests.planners.cases import NIGHTS, angles, request_for

ACCURATE = 10.0
"""Within which rise and set must be right, s."""

FINE = 500
"""Points a day between which astroplan interpolates altitudes: it is then right to a second."""

WITHOUT_TABLES = pytest.mark.filterwarnings(
    "ignore:Tried to get polar motions", "ignore:Target with index"
)
"""What astropy says of times that the tables do not reach yet; and astroplan, of a target that
neither rises nor sets."""


def day_over(name, start):
    site = TELESCOPES[name].site
    return LocalSky(site, start, start + 1 * u.day), astroplan.Observer(location=site.location)


@WITHOUT_TABLES
@pytest.mark.parametrize("name", ["ZTF", "DECam", "GROWTH-India"])
@given(ra=angles, dec=st.floats(-60, 60), day=st.integers(0, 364))
@settings(max_examples=4)
def test_rise_and_set_are_astroplans(name, ra, dec, day):
    start = Time("2026-01-01T00:00:00", scale="utc") + day * u.day
    sky, observer = day_over(name, start)
    coord = SkyCoord(ra * u.deg, dec * u.deg)
    limit = 30 * u.deg
    intervals = visible_intervals(
        sky, sky.positions(coord.reshape(1)), altitude_above(limit), [(0.0, sky.length)]
    )
    middle = sky.time(sky.length / 2)
    for which in ("previous", "next"):
        for ask, ends in ((observer.target_rise_time, "start"), (observer.target_set_time, "end")):
            theirs = ask(middle, coord, which=which, horizon=limit, n_grid_points=FINE)
            if np.ma.is_masked(theirs.value) or not 0 < sky.seconds(theirs) < sky.length:
                continue
            ours = getattr(intervals, ends)
            assert np.min(np.abs(ours - sky.seconds(theirs))) < ACCURATE, which


@WITHOUT_TABLES
@pytest.mark.parametrize("name", ["ZTF", "DECam", "GROWTH-India"])
@pytest.mark.parametrize("start", NIGHTS)
def test_darkness_is_astroplans(name, start):
    sky, observer = day_over(name, start)
    night = visible_intervals(
        sky,
        sky.positions(SkyCoord([0] * u.deg, [0] * u.deg)),
        sun_below(-18 * u.deg),
        [(0, sky.length)],
    )
    middle = sky.time(sky.length / 2)
    for ask, ours in (
        (observer.twilight_evening_astronomical, night.start),
        (observer.twilight_morning_astronomical, night.end),
    ):
        times = [ask(middle, which=which, n_grid_points=FINE) for which in ("previous", "next")]
        inside = [
            sky.seconds(time)
            for time in times
            if not np.ma.is_masked(time.value) and 0 < sky.seconds(time) < sky.length
        ]
        assert inside
        for theirs in inside:
            assert np.min(np.abs(ours - theirs)) < ACCURATE


def test_rules_hold_all_through_their_intervals_and_fail_just_outside():
    telescope = TELESCOPES["ZTF"]
    request = request_for(NIGHTS[1], 13)
    sky = LocalSky(telescope.site, request.start, request.end)
    grid = telescope.read_grid()
    positions = sky.positions(grid.coord[::7])
    rule = every(rules_for(telescope, request))
    intervals = visible_intervals(sky, positions, rule, [(0.0, sky.length)])
    assert len(intervals.owner) > 50
    for part in (0.0, 0.3, 0.7, 1.0):
        seconds = intervals.start + part * (intervals.end - intervals.start)
        assert rule(Circumstances(sky, positions[intervals.owner], seconds)).all()
    inner = intervals.end < sky.length - 1
    after = Circumstances(sky, positions[intervals.owner[inner]], intervals.end[inner] + 0.1)
    assert not rule(after).any()


def one_owner(pairs):
    start, end = np.array(pairs, dtype=float).reshape(-1, 2).T
    return Intervals(np.zeros(len(start), dtype=np.int64), start, end, 1)


@pytest.mark.parametrize(
    ("pairs", "exposure", "gap", "fitting"),
    [
        ([(0, 100)], 30, 0, np.iinfo(np.int32).max),
        ([(0, 29)], 30, 60, 0),
        ([(0, 30)], 30, 60, 1),
        ([(0, 90)], 30, 60, 2),
        ([(0, 89)], 30, 60, 1),
        ([(0, 40), (50, 80)], 30, 60, 1),
        ([(0, 40), (50, 90)], 30, 60, 2),
        ([(0, 150), (400, 430)], 30, 60, 4),
    ],
)
def test_visits_are_counted(pairs, exposure, gap, fitting):
    assert visits_that_fit(one_owner(pairs), exposure, gap).tolist() == [fitting]


def test_what_is_within_windows():
    cut = one_owner([(0, 100), (200, 300)]).within([(50, 220), (290, 400)])
    assert list(zip(cut.start, cut.end, strict=True)) == [(50, 100), (200, 220), (290, 300)]
    assert one_owner([(0, 1)]).within([]).total.tolist() == [0]


def test_no_airmass_is_below_one():
    with pytest.raises(ValueError, match="below 1"):
        airmass_below(0.9)


@given(
    seed=st.integers(0, 10**6),
    exposure=st.sampled_from((30.0, 300.0)),
    gap=st.sampled_from((0.0, 600.0, 7200.0)),
)
def test_as_many_visits_fit_as_can_be_laid_one_after_the_other(seed, exposure, gap):
    random = np.random.default_rng(seed)
    n = 6
    owner, start, end = [], [], []
    for field in range(n):
        edges = np.sort(random.uniform(0, 30_000, 2 * random.integers(0, 4)))
        owner += [field] * (len(edges) // 2)
        start += edges[::2].tolist()
        end += edges[1::2].tolist()
    visible = Intervals(np.array(owner, dtype=np.int64), np.array(start), np.array(end), n)
    fitting = visits_that_fit(visible, exposure, gap)
    for field in range(n):
        laid, earliest = 0, -np.inf
        for one, begin, stop in zip(owner, start, end, strict=True):
            at = max(begin, earliest)
            while one == field and at + exposure <= stop and laid < 100:
                laid += 1
                at = earliest = at + gap
        assert min(fitting[field], 100) == laid
