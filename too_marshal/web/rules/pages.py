"""The rule table: who is told and what is planned, and what a change would have changed."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as WerkzeugResponse

from planners.registry import MAP_PLANNERS
from telescopes import TELESCOPES
from too_marshal.db.accounts.people import Role
from too_marshal.db.observing.plans import PlanRule, RuleTrial
from too_marshal.http.access import current_person, may, needs
from too_marshal.http.service import database, row_or_404
from too_marshal.web.rules.form import AGES, ASKED, LIMITS, RuleForm
from too_marshal.web.rules.text import then, when
from too_marshal.workflows.rules.backtest import ask_for_trial
from too_marshal.workflows.rules.edit import (
    all_rules,
    delete_rule,
    restore_rule,
    save_rule,
    switch_rule,
)
from too_marshal.workflows.rules.fields import RuleInvalid, as_usual, columns, values_of

rules = Blueprint("rules", __name__)


@rules.get("/rules")
@needs(Role.VIEWER)
def index() -> str:
    """Read the rules in words."""
    session = database()
    return render_template(
        "rules.html",
        rules=[(row, when(row), then(row)) for row in all_rules(session)],
        deleted=all_rules(session, deleted=True),
    )


@rules.get("/rules/new")
@needs(Role.OBSERVER)
def new() -> str:
    """Offer an empty rule."""
    return render_template("rule.html", **_choices(RuleForm.empty(), None))


@rules.get("/rules/<row:rule_id>")
@needs(Role.OBSERVER)
def rule(rule_id: int) -> str:
    """Show one rule, to be changed or tried."""
    row = row_or_404(PlanRule, rule_id)
    return render_template("rule.html", **_choices(RuleForm.of(values_of(row)), row))


def _choices(form: RuleForm, stored: PlanRule | None) -> dict[str, Any]:
    return {
        "form": form,
        "rule": stored,
        "conditions": ASKED,
        "limits": LIMITS,
        "ages": AGES,
        "telescopes": list(TELESCOPES),
        "planners": MAP_PLANNERS,
    }


@rules.post("/rules")
@needs(Role.OBSERVER)
def add() -> WerkzeugResponse:
    """Try a new rule, or store it."""
    return _take(None)


@rules.post("/rules/<row:rule_id>")
@needs(Role.OBSERVER)
def change(rule_id: int) -> WerkzeugResponse:
    """Try a change of a rule, or store it."""
    return _take(row_or_404(PlanRule, rule_id))


def _take(stored: PlanRule | None) -> WerkzeugResponse:
    form = RuleForm.typed(request.form)
    values = form.rule()
    person = current_person().username
    if form.errors:
        return _form_with_errors(form, stored)
    if request.form.get("act") != "save":
        trial = ask_for_trial(database(), values, by=person, rule=stored)
        return redirect(url_for("rules.trial", trial_id=trial.id), 303)
    if not may(Role.ADMIN):
        abort(403, "Only administrators change rules; you may try one.")
    try:
        saved = save_rule(database(), values, by=person, rule=stored)
    except RuleInvalid as err:
        form.errors.update(err.faults)
        return _form_with_errors(form, stored)
    flash(f"Rule {saved.name!r} is stored. It holds from the next notice on.")
    return redirect(url_for("rules.index"), 303)


def _form_with_errors(form: RuleForm, stored: PlanRule | None) -> Response:
    return make_response(render_template("rule.html", **_choices(form, stored)), 422)


@rules.get("/rules/trials/<row:trial_id>")
@needs(Role.OBSERVER)
def trial(trial_id: int) -> str:
    """Show what a rule would have done, or how far its trial is."""
    row = row_or_404(RuleTrial, trial_id)
    rule = None if row.rule_id is None else row_or_404(PlanRule, row.rule_id)
    candidate = PlanRule(**columns(row.candidate))
    return render_template(
        "rule_trial.html",
        trial=row,
        when=when(candidate),
        then=then(candidate),
        **_choices(RuleForm.of(as_usual(row.candidate)), rule),
    )


@rules.post("/rules/<row:rule_id>/switch")
@needs(Role.ADMIN)
def switch(rule_id: int) -> WerkzeugResponse:
    """Enable a rule, or disable it."""
    row = row_or_404(PlanRule, rule_id)
    enabled = request.form.get("enabled") == "yes"
    switch_rule(database(), row, enabled=enabled, by=current_person().username)
    flash(f"Rule {row.name!r} is {'enabled' if enabled else 'disabled'}.")
    return redirect(url_for("rules.index"), 303)


@rules.post("/rules/<row:rule_id>/delete")
@needs(Role.ADMIN)
def delete(rule_id: int) -> WerkzeugResponse:
    """Delete a rule; it can be restored."""
    row = row_or_404(PlanRule, rule_id)
    delete_rule(database(), row, by=current_person().username)
    flash(f"Rule {row.name!r} is deleted. It can be restored below.")
    return redirect(url_for("rules.index"), 303)


@rules.post("/rules/<row:rule_id>/restore")
@needs(Role.ADMIN)
def restore(rule_id: int) -> WerkzeugResponse:
    """Undo the deletion of a rule."""
    row = row_or_404(PlanRule, rule_id)
    restore_rule(database(), row, by=current_person().username)
    flash(f"Rule {row.name!r} is restored.")
    return redirect(url_for("rules.index"), 303)
