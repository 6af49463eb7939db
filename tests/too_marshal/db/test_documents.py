"""The documents in columns are what the planners and the parsers write."""

from __future__ import annotations

from typing import get_type_hints

from astropy import units as u

from planners.files.plan_files import plan_to_json
from planners.files.request_fields import RequestFields
from planners.greedy import plan as plan_greedily
from planners.skymaps.circles import circle_skymap
from telescopes import ZTF
from telescopes.observing_plan import ObservingRequest
from tests.telescopes.plans import START
from too_marshal.db.documents import MapDescription, PlanRequest, PlanStatistics
from too_marshal.notices.formats.notice_json import localization_to_json
from too_marshal.notices.notice import Circle, Ellipse, InlineMap, MapLink, Polygon


def test_statistics_of_a_plan():
    request = ObservingRequest(START, START + 1 * u.hour, ("g",), {"g": 30 * u.s})
    made = plan_greedily(circle_skymap(118 * u.deg, 33 * u.deg, 6 * u.deg, 0.9), ZTF, request)
    assert set(plan_to_json(made)["statistics"]) == set(get_type_hints(PlanStatistics))


def test_every_field_of_a_request():
    assert set(RequestFields.model_fields) == set(get_type_hints(PlanRequest))


def test_every_kind_of_place():
    circle = Circle(10.0, 20.0, 1.0, 0.9, systematics_included=True)
    places = (
        circle,
        Ellipse(10.0, 20.0, 2.0, 1.0, 30.0, 0.9, systematics_included=True),
        Polygon(((1.0, 2.0), (2.0, 2.0), (2.0, 1.0)), 0.9),
        InlineMap(b"fits", b"fits"),
        MapLink("https://example.org/map.fits", circle),
    )
    written = [localization_to_json(place) for place in places]
    known = set(get_type_hints(MapDescription))
    for document in written:
        assert document is not None
        assert set(document) <= known
    assert localization_to_json(None, (1.0, 2.0)) == {"kind": "point", "ra": 1.0, "dec": 2.0}
