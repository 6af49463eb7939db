"""A slew takes the same time whoever asks, and one at a time as many at once."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from telescopes import TELESCOPES
from telescopes.slews import Drive, Pause, turn

angles = st.one_of(st.just(0.0), st.floats(1e-6, 360))


@given(st.sampled_from(sorted(TELESCOPES)), angles, angles)
def test_one_is_as_many_and_as_the_axis_says(name, along, across):
    overheads = TELESCOPES[name].overheads
    pause = Pause(overheads)
    many = pause.times(np.array([along]), np.array([across]))
    assert pause.time(along, across) == pytest.approx(many[0])
    axis = overheads.hour_angle_axis
    assert Drive(axis).time(along) == pytest.approx(axis.slew_time(along * u.deg).to_value(u.s))


@given(st.sampled_from(sorted(TELESCOPES)), angles, angles)
def test_a_filter_exchange_comes_on_top_and_reading_out_goes_on_meanwhile(name, along, across):
    overheads = TELESCOPES[name].overheads
    pause = Pause(overheads)
    plain = pause.time(along, across)
    exchange = overheads.filter_exchange.to_value(u.s)
    assert pause.time(along, across, exchanges=True) == pytest.approx(plain + exchange)
    assert plain >= overheads.readout.to_value(u.s)
    assert pause.time(0.0, 0.0) == overheads.readout.to_value(u.s)


def test_a_ramp_up_and_down_then_a_cruise():
    drive = Drive(TELESCOPES["ZTF"].overheads.hour_angle_axis)
    ramp = drive.speed**2 / drive.acceleration
    assert drive.time(ramp) == pytest.approx(2 * drive.speed / drive.acceleration)
    assert drive.time(ramp / 4) == pytest.approx(drive.speed / drive.acceleration)
    assert drive.time(3 * ramp) == pytest.approx(4 * drive.speed / drive.acceleration)


def test_an_axis_turns_the_short_way_round():
    assert turn(359.0, 1.0) == pytest.approx(2)
    assert turn(1.0, 359.0) == pytest.approx(2)
    assert turn(np.array([10.0, 350.0]), np.array([200.0, 10.0])) == pytest.approx([170, 20])
