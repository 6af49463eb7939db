from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_coverage,
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
)
from tests.too_marshal.web.event.test_page import page
from too_marshal.web.coverage import course, distance_modulus


def test_a_version_is_chosen_and_its_coverage_shown(observer: FlaskClient, session: Session):
    event = add_event(session)
    older = add_localization(session, event)
    row = add_coverage(session, event, 0.25)
    row.by_source = {
        "planned": {"exposures": 3, "probability": 0.25, "probability_twice": 0.1, "area": 90.0},
        "survey": {"exposures": 40, "probability": 0.5, "probability_twice": 0.3, "area": 900.0},
        "all": {"exposures": 43, "probability": 0.6, "probability_twice": 0.4, "area": 950.0},
    }
    row.depths = {"g": [[20.0, 0.55], [20.5, 0.31]]}
    row.series = [["2026-01-01T00:00:00Z", 0.1, 0.0], ["2026-01-01T03:00:00Z", 0.25, 0.1]]
    older.sky_map.distance_mean, older.sky_map.distance_std = 100.0, 20.0
    session.commit()
    newer = add_localization(session, event)
    newest = page(observer, f"/events/{event.id}/coverage")
    assert f'value="{newer.id}" selected' in newest
    assert "Nothing is computed for this map" in newest
    shown = page(observer, f"/events/{event.id}/coverage?map={older.id}")
    for words in (
        "serendipitous: taken for something else", "60.0 %", "31.0 %",
        "-15.0", '<polyline class="once" points="0.0,',
    ):  # fmt: skip
        assert words in shown, words
    assert observer.get(f"/events/{event.id}/coverage?map=4711").status_code == 404


def test_what_is_not_computed_is_asked_for_once(observer: FlaskClient, session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    plan = add_plan(session, event)
    add_exposures(session, add_submission(session, plan), 2)
    assert "Compute on this map" in page(observer, f"/events/{event.id}/coverage")
    for _ in range(2):
        answer = observer.post(f"/events/{event.id}/coverage", data={"map": localization.id})
        assert answer.status_code == 303
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("cover_version", {"event_id": event.id, "localization_id": localization.id})]
    other = add_localization(session, add_event(session, "S2"))
    answer = observer.post(f"/events/{event.id}/coverage", data={"map": other.id})
    assert answer.status_code == 404


def test_the_modulus_of_100_mpc_is_35(session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    assert distance_modulus(localization.sky_map) is None
    localization.sky_map.distance_mean = 100.0
    assert distance_modulus(localization.sky_map) == 35.0


def test_one_exposure_has_no_course(session: Session):
    event = add_event(session)
    add_localization(session, event)
    assert course(add_coverage(session, event)) is None
