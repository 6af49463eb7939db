from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.db.base import now
from too_marshal.notices.notice import Circle, Ellipse, Polygon
from too_marshal.notices.others.by_hand import TOPIC
from too_marshal.notices.registry import parse
from too_marshal.workflows.by_hand.request import EventInvalid, checked, document_of, payload_of

SEEN = {"name": "AT 2026abc", "event_time": "2026-01-02T03:04:05"}


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "at least 1"),
        ({"name": "\u2764"}, "name", "plain ASCII"),
        ({"name": "--"}, "name", "letters or digits"),
        ({"event_time": "yesterday"}, "event_time", "'yesterday' is no time"),
        ({"source_kind": "alien"}, "source_kind", "gamma-ray burst"),
        ({"ra": 400.0, "dec": 0.0}, "ra", "less than or equal to 360"),
        ({"ra": 10.0}, "", "both ra and dec"),
        ({"radius": 1.0}, "", "a radius needs ra and dec"),
        ({"ra": 1.0, "dec": 1.0, "radius": 0.0}, "radius", "greater than 0"),
        ({"ra": 1.0, "dec": 1.0, "radius": 1.0, "semi_minor": 2.0}, "", "no smaller"),
        ({"ra": 1.0, "dec": 1.0, "radius": 1.0, "moc_file": b"1/1"}, "", "one location at a time"),
        ({"corners": [[1, 2], [3, 4]]}, "corners", "at least 3"),
        ({"map_file": "no base64!"}, "map_file", "base64"),
        ({"containment": 90}, "containment", "less than 1"),
        ({"unknown": 1}, "unknown", "not permitted"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_reason(
    values: dict[str, Any], field: str, words: str
):
    with pytest.raises(EventInvalid, match=words) as refusal:
        checked(SEEN | values)
    assert list(refusal.value.errors) == [field]


def test_what_is_to_come_has_not_been_seen():
    with pytest.raises(EventInvalid, match="still to come"):
        checked(SEEN | {"event_time": now() + timedelta(hours=1)})


def test_a_time_without_a_zone_is_utc():
    assert checked(SEEN).event_time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    moved = checked(SEEN | {"event_time": "2026-01-02T05:04:05+02:00"})
    assert moved.event_time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


ANGLES = st.floats(0.001, 20)


@given(st.floats(0, 359.9), st.floats(-89, 89), ANGLES, st.floats(0.1, 1), st.floats(0.05, 0.99))
def test_the_notice_says_what_the_person_said(
    ra: float, dec: float, radius: float, part: float, containment: float
):
    where: dict[str, float] = {"ra": ra, "dec": dec, "radius": radius, "containment": containment}
    if part < 1:
        where["semi_minor"] = part * radius
    said = checked(SEEN | where)
    document = document_of(said, by="ann", at=now(), key="at2026abc")
    notice = parse(payload_of(document | {"alert_type": "initial", "record_number": 1}), TOPIC)
    assert (notice.event_time, notice.name) == (said.event_time, said.name)
    assert isinstance(notice.localization, Circle if part == 1 else Ellipse)
    assert (notice.localization.ra, notice.localization.dec) == (ra, dec)
    assert notice.localization.containment == containment
    assert notice.localization.systematics_included


def test_corners_are_kept_in_their_order():
    corners = [(10.0, 0.0), (14.0, 0.0), (14.0, 4.0), (10.0, 4.0)]
    document = document_of(
        checked(SEEN | {"corners": corners}), by="ann", at=now(), key="at2026abc"
    )
    notice = parse(json.dumps(document).encode(), TOPIC)
    assert isinstance(notice.localization, Polygon)
    assert notice.localization.vertices == tuple(corners)
