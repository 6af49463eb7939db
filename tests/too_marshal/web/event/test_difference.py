from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_notice, circle_map
from tests.too_marshal.web.event.test_page import page
from too_marshal.formatting import area
from too_marshal.notices.notice import Kind
from too_marshal.workflows.localizations.difference import work_out_difference


def test_any_two_notices_are_compared(viewer: FlaskClient, session: Session):
    event = add_event(session)
    rows = [
        add_notice(session, event, document={"kind": "update", "far": 1e-9, "name": name})
        for name in ("bn260101001", "GRB 260101A", "GRB 260101B")
    ]
    add_notice(session, event, kind=Kind.INFORMATION, document={"kind": "information"})
    address = f"/events/{event.id}/difference"
    assert f'href="{address}"' in page(viewer, f"/events/{event.id}")
    text = page(viewer, address)
    assert "name GRB 260101A → GRB 260101B" in text
    assert "bn260101001" not in text
    text = page(viewer, f"{address}?before={rows[0].id}&after={rows[2].id}")
    assert "name bn260101001 → GRB 260101B" in text
    text = page(viewer, f"{address}?before={rows[1].id}&after={rows[1].id}")
    assert "Both say the same." in text


def test_a_notice_of_another_event_is_not_compared(viewer: FlaskClient, session: Session):
    event, other = add_event(session), add_event(session, "S260101b")
    first, _ = add_notice(session, event), add_notice(session, event)
    strange = add_notice(session, other)
    answer = viewer.get(f"/events/{event.id}/difference?before={first.id}&after={strange.id}")
    assert answer.status_code == 404
    assert f"no notice '{strange.id}'" in answer.get_data(as_text=True).replace("&#39;", "'")
    assert "not two notices" in page(viewer, f"/events/{other.id}/difference")


def test_the_maps_of_both_are_compared(viewer: FlaskClient, session: Session):
    event, maps, numbers = add_event(session), [], []
    for ra, radius in ((150.0, 4.0), (152.0, 2.0)):
        row = add_localization(session, event, circle_map(ra, 0.0, radius))
        maps.append(row.sky_map)
        numbers.append(row.id)
    address = f"/events/{event.id}/difference"
    assert "being worked out" in page(viewer, address)
    work_out_difference(session, *numbers)
    text = page(viewer, address)
    assert "being worked out" not in text
    areas = [area(sky_map.area_90) for sky_map in maps]
    assert areas[0] != areas[1]
    assert f"90 % area</dt><dd>{areas[0]} → {areas[1]}" in text
    assert "moved by 2 deg" in text
    assert "lies in the 50 % region of the earlier" in text
