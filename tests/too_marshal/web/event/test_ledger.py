from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.workflows.incident.test_ledger import add_whole
from too_marshal.db.base import now
from too_marshal.web.event.ledger import LEFT, RIGHT, bar_of
from too_marshal.workflows.incident.ledger import Moment


def test_an_event_shows_how_fast_each_step_was(viewer: FlaskClient, session: Session):
    event = add_whole(session)
    text = page(viewer, f"/events/{event.id}")
    assert "How fast" in text
    assert "9 approved" not in text
    assert "8 plan approved" in text
    assert "33 min" in text


def test_an_event_of_which_nothing_came_has_no_bar(viewer: FlaskClient, session: Session):
    assert "How fast" not in page(viewer, f"/events/{add_event(session).id}")


def test_percentiles_stand_on_one_page(viewer: FlaskClient, session: Session):
    assert "No event of that kind" in page(viewer, "/latency")
    add_whole(session)
    text = page(viewer, "/latency")
    assert "1 event<" in text
    assert "somebody told" in text
    assert "No event of that kind" in page(viewer, "/latency?tests=yes")
    assert "No event of that kind" in page(viewer, "/latency?stream=swift")
    assert "Latencies" in page(viewer, "/health")


@given(st.lists(st.floats(-1e6, 1e8), min_size=1, max_size=12))
def test_marks_stand_in_their_order_within_the_bar(seconds: list[float]):
    moments = [Moment("map", now(), None, at) for at in sorted(seconds)]
    bar = bar_of(moments)
    assert bar is not None
    places = [mark.x for mark in bar.marks]
    assert places == sorted(places)
    assert all(LEFT <= x <= RIGHT + 1e-6 for x in [*places, *(x for x, _ in bar.ticks)])
