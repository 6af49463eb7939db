from __future__ import annotations

from datetime import UTC, datetime

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats.earth import occultation_from_subpoint, occultation_from_vector

PAST = st.datetimes(datetime(2008, 6, 11), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def center(disc):
    return SkyCoord(disc["earth_ra_deg"], disc["earth_dec_deg"], unit="deg")


@pytest.mark.parametrize(
    "path",
    [
        "notices/repo_tests/GRB180116A_Fermi_GBM_Gnd_Pos.xml",
        "notices/growth_tests/GRB180116A_Fermi_GBM_Alert.xml",
    ],
)
def test_the_disc_is_where_gbm_puts_it_in_its_own_sky_map(path, corpus, notice_of):
    """GEO_RA and GEO_DEC in the FITS header of the same trigger, bn180116026."""
    header = fits.getheader(corpus / "skymaps/fermi_gbm/glg_healpix_all_bn180116026.fit", 1)
    stated = SkyCoord(header["GEO_RA"], header["GEO_DEC"], unit="deg")
    notice = notice_of(path)
    assert center(notice.attributes).separation(stated) < 0.4 * u.deg
    assert notice.attributes["earth_radius_deg"] == pytest.approx(67.4, abs=0.2)


def test_a_flight_notice_with_a_latitude_of_zero_says_nothing_of_the_earth(notice_of):
    """Before 2021 they carry a longitude some ten degrees off beside it."""
    notice = notice_of("notices/growth_tests/GRB180116A_Fermi_GBM_Flt_Pos.xml")
    assert "earth_ra_deg" not in notice.attributes


def test_the_two_ways_agree_within_a_slew_of_the_satellite(corpus, notice_of):
    """Sub-satellite point of the alert and vector of the ground position, 40 triggers."""
    alerts, grounds = {}, {}
    for path in sorted((corpus / "notices").rglob("*.xml")):
        if "gbm" in path.name.lower() and "malformed" not in str(path):
            notice = notice_of(path.relative_to(corpus))
            by_event = {"FERMI_GBM_ALERT": alerts, "FERMI_GBM_GND_POS": grounds}.get(
                notice.type_name
            )
            if by_event is not None and "earth_ra_deg" in notice.attributes:
                by_event.setdefault(notice.event_key, notice.attributes)
    both = alerts.keys() & grounds.keys()
    assert len(both) >= 40
    for key in both:
        assert center(alerts[key]).separation(center(grounds[key])) < 1 * u.deg


@settings(deadline=None)
@given(PAST, st.floats(-180, 180), st.floats(-26, 26))
def test_the_subpoint_is_turned_by_sidereal_time(time, longitude, latitude):
    """Against astropy's Greenwich mean sidereal time (IAU 1982)."""
    disc = occultation_from_subpoint(longitude, latitude, time)
    zenith = Time(time).sidereal_time("mean", longitude * u.deg, "IAU1982")
    expected = SkyCoord(zenith + 180 * u.deg, -latitude * u.deg)
    assert center(disc).separation(expected) < 0.02 * u.deg


@settings(deadline=None)
@given(st.floats(0, 359), st.floats(-80, 80), st.sampled_from([1, 4, 16]))
def test_the_vector_points_from_the_earth(ra, dec, unit):
    away = SkyCoord(ra, dec, unit="deg").cartesian.xyz.value * 6_893 * unit
    disc = occultation_from_vector(*away)
    assert center(disc).separation(SkyCoord(ra + 180, -dec, unit="deg")) < 0.01 * u.deg
    # The horizon of an orbit 522 km high: arcsin(6371 / 6893).
    assert disc["earth_radius_deg"] == pytest.approx(67.56, abs=0.01)


def test_a_vector_of_unknown_length_has_the_usual_radius():
    assert occultation_from_vector(1, 2, 3)["earth_radius_deg"] == 67.5
    assert occultation_from_vector(0, 0, 0) is None
