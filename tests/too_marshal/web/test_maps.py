from __future__ import annotations

import html

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from planners.skymaps.files import read_skymap
from tests.too_marshal.factories import add_event, add_localization, add_plan
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.localizations import LocalizationState
from too_marshal.workflows.exposures.draw import draw


def test_a_map_that_is_not_drawn_says_so_and_breaks_no_page(
    observer: FlaskClient, session: Session
):
    event = add_event(session)
    localization = add_localization(session, event)
    for prefix in ("", "/api/v1"):
        answer = observer.get(f"{prefix}/localizations/{localization.id}/map.png")
        assert answer.status_code == 404
        assert "not drawn yet" in answer.text
    waiting = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'draw'")
    assert session.scalars(waiting).all() == [{"localization_id": localization.id}], "asked once"
    shown = page(observer, f"/events/{event.id}")
    assert "The sky map is not drawn yet" in shown
    assert f'href="/localizations/{localization.id}/map.png">ask for it' in shown
    assert "<img" not in shown
    localization.state = LocalizationState.PENDING
    session.commit()
    assert "pending" in observer.get(f"/localizations/{localization.id}/zoom.png").text
    assert observer.get("/localizations/4711/map.png").status_code == 404


def test_a_drawn_map_is_shown_where_no_script_runs(observer: FlaskClient, session: Session):
    event = add_event(session)
    event.classification = {"BNS": 0.97, "Terrestrial": 0.03}
    localization = add_localization(session, event)
    plan = add_plan(session, event)
    draw(session, [], localization.id)
    for address in (f"/events/{event.id}", f"/plans/{plan.id}"):
        shown = html.unescape(page(observer, address))
        within = shown[shown.index("<noscript>") : shown.index("</noscript>")]
        for words in (
            f"/localizations/{localization.id}/map.png",
            f"/localizations/{localization.id}/zoom.png",
            'alt="The whole sky. BNS 97.0 %: 90 % in ',
            "brightest at 10:00:00.0 +30:00:00",
        ):
            assert words in within, words
    for prefix in ("", "/api/v1"):
        for name in ("map", "zoom"):
            first = observer.get(f"{prefix}/localizations/{localization.id}/{name}.png")
            assert first.mimetype == "image/png"
            assert first.data.startswith(b"\x89PNG")
            again = observer.get(
                f"{prefix}/localizations/{localization.id}/{name}.png",
                headers={"If-None-Match": first.headers["ETag"]},
            )
            assert again.status_code == 304
            assert not again.data


def test_what_is_left_is_offered_as_a_file(observer: FlaskClient, session: Session):
    event = add_event(session)
    localization = add_localization(session, event)
    assert f"/localizations/{localization.id}/left.fits" in page(observer, f"/events/{event.id}")
    ours = observer.get(f"/localizations/{localization.id}/left.fits")
    assert "multiorder.fits.gz" in ours.headers["Content-Disposition"]
    assert len(read_skymap(ours.data).lo) > 10
    assert observer.get(f"/api/v1/localizations/{localization.id}/left").data == ours.data
    localization.state = LocalizationState.UNAVAILABLE
    session.commit()
    assert observer.get(f"/localizations/{localization.id}/left.fits").status_code == 404
