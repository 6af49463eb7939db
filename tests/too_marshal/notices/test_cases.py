"""Notices that once went wrong, each with what is right."""

from __future__ import annotations

import json

import pytest

from too_marshal.notices.notice import Circle, Ellipse, Kind, MapLink, Polygon
from too_marshal.notices.registry import parse

WXT = "gcn.notices.einstein_probe.wxt.alert"


def test_a_retraction_written_with_a_capital_is_one(cases):
    payload = (cases / "07_alert_type_Retraction_capital.json").read_bytes()
    assert parse(payload, WXT).kind is Kind.RETRACTION


def test_a_number_that_is_not_available_costs_itself_only(cases):
    notice = parse((cases / "09_optional_number_not_available.json").read_bytes(), WXT)
    assert notice.kind is Kind.INITIAL
    assert notice.localization == Circle(
        206.895, -22.243, 0.05065978, 0.9, systematics_included=False
    )
    assert notice.flags == {"image_snr unreadable"}
    assert "image_snr" not in notice.attributes


def test_null_in_quotes_is_null(cases):
    payload = (cases / "11_icecube_lvk_search_null_string.json").read_bytes()
    notice = parse(payload, "gcn.notices.icecube.lvk_nu_track_search")
    assert notice.related == (("lvk", "S230914ak"),)
    assert "p_value_bayesian" not in notice.attributes
    assert notice.attributes["p_value_generic"] == 0.0191
    assert len(notice.attributes["coincident_events"]) == 2
    assert notice.flags == frozenset()


def test_a_closed_ring_of_corners_is_the_box(cases):
    payload = (cases / "16_maxi_closed_ring.json").read_bytes()
    corners = json.loads(payload)["rectangular_error_corners"][:4]
    notice = parse(payload, "gcn.notices.maxi.gsc.unknown")
    assert notice.localization == Polygon(tuple(map(tuple, corners)), 0.9)
    assert notice.flags == frozenset()


def test_an_ellipse_beside_the_address_of_a_map_is_kept(cases):
    notice = parse(
        (cases / "18_ellipse_and_map_link.json").read_bytes(),
        "gcn.notices.icecube.gold_bronze_track_alerts",
    )
    assert isinstance(notice.localization, MapLink)
    assert notice.localization.fallback == Ellipse(
        345.82, 9.01, 0.8, 0.5, 30, 0.9, systematics_included=False
    )


@pytest.mark.parametrize("odd", ["N/A", True, [1], {"a": 1}, float("nan"), float("inf"), "\0"])
def test_an_odd_value_in_any_optional_member_leaves_the_alert(cases, odd):
    document = json.loads((cases / "09_optional_number_not_available.json").read_bytes())
    for name in document.keys() - {"$schema", "id"}:
        notice = parse(json.dumps(document | {name: odd}).encode(), WXT)
        assert notice.event_key == "01700000000"
        assert not notice.is_test
