"""Which notice made the difference, however many came since."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_notice, circle_map
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.incident.material import material_change


def notice(session: Session, event: Event, chance: float, kind: str = "update") -> ReceivedNotice:
    document = {"kind": kind, "classification": {"BNS": chance, "Terrestrial": 1 - chance}}
    return add_notice(session, event, kind=kind, document=document, understood_at=now())


def changed_by(session: Session, event: Event) -> int | None:
    change = material_change(session, event)
    return None if change is None else change.notice_id


def test_the_latest_notice_that_made_a_difference_counts(session: Session):
    event = add_event(session)
    notice(session, event, 0.9, "initial")
    assert changed_by(session, event) is None
    second = notice(session, event, 0.7)
    notice(session, event, 0.72)
    notice(session, event, 0.74)
    assert changed_by(session, event) == second.id
    last = notice(session, event, 0.3)
    assert changed_by(session, event) == last.id


def test_a_map_counts_for_the_notice_that_brought_it_first(session: Session):
    event = add_event(session)
    for radius in (8.0, 4.0, 4.0):
        localization = add_localization(session, event, circle_map(150.0, 30.0, radius))
        session.get_one(ReceivedNotice, localization.notice_id).understood_at = now()
        session.commit()
    assert changed_by(session, event) == localization.notice_id - 1


def test_a_map_of_nearly_the_same_region_is_no_change(session: Session):
    event = add_event(session)
    for radius in (8.0, 7.9):
        localization = add_localization(session, event, circle_map(150.0, 30.0, radius))
        session.get_one(ReceivedNotice, localization.notice_id).understood_at = now()
        session.commit()
    assert changed_by(session, event) is None
