from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.workflows.incident.timeline import read_timeline


@given(minutes=st.lists(st.integers(0, 5), max_size=12), limit=st.integers(1, 5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_hold_every_line_once_in_the_order_of_time(
    session: Session, minutes: list[int], limit: int
):
    event, other = (add_event(session, f"S{uuid4()}") for _ in range(2))
    began = now()
    for number, minute in enumerate(minutes):
        session.add(
            Activity(
                event_id=(event if number % 4 else other).id,
                subject="plan" if number % 3 else "notice",
                actor="marshal",
                text=str(number),
                happened_at=began + timedelta(minutes=minute),
            )
        )
    session.flush()
    whole, end = read_timeline(session, event.id, limit=1000)
    assert end is None
    assert len(whole) == 1 + sum(number % 4 != 0 for number in range(len(minutes)))
    keys = [(row.happened_at, row.id) for row in whole]
    assert keys == sorted(keys, reverse=True)
    for subject in (None, "plan"):
        paged: list[Activity] = []
        before: int | None = None
        while True:
            rows, before = read_timeline(
                session, event.id, limit=limit, subject=subject, before=before
            )
            paged.extend(rows)
            if before is None:
                break
        assert paged == [row for row in whole if subject in {None, row.subject}]
