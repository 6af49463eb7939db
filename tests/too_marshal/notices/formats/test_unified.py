from __future__ import annotations

from datetime import UTC, datetime

import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.skymaps.circles import polygon_skymap
from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_map, core_polygon, core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Circle, Ellipse, Kind, MapLink

PLACE = {"ra": 10.0, "dec": 20.0}


def region(**members):
    return core_region(Document(PLACE | members))


def test_the_containment_is_ninety_percent_where_it_is_not_stated():
    assert region(ra_dec_error=0.5).containment == 0.9
    assert region(ra_dec_error=0.5, containment_probability=0.68).containment == 0.68


def test_a_systematic_model_is_not_folded_in_twice():
    document = Document(PLACE | {"ra_dec_error": 2, "systematic_included": True})
    assert core_region(document, 0.68, "model").systematic_model is None
    document = Document(PLACE | {"ra_dec_error": 2})
    assert core_region(document, 0.68, "model").systematic_model == "model"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ([0.5], Circle(10, 20, 0.5, 0.9, systematics_included=False)),
        ([0.5, 0.5, 30], Circle(10, 20, 0.5, 0.9, systematics_included=False)),
        ([0.5, 0.2], Ellipse(10, 20, 0.5, 0.2, 0, 0.9, systematics_included=False)),
        ([0.5, 0.2, 153], Ellipse(10, 20, 0.5, 0.2, 153, 0.9, systematics_included=False)),
        ([0.5, 0.2, 200], Ellipse(10, 20, 0.5, 0.2, 20, 0.9, systematics_included=False)),
        ([0.2, 0.5, 30], Ellipse(10, 20, 0.5, 0.2, 120, 0.9, systematics_included=False)),
        ([0.2, 0.5, 30, 7], Ellipse(10, 20, 0.5, 0.2, 120, 0.9, systematics_included=False)),
        (None, None),
        ([], None),
        (0, None),
        (-1, None),
        ([0.5, 0], None),
        (400, None),
    ],
)
def test_an_error_is_a_circle_or_an_ellipse_or_nothing(error, expected):
    assert region(ra_dec_error=error) == expected


@settings(deadline=None)
@given(
    st.floats(0.01, 90),
    st.floats(0.01, 90),
    st.floats(-720, 720),
    st.floats(0, 360),
    st.floats(-90, 90),
)
def test_an_ellipse_is_the_same_region_whichever_axis_comes_first(a, b, angle, ra, dec):
    if (ra, dec) == (0, 0) or a == b:
        return
    place = {"ra": ra, "dec": dec}
    one = core_region(Document(place | {"ra_dec_error": [a, b, angle]}))
    other = core_region(Document(place | {"ra_dec_error": [b, a, angle + 90]}))
    assert one.semi_major >= one.semi_minor
    assert (one.semi_major, one.semi_minor) == (other.semi_major, other.semi_minor)
    turned = (one.position_angle - other.position_angle) % 180
    assert min(turned, 180 - turned) < 1e-6


def test_a_position_of_zero_is_none():
    assert core_region(Document({"ra": 0, "dec": 0, "ra_dec_error": 1})) is None


@pytest.mark.parametrize(
    ("stated", "containment", "flag"),
    [
        (0.68, 0.68, None),
        (68, 0.68, "containment of 68 read as percent"),
        (90, 0.9, "containment of 90 read as percent"),
        (99.7, 0.997, "containment of 99.7 read as percent"),
        (1, 0.9, "containment of 1 unusable, 0.9 assumed"),
        (5, 0.9, "containment of 5 unusable, 0.9 assumed"),
        (0, 0.9, "containment of 0 unusable, 0.9 assumed"),
        (-0.5, 0.9, "containment of -0.5 unusable, 0.9 assumed"),
        (100, 0.9, "containment of 100 unusable, 0.9 assumed"),
        ("N/A", 0.9, "containment_probability unreadable"),
    ],
)
def test_a_containment_may_be_meant_in_percent(stated, containment, flag):
    document = Document(PLACE | {"ra_dec_error": 0.5, "containment_probability": stated})
    assert core_region(document).containment == pytest.approx(containment, abs=1e-12)
    assert document.flags == ({flag} if flag else set())


@pytest.mark.parametrize("place", [{"ra": 361}, {"ra": -181}, {"dec": 91}, {"dec": -90.5}])
def test_a_position_off_the_sphere_is_flagged(place):
    document = Document(PLACE | place | {"ra_dec_error": 1})
    assert core_region(document) is None
    (flag,) = document.flags
    assert "off the sphere" in flag


@pytest.mark.parametrize(("ra", "wrapped"), [(-180, 180), (-1, 359), (-0.25, 359.75), (360, 0)])
def test_a_right_ascension_may_count_from_the_other_side(ra, wrapped):
    document = Document(PLACE | {"ra": ra, "ra_dec_error": 1})
    assert core_region(document) == Circle(wrapped, 20, 1, 0.9, systematics_included=False)
    assert document.flags == frozenset()


@pytest.mark.parametrize("error", ["wide", [1, "x"], {"a": 1}, [None, 1], True, [[1]]])
def test_an_error_that_is_no_number_leaves_the_position_with_a_flag(error):
    notice = core_notice(document := Document(PLACE | {"id": "1", "ra_dec_error": error}), "maxi")
    assert core_region(document) is None
    assert notice.position == (10, 20)
    assert document.flags == {"ra_dec_error unreadable"}


@pytest.mark.parametrize("error", [0, -1, 181, [0.5, 0], [-0.1, 3, 10]])
def test_an_error_that_can_be_none_leaves_the_position_with_a_flag(error):
    document = Document(PLACE | {"id": "1", "ra_dec_error": error})
    assert core_notice(document, "maxi").position == (10, 20)
    assert core_region(document) is None
    (flag,) = document.flags
    assert flag.startswith("error radius unusable: ")


@pytest.mark.parametrize(
    "corners",
    [[[0, 0], [1, 1]], [[0, 0, 0]] * 3, ["ab", "cd", "ef"], [[0, 95]] * 3, 5, [[None] * 2] * 3],
)
def test_a_polygon_that_is_none_is_flagged(corners):
    document = Document({"corners": corners})
    assert core_polygon(document, "corners") is None
    (flag,) = document.flags
    assert flag.startswith("corners ")


SQUARE = [[350, 10], [10, 10], [10, 30], [350, 30]]


@pytest.mark.parametrize(
    ("corners", "flags"),
    [
        (SQUARE, set()),
        (SQUARE[::-1], set()),
        ([*SQUARE, SQUARE[0]], set()),
        ([[-10, 10], [10, 10], [10, 30], [-10, 30]], set()),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], {"corners reordered"}),
        ([*SQUARE, [0, 15]], {"corners reordered"}),
    ],
)
def test_corners_may_repeat_cross_or_lie_within(corners, flags):
    document = Document({"corners": corners})
    polygon = core_polygon(document, "corners")
    assert document.flags == flags
    assert set(polygon.vertices) == {tuple(corner) for corner in SQUARE}
    polygon_skymap(polygon.vertices * u.deg, polygon.containment)


@pytest.mark.parametrize("word", ["Retraction", "RETRACTION", " retraction ", "Retracted"])
def test_a_retraction_is_one_in_any_case(word):
    notice = core_notice(Document({"id": "1", "alert_type": word}), "frb")
    assert notice.kind is Kind.RETRACTION


@pytest.mark.parametrize("word", ["final", "revoked?", 5, True, ["retraction"], {}])
def test_an_unknown_kind_is_an_update_with_a_flag(word):
    document = Document({"id": "1", "alert_type": word})
    assert core_notice(document, "frb").kind is Kind.UPDATE
    assert any(flag.startswith("alert_type unknown: ") for flag in document.flags)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("Current", "observation"),
        ("TEST", "test"),
        (" injection", "test"),
        ("Planned", "prediction"),
        ("live", "observation"),
        (7, "observation"),
    ],
)
def test_a_tense_is_one_in_any_case_and_an_unknown_one_makes_no_test(word, role):
    document = Document({"id": "1", "alert_tense": word})
    assert core_notice(document, "frb").role == role
    assert any("alert_tense" in flag for flag in document.flags) == (word in ("live", 7))


@pytest.mark.parametrize(
    "time", [2461371.95, "2461371.95", "JD 2461371.95", 61371.45, "MJD61371.45"]
)
def test_a_julian_date_is_read_as_a_time(time):
    notice = core_notice(Document({"trigger_time": time}), "frb")
    assert notice.event_time == datetime(2026, 11, 27, 10, 48, tzinfo=UTC)


def test_a_link_is_read_over_https_and_falls_back_on_the_circle():
    circle = region(ra_dec_error=1)
    link = core_map(Document({"healpix_url": "http://x.org/map.fits"}), circle)
    assert link == MapLink("https://x.org/map.fits", circle)
    for url in (None, "", "ftp://x.org/map.fits", "file:///etc/passwd", "not yet", "https://"):
        assert core_map(Document({"healpix_url": url}), circle) is None


def test_kind_role_key_and_names():
    document = Document(
        {
            "id": ["1", "bn1"],
            "event_name": "GRB 260101A",
            "alert_type": "subsequent",
            "alert_tense": "archival",
        }
    )
    notice = core_notice(document, "stream")
    assert notice.kind is Kind.INITIAL
    assert notice.role == "observation"
    assert "archival" in notice.flags
    assert (notice.event_key, notice.name) == ("1", "GRB 260101A")
    assert notice.aliases == ("bn1", "GRB 260101A")


def test_notices_without_number_or_time_are_ordered_by_kind():
    """CHIME sends neither `record_number` nor `alert_datetime`."""
    kinds = ("initial", "update", "retraction")
    orders = [core_notice(Document({"alert_type": kind}), "frb").order for kind in kinds]
    assert orders == sorted(set(orders))


def test_a_source_seen_again_under_its_number_comes_later():
    """Einstein Probe sends the id again, with neither number nor time of sending."""
    times = ("2026-04-09T11:45:11Z", "2026-04-09T13:00:00Z")
    orders = [core_notice(Document({"trigger_time": time}), "ep").order for time in times]
    assert orders[0] < orders[1]


def test_a_time_that_cannot_be_read_is_flagged():
    document = Document({"trigger_time": "2023-02-30T00:00:00"})
    assert core_notice(document, "stream").event_time is None
    assert "trigger_time unreadable" in document.flags
