"""Fluxes, magnitudes and times of LSST's packets."""

import erfa
import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.surveys.differences import five_sigma, magnitude_of, utc


def test_a_time_in_tai_is_37_seconds_before_its_clock_since_2017():
    assert (2460000.5 - utc(2460000.5)) * 86400 == pytest.approx(37, abs=1e-4)
    day, fraction = erfa.utctai(2457754.0, 0.5)
    assert utc(day + fraction) == pytest.approx(2457754.5, abs=1e-9)


@pytest.mark.parametrize(
    "jd", [2441317.6, 2451178.4995, 2451179.5005, 2457753.4995, 2457754.5005, 2461000.5]
)
def test_times_are_those_of_erfa(jd):
    day, fraction = erfa.taiutc(jd, 0.0)
    assert utc(jd) == pytest.approx(day + fraction, abs=1e-9)


def test_a_time_after_the_table_of_leap_seconds_is_no_reason_to_warn():
    assert (2490000.5 - utc(2490000.5)) * 86400 == pytest.approx(37, abs=1e-4)


@pytest.mark.parametrize("jd", [float("nan"), float("inf"), 0.0, 2441317.0, 5e6])
def test_what_is_no_time_is_refused(jd):
    with pytest.raises(PacketInvalid, match="no Julian date since 1972"):
        utc(jd)


def test_a_flux_of_nothing_has_no_magnitude():
    assert magnitude_of(None, 1.0) == magnitude_of(0.0, 1.0) == (None, None)
    assert magnitude_of(-1.0, None) == (23.9, None)
    assert five_sigma(0.2) == pytest.approx(23.9)
    assert five_sigma(0.0) is five_sigma(None) is None
