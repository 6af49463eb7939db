"""What a plan would come to, told while its form is filled in."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.plans.test_asked_curve import HX, TYPED
from tests.too_marshal.workflows.planning.test_plan_queue import event_with_map
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.planning import estimate as estimates
from too_marshal.workflows.planning.plan import compute

pytestmark = pytest.mark.usefixtures("evening")

SHORT = TYPED | {"maximum_time": "60", "minimum_gap": "0"}


def ask(client: FlaskClient, event_id: int, **typed: str) -> str:
    answer = client.post(f"/events/{event_id}/estimate", data=SHORT | typed, headers=HX)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]*>", "", answer.get_data(as_text=True))).split())


def told(text: str) -> float:
    """Probability that an estimate tells."""
    return float(re.search(r"at least about ([\d.]+) %", text)[1])  # type: ignore[index]


def test_the_plan_itself_covers_as_much_and_nothing_is_kept(
    observer: FlaskClient, session: Session
):
    event = event_with_map(session)
    text = ask(observer, event.id)
    assert re.fullmatch(
        r"ZTF covers at least about [\d.]+ % in all filters with \d+ exposures? in \d+ \w+,"
        r" from .* UTC\.",
        text,
    )
    assert session.scalar(select(func.count(Plan.id))) == 0
    observer.post(f"/events/{event.id}/plans", data=SHORT)
    plan = session.scalars(select(Plan)).one()
    compute(session, plan.id)
    session.refresh(plan)
    assert 100 * plan.statistics["probability_all_filters"] >= told(text) - 0.1


def test_more_time_covers_more(observer: FlaskClient, session: Session):
    event = event_with_map(session)
    short, long = (told(ask(observer, event.id, maximum_time=time)) for time in ("20", "60"))
    assert short < long


def test_a_source_is_detected_less_often_than_its_region_is_covered(
    observer: FlaskClient, session: Session
):
    event = event_with_map(session)
    text = ask(observer, event.id, objective="detection", source="kilonova")
    assert text.endswith("what is detected is less.")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"start": "tomorrow"}, "not complete yet"),
        ({"planner": "manual", "targets": "543"}, "where the planner chooses the fields"),
        ({"telescope": "Hubble"}, "unknown telescope 'Hubble'"),
        ({"map": "999"}, "no map 999"),
        ({"start": "2026-11-22 18:00", "end": "2026-11-22 20:00"}, "Nothing can be observed so"),
    ],
)
def test_why_there_is_none_is_said(
    observer: FlaskClient, session: Session, typed: dict[str, str], words: str
):
    assert words in ask(observer, event_with_map(session).id, **typed)


def test_without_a_map_there_is_none(observer: FlaskClient, session: Session):
    assert "has no sky map yet" in ask(observer, add_event(session).id)


def test_one_is_worked_out_at_a_time(observer: FlaskClient, session: Session):
    event = event_with_map(session)
    with estimates._ESTIMATING:
        assert ask(observer, event.id) == "Another estimate is being worked out."
    assert told(ask(observer, event.id)) > 0
