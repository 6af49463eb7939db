"""Tell people of a notice, by the rules: in the log, on the timeline, and by their channels."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.events import Event, record
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.alerts.deliver import ask_for_changes
from too_marshal.workflows.events.tag import tag_by_rule
from too_marshal.workflows.rules.decide import decide_notice

logger = logging.getLogger(__name__)


def notify(session: Session, notice_id: int) -> None:
    """Log one line about a notice of an event, do what rules say of it; committed."""
    row = session.get_one(ReceivedNotice, notice_id)
    if row.event_id is None:
        return
    event = session.get_one(Event, row.event_id)
    logger.info(
        "%s: %s notice%s",
        event.name,
        row.kind,
        " (test)" if event.is_test else "",
        extra={"event": event.name, "stream": event.stream, "notice": row.id},
    )
    for rule in decide_notice(session, event, row):
        if rule.tags:
            tag_by_rule(session, event.id, rule)
        call_by_rule(session, rule, event, f"{row.kind} notice", notice_id=row.id)
    ask_for_changes(session, event)
    tasks.tell_listeners(event_id=event.id).defer(session)
    session.commit()


def call_by_rule(
    session: Session, rule: PlanRule, event: Event, what: str, *, notice_id: int
) -> None:
    """Ask that people be told and woken as a rule says; not committed."""
    if rule.notifies:
        _tell(session, rule, event, what, notice_id=notice_id)
    if rule.wakes:
        tasks.open_alarm(event_id=event.id, why=f"rule {rule.name!r}").defer(session)


def _tell(session: Session, rule: PlanRule, event: Event, what: str, *, notice_id: int) -> None:
    logger.warning("%s: %s (rule %r)", event.name, what, rule.name, extra={"event": event.name})
    record(
        session,
        f"Rule {rule.name!r} tells people: {what}",
        subject="rule",
        subject_id=notice_id,
        event_id=event.id,
    )
    tasks.announce(rule_id=rule.id, event_id=event.id, notice_id=notice_id, what=what).defer(
        session
    )
