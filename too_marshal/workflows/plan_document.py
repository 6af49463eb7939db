"""The plan that a row holds, as the planners' functions take it."""

from __future__ import annotations

from planners.files.plan_files import plan_from_json
from telescopes.observing_plan import ObservingPlan
from too_marshal.db.observing.plans import Plan


def read_plan(plan: Plan) -> ObservingPlan:
    """Read the plan that a row holds, which must have been computed."""
    assert plan.document is not None
    return plan_from_json(plan.document)
