from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.unified import core_map, core_notice, core_polygon, core_region
from too_marshal.notices.notice import Circle, Ellipse, Kind, MapLink, NoticeMalformed

PLACE = {"ra": 10.0, "dec": 20.0}


def region(**members):
    return core_region(Document(PLACE | members))


def test_the_containment_is_ninety_percent_where_it_is_not_stated():
    assert region(ra_dec_error=0.5).containment == 0.9
    assert region(ra_dec_error=0.5, containment_probability=0.68).containment == 0.68
    assert region(ra_dec_error=0.5, containment_probability=68).containment == 0.9


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


@pytest.mark.parametrize("place", [{"ra": 361}, {"ra": -1}, {"dec": 91}, {"dec": -90.5}])
def test_a_position_off_the_sphere_is_malformed(place):
    with pytest.raises(NoticeMalformed, match="off the sphere"):
        core_region(Document(PLACE | place | {"ra_dec_error": 1}))


@pytest.mark.parametrize("error", ["wide", [1, "x"], {"a": 1}, [None, 1], True, [[1]]])
def test_an_error_that_is_no_number_is_malformed(error):
    with pytest.raises(NoticeMalformed, match="not a"):
        region(ra_dec_error=error)


@pytest.mark.parametrize(
    "corners",
    [[[0, 0], [1, 1]], [[0, 0, 0]] * 3, ["ab", "cd", "ef"], [[0, 95]] * 3, 5, [[None] * 2] * 3],
)
def test_a_polygon_that_is_none_is_malformed(corners):
    with pytest.raises(NoticeMalformed, match="corners"):
        core_polygon(Document({"corners": corners}), "corners")


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
    notice = core_notice(Document({"trigger_time": "2023-02-30T00:00:00"}), "stream")
    assert notice.event_time is None
    assert "trigger_time unreadable" in notice.flags
