"""Submissions to robots."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from too_marshal.api.operations import (
    PAGING,
    Content,
    Parameter,
    iso,
    json_body,
    operation,
    page_before,
    page_limit,
    query_integer,
)
from too_marshal.api.schemas import (
    INTEGER,
    TEXT,
    TIME,
    TRUTH,
    described,
    named,
    nullable,
    page_of,
)
from too_marshal.db.accounts.people import Role, Scope
from too_marshal.db.observing.plans import Plan
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.http.access import current_person
from too_marshal.http.service import database, row_or_404, service
from too_marshal.workflows.submissions.approve import approve_checked
from too_marshal.workflows.submissions.withdraw import settle_by_person, withdraw_by_person

SUBMISSION = named(
    "Submission",
    id=INTEGER,
    plan_id=INTEGER,
    event_id=INTEGER,
    telescope=TEXT,
    queue_name=TEXT,
    program=described(TEXT, "that is charged; empty: not known, of an earlier version"),
    state={"enum": [state.value for state in SubmissionState]},
    reason=TEXT,
    approved_by=TEXT,
    approved_at=TIME,
    sent_at=nullable(TIME),
    settled_at=nullable(TIME),
    withdrawal_requested=TRUTH,
    withdraw_reason=TEXT,
    needs_person=described(TRUTH, "only a person can settle it; the reason says how"),
    missing_since=described(nullable(TIME), "asked since then, the robot did not hold it"),
    ends_at=described(nullable(TIME), "the robot may execute it until then"),
    attempts=described(INTEGER, "times that it was to be sent"),
    request=described(TEXT, "the message to the robot, word for word"),
    answer=described(TEXT, "the robot's answer, word for word"),
)


def submission_to_json(row: Submission) -> dict[str, Any]:
    """Everything that is known of a submission."""
    return {
        "id": row.id,
        "plan_id": row.plan_id,
        "event_id": row.plan.event_id,
        "telescope": row.telescope,
        "queue_name": row.queue_name,
        "program": row.program,
        "state": row.state,
        "reason": row.reason,
        "approved_by": row.approved_by,
        "approved_at": iso(row.approved_at),
        "sent_at": iso(row.sent_at),
        "settled_at": iso(row.settled_at),
        "withdrawal_requested": row.withdrawal_requested,
        "withdraw_reason": row.withdraw_reason,
        "needs_person": row.needs_person,
        "missing_since": iso(row.missing_since),
        "ends_at": iso(row.ends_at),
        "attempts": row.attempts,
        "request": row.request,
        "answer": row.answer,
    }


@operation(
    "GET",
    "/submissions",
    Content(page_of("SubmissionPage", SUBMISSION)),
    parameters=(
        *PAGING,
        Parameter("event_id", "query", INTEGER, "only of this event"),
        Parameter("plan_id", "query", INTEGER, "only of this plan"),
    ),
    problems={422: "a parameter cannot be used"},
)
def list_submissions() -> dict[str, Any]:
    """List submissions, the latest first."""
    limit = page_limit()
    query = (
        select(Submission)
        .join(Submission.plan)
        .options(contains_eager(Submission.plan))
        .order_by(Submission.id.desc())
        .limit(limit + 1)
    )
    for value, column in (
        (query_integer("event_id"), Plan.event_id),
        (query_integer("plan_id"), Submission.plan_id),
    ):
        if value is not None:
            query = query.where(column == value)
    before = page_before()
    if before is not None:
        query = query.where(Submission.id < before)
    rows = list(database().scalars(query))
    shown = rows[:limit]
    return {
        "items": [submission_to_json(row) for row in shown],
        "next_before": shown[-1].id if len(rows) > limit else None,
    }


@operation("GET", "/submissions/<row:submission_id>", Content(SUBMISSION))
def get_submission(submission_id: int) -> dict[str, Any]:
    """Get one submission."""
    return submission_to_json(row_or_404(Submission, submission_id))


@operation(
    "POST",
    "/plans/<row:plan_id>/submissions",
    Content(SUBMISSION),
    role=Role.APPROVER,
    scope=Scope.QUEUES,
    status=202,
    parameters=(
        Parameter(
            "Idempotency-Key",
            "header",
            {"type": "string", "minLength": 8, "maxLength": 80},
            "chosen by the caller; the same again answers with the same submission",
            required=True,
        ),
    ),
    body=Content(
        {
            "type": "object",
            "required": ["preflight_id"],
            "additionalProperties": False,
            "properties": {
                "preflight_id": described(INTEGER, "of this plan, 10 min old at the most"),
                "accept_warnings": described(TRUTH, "send it in spite of the warnings"),
            },
        }
    ),
    problems={
        400: "no usable key, or no JSON object",
        422: "no usable preflight_id",
        409: "the plan may not be submitted; the detail says why",
    },
)
def post_submission(plan_id: int) -> tuple[dict[str, Any], int]:
    """Approve a plan that a preflight allows: a worker sends it to the robot, once."""
    row_or_404(Plan, plan_id)
    key = request.headers.get("Idempotency-Key", "")
    if not (8 <= len(key) <= 80 and key.isascii() and key.isprintable()):
        abort(400, "Idempotency-Key has 8 to 80 printable characters")
    body = json_body(("preflight_id", "accept_warnings"))
    preflight_id, accepts = body.get("preflight_id"), body.get("accept_warnings", False)
    if type(preflight_id) is not int or not 0 < preflight_id < 2**31:
        abort(422, "preflight_id is the number of a preflight")
    if type(accepts) is not bool:
        abort(422, "accept_warnings is true or false")
    submission = approve_checked(
        database(),
        service().robots,
        plan_id,
        by=current_person().username,
        idempotency_key=key,
        preflight_id=preflight_id,
        accepts_warnings=accepts,
    )
    return submission_to_json(submission), 202


@operation(
    "POST",
    "/submissions/<row:submission_id>/withdraw",
    Content(SUBMISSION),
    role=Role.OBSERVER,
    scope=Scope.QUEUES,
    status=202,
)
def withdraw_submission(submission_id: int) -> tuple[dict[str, Any], int]:
    """Ask for the withdrawal of a submission; one that is over must be held by its robot."""
    row_or_404(Submission, submission_id)
    submission = withdraw_by_person(database(), submission_id, by=current_person().username)
    return submission_to_json(submission), 202


@operation(
    "POST",
    "/submissions/<row:submission_id>/settle",
    Content(SUBMISSION),
    role=Role.OBSERVER,
    scope=Scope.QUEUES,
    status=200,
)
def settle_submission(submission_id: int) -> tuple[dict[str, Any], int]:
    """Note that the observatory will not observe what it has picked up."""
    row_or_404(Submission, submission_id)
    submission = settle_by_person(database(), submission_id, by=current_person().username)
    return submission_to_json(submission), 200
