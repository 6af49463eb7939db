"""A rule that tags does so with the notice, or once there is a map where it asks for one."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_localization, add_notice
from too_marshal.db.events import EventTag
from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.alerts.notify import notify
from too_marshal.workflows.planning.plan import propose_plans
from too_marshal.workflows.rules.edit import save_rule


@pytest.fixture(autouse=True)
def alone(session: Session) -> None:
    """No rule but the one that a test adds."""
    for rule in session.scalars(select(PlanRule)):
        rule.enabled = False
    session.commit()


def tags(session: Session) -> list[tuple[str, str]]:
    return [(row.name, row.made_by) for row in session.scalars(select(EventTag))]


def test_a_notice_that_the_rule_is_about_tags_the_event_and_tells_nobody(session: Session):
    save_rule(session, {"name": "mergers", "streams": ["lvk"], "tags": ["Near By"]}, by="ann")
    save_rule(session, {"name": "bursts", "streams": ["swift"], "tags": ["burst"]}, by="ann")
    event = add_event(session)
    notify(session, add_notice(session, event).id)
    notify(session, add_notice(session, event).id)
    assert tags(session) == [("near-by", "rule mergers")]


def test_a_rule_that_asks_for_a_map_tags_once_there_is_one(session: Session):
    save_rule(session, {"name": "small", "maximum_area": 41000.0, "tags": ["small"]}, by="ann")
    event = add_event(session)
    notify(session, add_notice(session, event).id)
    assert tags(session) == []
    propose_plans(session, add_localization(session, event).id)
    assert tags(session) == [("small", "rule small")]
