"""Change the rule table: checked before it is stored, and deletion can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import record
from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.rules.fields import RuleInvalid, checked, columns, values_of

UNIQUE_NAME = "uq_plan_rule_name"
"""The constraint that two rules of one name break."""


def all_rules(session: Session, *, deleted: bool = False) -> list[PlanRule]:
    """Rules in the order in which they are asked; or else those that were deleted."""
    gone = PlanRule.deleted_at.is_not(None) if deleted else PlanRule.deleted_at.is_(None)
    return list(session.scalars(select(PlanRule).where(gone).order_by(PlanRule.id)))


def save_rule(
    session: Session, values: Mapping[str, Any], *, by: str, rule: PlanRule | None = None
) -> PlanRule:
    """Add a rule, or change one.

    Parameters
    ----------
    session
        Open session; committed.
    values
        As `checked` takes them.
    by
        The person.
    rule
        Which to change; None for a new one.

    Raises
    ------
    RuleInvalid
        If a value cannot be, or another rule has the name.
    """
    fields = checked(values)
    if rule is None:
        rule, text = PlanRule(**columns(fields)), f"Rule {fields['name']!r} added"
        session.add(rule)
    else:
        before = values_of(rule)
        changed = [name for name in before if before[name] != fields[name]]
        text = f"Rule {rule.name!r} changed: {', '.join(changed) or 'nothing'}"
        for name, value in columns(fields).items():
            setattr(rule, name, value)
    try:
        session.flush()
    except IntegrityError as err:
        session.rollback()
        if UNIQUE_NAME not in str(err.orig):
            raise
        raise RuleInvalid(
            {"name": "Another rule has this name; it may be among the deleted ones."}
        ) from err
    record(session, text, subject="rule", subject_id=rule.id, actor=by)
    session.commit()
    return rule


def switch_rule(session: Session, rule: PlanRule, *, enabled: bool, by: str) -> None:
    """Let a rule be asked, or not; committed."""
    rule.enabled = enabled
    text = f"Rule {rule.name!r} {'enabled' if enabled else 'disabled'}"
    record(session, text, subject="rule", subject_id=rule.id, actor=by)
    session.commit()


def delete_rule(session: Session, rule: PlanRule, *, by: str) -> None:
    """Take a rule out of the table; its plans and decisions stay, and it can be restored."""
    rule.deleted_at, rule.deleted_by = now(), by
    record(session, f"Rule {rule.name!r} deleted", subject="rule", subject_id=rule.id, actor=by)
    session.commit()


def restore_rule(session: Session, rule: PlanRule, *, by: str) -> None:
    """Undo the deletion of a rule; committed."""
    rule.deleted_at = rule.deleted_by = None
    record(session, f"Rule {rule.name!r} restored", subject="rule", subject_id=rule.id, actor=by)
    session.commit()
