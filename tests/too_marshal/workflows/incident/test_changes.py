from datetime import timedelta

from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_notice, circle_map
from too_marshal.db.base import now
from too_marshal.db.notices import NoticeState
from too_marshal.workflows.incident.changes import differences, last_change


def test_what_is_another_value_is_said_and_nothing_else():
    before = {
        "kind": "initial",
        "classification": {"BNS": 0.93, "Terrestrial": 0.07},
        "properties": {"HasNS": 1.0, "HasRemnant": 0.9},
        "far": 1e-9,
        "significant": True,
        "name": "bn240812094",
    }
    assert differences(before, before) == []
    after = {
        **before,
        "kind": "update",
        "classification": {"BNS": 0.2, "Terrestrial": 0.8},
        "properties": {"HasNS": 1.0, "HasRemnant": 0.3},
        "far": 1e-7,
        "significant": False,
        "name": "GRB 240812A",
    }
    assert differences(before, after) == [
        "BNS 93.0 % → Terrestrial 80.0 %",
        "HasRemnant 90.0 % → 30.0 %",
        "false alarms 1 per 31.7 yr → 1 per 116 d",
        "no longer significant",
        "name bn240812094 → GRB 240812A",
    ]
    assert differences(before, {"kind": "update"}) == [], "what is not told stands"
    taken_back = {"kind": "retraction"}
    assert differences(taken_back, before) == ["the event stands again: it was withdrawn before"]
    assert differences(before, {"kind": "retraction"}) == ["the mission has withdrawn the event"]


def test_the_last_two_notices_are_compared_by_the_missions_order(session: Session):
    event = add_event(session)
    assert last_change(session, event) is None
    late = add_notice(session, event, order=[3], kind="update", document={
        "kind": "update", "classification": {"BNS": 0.4}})  # fmt: skip
    assert last_change(session, event) is None, "there is nothing to compare with"
    add_notice(session, event, order=[2], kind="initial", document={
        "kind": "initial", "classification": {"BNS": 0.9}})  # fmt: skip
    add_notice(session, event, order=[9], kind="information", document={"kind": "information"})
    add_notice(session, event, order=[8], state=NoticeState.REPEATED)
    change = last_change(session, event)
    assert (change.notice_id, change.kind) == (late.id, "update")
    assert change.lines == ["BNS 90.0 % → 40.0 %"]
    assert now() - change.at < timedelta(minutes=1)


def test_a_new_map_is_compared_with_the_one_before(session: Session):
    event = add_event(session)
    add_localization(session, event, circle_map(150.0, 30.0, 8.0))
    add_localization(session, event, circle_map(150.0, 30.0, 4.0))
    assert last_change(session, event).lines == ["90 % area 201 deg² → 50.3 deg²"]
