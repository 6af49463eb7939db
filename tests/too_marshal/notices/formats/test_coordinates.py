"""Where and when, in whatever scale, frame, unit and order of axes a packet writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import positions
from tests.too_marshal import alerts
from too_marshal.notices.formats.numbers import read_sexagesimal
from too_marshal.notices.notice import Circle
from too_marshal.notices.registry import parse

PLACE = SkyCoord(150 * u.deg, 40 * u.deg)
GALACTIC, FK4 = PLACE.galactic, PLACE.fk4
ECLIPTIC = PLACE.barycentricmeanecliptic
SECOND = datetime(2026, 5, 9, 6, 13, 15, tzinfo=UTC)


def packet(*changes: tuple[str, str]) -> bytes:
    """A flight position of GBM at (150, 40) with an error of 5 deg, with texts replaced."""
    text = alerts.gbm(packet=111).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def at(c1: float | str, c2: float | str) -> tuple[str, str]:
    return "<C1>150.0</C1><C2>40.0</C2>", f"<C1>{c1}</C1><C2>{c2}</C2>"


def system(name: str) -> tuple[str, str]:
    return "UTC-FK5-GEO", name


def unit(name: str) -> tuple[str, str]:
    return '<Position2D unit="deg">', f'<Position2D unit="{name}">'


def radius(text: str) -> tuple[str, str]:
    return "<Error2Radius>5.0</Error2Radius>", text


SAME_PLACE = {
    "nothing changed": ((), set()),
    "ICRS": ((system("UTC-ICRS-TOPO"),), set()),
    "no unit": (((' unit="deg"><Name1>', "><Name1>"),), set()),
    "FK5 first": ((system("FK5-UTC-GEO"),), set()),
    "galactic": (
        (system("UTC-GALACTIC-GEO"), at(GALACTIC.l.deg, GALACTIC.b.deg)),
        {"position converted from GALACTIC"},
    ),
    "galactic II": (
        (system("UTC-GAL_II-TOPO"), at(GALACTIC.l.deg, GALACTIC.b.deg)),
        {"position converted from GAL_II"},
    ),
    "B1950": (
        (system("UTC-FK4-GEO"), at(FK4.ra.deg, FK4.dec.deg)),
        {"position converted from FK4"},
    ),
    "ecliptic": (
        (system("UTC-ECLIPTIC-BARY"), at(ECLIPTIC.lon.deg, ECLIPTIC.lat.deg)),
        {"position converted from ECLIPTIC", "time is that of the barycenter"},
    ),
    "hours": ((unit("hours"), at(10, 40)), {"position converted from hours"}),
    "hours and degrees": ((unit("h deg"), at(10, 40)), {"position converted from h"}),
    "sexagesimal": (
        (unit("h deg"), at("10:00:00.0", "+40:00:00")),
        {"position converted from h"},
    ),
    "arcminutes": (
        (unit("arcmin"), at(9000, 2400), radius("<Error2Radius>300</Error2Radius>")),
        {"position converted from arcmin"},
    ),
    "a radius in arcminutes": (
        (radius('<Error2Radius unit="arcmin">300</Error2Radius>'),),
        {"position converted from arcmin"},
    ),
    "radians": (
        (unit("rad"), at(2.6179938779914944, 0.6981317007977318), radius(
            "<Error2Radius>0.08726646259971647</Error2Radius>")),
        {"position converted from rad"},
    ),
    "exchanged": (
        (("<Name1>RA</Name1><Name2>Dec</Name2>", "<Name1>Dec</Name1><Name2>RA</Name2>"),
         at(40, 150)),
        {"position has its axes exchanged"},
    ),
    "exchanged, in hours": (
        (("<Name1>RA</Name1><Name2>Dec</Name2>", "<Name1>DEC</Name1><Name2>RA</Name2>"),
         unit("deg h"), at(40, 10), radius('<Error2Radius unit="deg">5</Error2Radius>')),
        {"position converted from h", "position has its axes exchanged"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_PLACE)
def test_a_place_is_the_same_however_it_is_written(name):
    changes, flags = SAME_PLACE[name]
    notice = parse(packet(*changes))
    circle = notice.localization
    assert isinstance(circle, Circle)
    away = SkyCoord(circle.ra * u.deg, circle.dec * u.deg).separation(PLACE)
    assert away < 1 * u.arcsec
    assert circle.radius == pytest.approx(5)
    assert notice.flags == flags


def test_a_right_ascension_below_zero_is_wrapped():
    assert parse(packet(at(-10, 40))).localization.ra == 350


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ((system("UTC-GEOD-TOPO"),), "position not read: the frame 'GEOD' is unknown"),
        ((system("UTC-MARTIAN-GEO"),), "position not read: the frame 'MARTIAN' is unknown"),
        ((unit("furlong"),), "position not read: the unit 'furlong' is unknown"),
        ((at("somewhere", 40),), "position unreadable: 'somewhere, 40'"),
        ((at("10:00:00", 40),), "position unreadable: '10:00:00, 40'"),
        ((at(150, 95),), "the position (150, 95) is off the sphere"),
        ((at(-190, 40),), "the position (-190, 40) is off the sphere"),
    ],
)
def test_what_is_not_certain_is_no_place_and_said(changes, sentence):
    notice = parse(packet(*changes))
    assert notice.localization is None
    assert notice.position is None
    assert sentence in notice.flags
    assert notice.event_time == SECOND
    assert notice.event_key == "800000000"


@pytest.mark.parametrize("size", ["0", "-1", "200", ""])
def test_a_radius_that_can_be_none_leaves_the_position_with_a_flag(size):
    notice = parse(packet(radius(f"<Error2Radius>{size}</Error2Radius>")))
    assert notice.localization is None
    assert notice.position == (150, 40)
    (flag,) = notice.flags
    assert flag == f"error radius unusable: {size + ' deg' if size else 'none'}"


@pytest.mark.parametrize(
    ("scale", "ahead"),
    # TAI - UTC is 37 s since 2017 (IERS Bulletin C 52), TT - TAI 32.184 s, TAI - GPS 19 s.
    [("UTC", 0), ("TAI", 37), ("TT", 69.184), ("TDT", 69.184), ("TDB", 69.184), ("GPS", 18)],
)
def test_a_time_is_converted_to_utc(scale, ahead):
    notice = parse(packet(system(f"{scale}-ICRS-GEO")))
    expected = SECOND - timedelta(seconds=ahead)
    # TDB differs from TT by less than 2 ms.
    assert abs(notice.event_time - expected) < timedelta(milliseconds=3)
    assert notice.flags == ({f"time converted from {scale}"} if ahead else set())
    assert isinstance(notice.localization, Circle)


def test_the_scale_and_frame_may_stand_in_elements():
    whole = '<AstroCoordSystem id="UTC-FK5-GEO" />'
    named = (
        '<AstroCoordSystem id="x"><TimeFrame><TimeScale>TT</TimeScale></TimeFrame>'
        "<SpaceFrame><GALACTIC_II/></SpaceFrame></AstroCoordSystem>"
    )
    notice = parse(
        packet(
            (whole, named), ('coord_system_id="UTC-FK5-GEO"', ""),
            at(GALACTIC.l.deg, GALACTIC.b.deg),
        )
    )  # fmt: skip
    assert notice.localization.ra == pytest.approx(150, abs=1e-6)
    assert SECOND - notice.event_time == timedelta(seconds=69.184)


@settings(deadline=None, max_examples=30)
@given(positions(), st.sampled_from(["galactic", "fk4", "barycentricmeanecliptic"]))
def test_every_place_of_every_frame_is_found_again(place, frame):
    written = {"galactic": "GALACTIC", "fk4": "FK4", "barycentricmeanecliptic": "ECLIPTIC"}
    moved = place.transform_to(frame).spherical
    text = packet(system(f"UTC-{written[frame]}-GEO"), at(moved.lon.deg, moved.lat.deg))
    notice = parse(text)
    if notice.localization is None:  # (0, 0) says that there is no position
        assert abs(place.dec.deg) < 1e-9
        return
    found = SkyCoord(notice.localization.ra * u.deg, notice.localization.dec * u.deg)
    assert found.separation(place) < 1 * u.arcsec


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:30:36", 10.51), ("-00:30:00", -0.5), ("+22 14 34.8", 22.243),
        ("13h47m34.8s", 13.793), ("-22d14m34.8s", -22.243), ("10:61:00", None), ("10:30", None),
        ("", None), ("10:30:60", None),
    ],
)  # fmt: skip
def test_sexagesimal_numbers(text, value):
    assert read_sexagesimal(text) == (None if value is None else pytest.approx(value, abs=1e-4))
