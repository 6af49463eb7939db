"""The grid of a finding chart, at every place and every scale."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.geometry.directions import tangent_frames
from planners.geometry.tangent_lines import tangent_points
from too_marshal.web.plans.chart_grid import dec_text, grid_lines, ra_text


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 360), st.floats(-89.99, 89.99), st.floats(-4, -0.7)
)  # fmt: skip
def test_a_few_lines_of_each_cross_the_chart(ra: float, dec: float, size: float):
    half = 10**size
    lines = grid_lines(SkyCoord(ra, dec, unit=u.deg), half)
    for is_declination in (True, False):
        members = [line for line in lines if line.is_declination is is_declination]
        assert 1 <= len(members) <= 60
        assert all(np.isfinite(part).all() for line in members for part in line.parts)


def test_a_line_lies_at_its_coordinate():
    center = SkyCoord(64.6, 30, unit=u.deg)
    lines = {line.text: line for line in grid_lines(center, np.radians(4))}
    (part,) = lines["+30°"].parts
    points = SkyCoord(np.linspace(60, 70, 5), np.full(5, 30.0), unit=u.deg)
    east, north = tangent_points(points, tangent_frames(center)).T
    drawn = part[np.argsort(part[:, 0])]
    assert np.interp(east, *drawn.T) == pytest.approx(north, abs=2e-4)


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [(0, 15, "00h00m"), (-1.25, 1.25, "23h55m"), (64.6, 0.05, "04h18m24s"),
     (359.99999, 0.1, "00h00m00s"), (1 / 2400, 1 / 2400, "00h00m00.1s")],
)  # fmt: skip
def test_right_ascensions_are_written_as_finely_as_their_step(value, step, words):
    assert ra_text(value, step) == words


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [
        (30, 1, "+30°"),
        (-0.5, 0.5, "\N{MINUS SIGN}00°30\N{PRIME}"),
        (0, 0.5, "+00°00\N{PRIME}"),
        (12 + 1 / 120, 1 / 120, "+12°00\N{PRIME}30\N{DOUBLE PRIME}"),
    ],
)  # fmt: skip
def test_declinations_are_written_as_finely_as_their_step(value, step, words):
    assert dec_text(value, step) == words
