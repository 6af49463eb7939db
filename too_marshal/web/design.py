"""Every component of the pages in every state, on one page; for rehearsals only."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from too_marshal.db.accounts.people import Role
from too_marshal.db.observing.plans import PlanState
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.db.observing.replacements import ReplacementState
from too_marshal.http.access import needs
from too_marshal.http.service import service
from too_marshal.workflows.incident.next_step import StepKind
from too_marshal.workflows.incident.status import STATES

design = Blueprint("design", __name__)

COLORS = (
    "green", "amber", "red", "blue", "plain", "button", "danger", "planned", "planned-1",
    "planned-2", "executed", "selected", "contour", "grid",
)  # fmt: skip
"""Tokens of color, each with a value in each theme (`static/app.css`)."""

SPACES = ("0.25", "0.5", "0.75", "1", "1.25", "3")
"""Distances that are used, rem."""


@design.get("/design")
@needs(Role.VIEWER)
def index() -> str:
    """Show the design system."""
    if not service().settings.rehearsal:
        abort(404)
    states = {
        "Event": STATES,
        "Plan": [state.value for state in PlanState],
        "Submission": [state.value for state in SubmissionState],
        "Replacement": [state.value for state in ReplacementState],
    }
    return render_template(
        "design.html", colors=COLORS, spaces=SPACES, states=states, steps=list(StepKind)
    )
