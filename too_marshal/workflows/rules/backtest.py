"""What would change if a rule were so? Asked of the notices of the last days, in a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from too_marshal import tasks
from too_marshal.db.observing.plans import PlanRule, RuleTrial
from too_marshal.workflows.rules.decide import failed_conditions
from too_marshal.workflows.rules.dry_run import USUAL_SPAN, Past, past_cases
from too_marshal.workflows.rules.fields import checked, columns

MAX_NOTICES = 20_000
MAX_LISTED = 500
"""Answers kept of each sort; all are counted."""

STEP = 500
"""Notices between two notes of how far it is."""

DISABLED = "the rule is disabled"
NO_RULE = "there is no such rule yet"


def ask_for_trial(
    session: Session,
    values: Mapping[str, Any],
    *,
    by: str,
    rule: PlanRule | None = None,
    days: int = USUAL_SPAN.days,
) -> RuleTrial:
    """Ask for a trial of a rule; nothing is told or planned by it.

    Parameters
    ----------
    session
        Open session; committed.
    values
        The rule as it might be; see `workflows.rules.fields.checked`.
    by
        The person.
    rule
        The rule to be changed; None for a new one.
    days
        How far to look back.

    Raises
    ------
    RuleInvalid
        If a value cannot be.
    """
    trial = RuleTrial(
        rule_id=None if rule is None else rule.id, candidate=checked(values), days=days, asked_by=by
    )
    session.add(trial)
    session.flush()
    tasks.try_rule(trial_id=trial.id).defer(session)
    session.commit()
    return trial


def try_rule(session: Session, trial_id: int) -> None:
    """Ask the rule as it is, and as it might be, about each notice; committed as it goes.

    Parameters
    ----------
    session, trial_id
        A row without a result; any other is left as it is.
    """
    trial = session.get_one(RuleTrial, trial_id)
    if trial.result is not None:
        return
    current = None if trial.rule_id is None else session.get_one(PlanRule, trial.rule_id)
    candidate = PlanRule(**columns(trial.candidate))
    cases = past_cases(session, timedelta(days=trial.days), MAX_NOTICES)
    trial.total, trial.done = len(cases), 0
    session.commit()
    counts = {"notices": len(cases), "before": 0, "after": 0, "changed": 0}
    changes: list[dict[str, Any]] = []
    applying: list[dict[str, Any]] = []
    for done, past in enumerate(cases, start=1):
        before, after = _against(current, past), _against(candidate, past)
        counts["before"] += not before
        counts["after"] += not after
        if bool(before) != bool(after):
            counts["changed"] += 1
            changes.append(_answer(past, before, after))
        elif not after:
            applying.append(_answer(past, before, after))
        if done % STEP == 0:
            trial.done = done
            session.commit()
    trial.done = len(cases)
    trial.result = {
        **counts,
        "changes": changes[:MAX_LISTED],
        "unchanged": applying[:MAX_LISTED],
    }
    session.commit()


def _against(rule: PlanRule | None, past: Past) -> list[str]:
    if rule is None:
        return [NO_RULE]
    if not rule.enabled or rule.deleted_at is not None:
        return [DISABLED]
    return failed_conditions(rule, past.case)


def _answer(past: Past, before: list[str], after: list[str]) -> dict[str, Any]:
    return {
        "event_id": past.event.id,
        "event_name": past.event.name,
        "notice_id": past.notice.id,
        "received_at": past.notice.received_at.isoformat(),
        "applied": not before,
        "applies": not after,
        "reasons": after or before,
    }
