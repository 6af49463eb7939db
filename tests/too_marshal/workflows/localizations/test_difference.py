"""The difference of two maps is stored once for each pair, by what the maps are."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.localizations import MapDifferenceRow
from too_marshal.workflows.localizations.difference import difference_of, work_out_difference


def test_a_pair_is_worked_out_once_whichever_event_asks(session: Session):
    pairs = []
    for name in ("S260101a", "S260101b"):
        event = add_event(session, name)
        old = add_localization(session, event, circle_map(100.0, 20.0, 9.0))
        new = add_localization(session, event, circle_map(102.0, 20.0, 4.0))
        pairs.append((old, new))
    work_out_difference(session, pairs[0][0].id, pairs[0][1].id)
    row = difference_of(session, *pairs[1])
    assert row is not None
    computed_at = row.computed_at
    work_out_difference(session, pairs[1][0].id, pairs[1][1].id)
    session.refresh(row)
    assert row.computed_at == computed_at
    assert session.scalar(select(func.count()).select_from(MapDifferenceRow)) == 1
    assert difference_of(session, *reversed(pairs[0])) is None, "gain and loss change places"


def test_of_a_map_and_itself_nothing_is_drawn(session: Session):
    event = add_event(session)
    one = add_localization(session, event)
    work_out_difference(session, one.id, one.id)
    row = difference_of(session, one, one)
    assert row is not None
    assert (row.moved, row.common_90) == (0, 1)
    assert row.gained is None
    assert row.lost is None
