"""The rule table, and trials of rules on past notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort

from too_marshal.api.operations import Content, iso, json_body, operation
from too_marshal.api.schemas import (
    ANYTHING,
    INTEGER,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    described,
    document_schema,
    listed,
    named,
    nullable,
    record,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.observing.plans import PlanRule, RuleTrial
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404
from too_marshal.workflows.rules.backtest import ask_for_trial
from too_marshal.workflows.rules.dry_run import USUAL_SPAN
from too_marshal.workflows.rules.edit import (
    all_rules,
    delete_rule,
    restore_rule,
    save_rule,
)
from too_marshal.workflows.rules.fields import RuleFields, RuleInvalid, values_of

MAX_DAYS = 365

# What is not given is as usual: nothing but the name is needed.
WANTED: Schema = {**document_schema(RuleFields), "required": ["name"]}
RULE = named(
    "Rule", id=INTEGER, deleted_at=nullable(TIME), deleted_by=nullable(TEXT),
    **WANTED["properties"],
)  # fmt: skip
ANSWER = named(
    "RuleTrialAnswer",
    event_id=INTEGER,
    event_name=TEXT,
    notice_id=INTEGER,
    received_at=TIME,
    applied=described(TRUTH, "by the rule as it is"),
    applies=described(TRUTH, "by the rule that is tried"),
    reasons=described(listed(TEXT), "why not"),
)
TRIAL = named(
    "RuleTrial",
    id=INTEGER,
    rule_id=nullable(INTEGER),
    candidate=ANYTHING,
    days=INTEGER,
    asked_by=TEXT,
    asked_at=TIME,
    done=described(INTEGER, "notices asked about so far"),
    total=nullable(INTEGER),
    result=nullable(
        record(
            notices=INTEGER,
            before=described(INTEGER, "to how many the rule as it is applied"),
            after=described(INTEGER, "to how many the rule that is tried would have"),
            changed=INTEGER,
            changes=described(listed(ANSWER), "the latest 500"),
            unchanged=described(listed(ANSWER), "what applies as before; the latest 500"),
        )
    ),
)
REFUSALS = {400: "no JSON object", 422: "a value cannot be; the detail says which and why"}


def rule_to_json(rule: PlanRule) -> dict[str, Any]:
    """Everything that is set in a rule."""
    deleted = {"deleted_at": iso(rule.deleted_at), "deleted_by": rule.deleted_by}
    return {"id": rule.id, **values_of(rule), **deleted}


def trial_to_json(trial: RuleTrial) -> dict[str, Any]:
    """A trial and how far it is."""
    return {
        "id": trial.id,
        "rule_id": trial.rule_id,
        "candidate": trial.candidate,
        "days": trial.days,
        "asked_by": trial.asked_by,
        "asked_at": iso(trial.asked_at),
        "done": trial.done,
        "total": trial.total,
        "result": trial.result,
    }


def _valid(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except RuleInvalid as err:
        abort(422, str(err))


@operation("GET", "/rules", Content(record(items=listed(RULE))))
def list_rules() -> dict[str, Any]:
    """List the rules in the order in which they are asked, then the deleted ones."""
    session = database()
    rows = [*all_rules(session), *all_rules(session, deleted=True)]
    return {"items": [rule_to_json(row) for row in rows]}


@operation("GET", "/rules/<row:rule_id>", Content(RULE))
def get_rule(rule_id: int) -> dict[str, Any]:
    """Get one rule."""
    return rule_to_json(row_or_404(PlanRule, rule_id))


@operation(
    "POST", "/rules", Content(RULE), role=Role.ADMIN, scope=Scope.RULES, status=201,
    body=Content(WANTED), problems=REFUSALS,
)  # fmt: skip
def post_rule() -> tuple[dict[str, Any], int]:
    """Add a rule."""
    body = json_body(tuple(RuleFields.model_fields))
    added = _valid(lambda: save_rule(database(), body, by=current_person().username))
    return rule_to_json(added), 201


@operation(
    "PUT", "/rules/<row:rule_id>", Content(RULE), role=Role.ADMIN, scope=Scope.RULES,
    body=Content(WANTED), problems=REFUSALS,
)  # fmt: skip
def put_rule(rule_id: int) -> dict[str, Any]:
    """Replace what is set in a rule."""
    rule = row_or_404(PlanRule, rule_id)
    body = json_body(tuple(RuleFields.model_fields))
    saved = _valid(lambda: save_rule(database(), body, by=current_person().username, rule=rule))
    return rule_to_json(saved)


@operation("DELETE", "/rules/<row:rule_id>", Content(RULE), role=Role.ADMIN, scope=Scope.RULES)
def remove_rule(rule_id: int) -> dict[str, Any]:
    """Delete a rule; it can be restored."""
    rule = row_or_404(PlanRule, rule_id)
    delete_rule(database(), rule, by=current_person().username)
    return rule_to_json(rule)


@operation(
    "POST", "/rules/<row:rule_id>/restore", Content(RULE), role=Role.ADMIN, scope=Scope.RULES
)
def undelete_rule(rule_id: int) -> dict[str, Any]:
    """Undo the deletion of a rule."""
    rule = row_or_404(PlanRule, rule_id)
    restore_rule(database(), rule, by=current_person().username)
    return rule_to_json(rule)


@operation(
    "POST",
    "/rules/trials",
    Content(TRIAL),
    role=Role.OBSERVER,
    scope=Scope.RULES,
    status=202,
    body=Content(
        {
            **record(rule=WANTED, rule_id=nullable(INTEGER), days=INTEGER),
            "required": ["rule"],
        }
    ),
    problems=REFUSALS,
)
def post_trial() -> tuple[dict[str, Any], int]:
    """Ask what a rule would have decided of past notices; a worker finds out."""
    body = json_body(("rule", "rule_id", "days"))
    rule_id, days = body.get("rule_id"), body.get("days", USUAL_SPAN.days)
    if not _is_whole(days) or not 1 <= days <= MAX_DAYS:
        abort(422, f"days is a whole number from 1 to {MAX_DAYS}")
    if not isinstance(body.get("rule"), dict):
        abort(422, "rule is an object")
    known = None
    if rule_id is not None:
        known = database().get(PlanRule, rule_id) if _is_whole(rule_id) else None
        if known is None:
            abort(422, "rule_id is the number of a rule")
    trial = _valid(
        lambda: ask_for_trial(
            database(), body["rule"], by=current_person().username, rule=known, days=days
        )
    )
    return trial_to_json(trial), 202


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


@operation("GET", "/rules/trials/<row:trial_id>", Content(TRIAL), role=Role.OBSERVER)
def get_trial(trial_id: int) -> dict[str, Any]:
    """Get a trial; its result is null until it is done."""
    return trial_to_json(row_or_404(RuleTrial, trial_id))
