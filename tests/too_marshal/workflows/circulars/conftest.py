"""An event that ZTF has observed, and circulars on it as they come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_notice,
    add_plan,
    add_submission,
)
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices.formats.notice_json import notice_to_json
from too_marshal.notices.registry import parse
from too_marshal.workflows.circulars.approve import approve
from too_marshal.workflows.circulars.draft import draft
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.exposures.cover import cover

Drafted = Callable[..., CircularDraft]


def receive(  # noqa: PLR0917 - what a circular consists of
    session: Session,
    event: Event | None,
    number: int,
    subject: str,
    body: str,
    submitter: str = "Anna Person at Caltech <anna@caltech.edu>",
) -> ReceivedNotice:
    """Keep a circular as intake does."""
    payload = json.dumps(
        {
            "circularId": number,
            "subject": subject,
            "submitter": submitter,
            "body": body,
            "createdOn": 1718212589034,
        }
    ).encode()
    notice = parse(payload, "gcn.circulars")
    return add_notice(
        session, event, payload, topic="gcn.circulars", stream=notice.stream,
        kind=notice.kind.value, order=list(notice.order), document=notice_to_json(notice),
    )  # fmt: skip


def observe(session: Session, event: Event, number: int = 7) -> None:
    """Have ZTF take the first exposures of a plan."""
    start = event.event_time + timedelta(hours=2)
    submission = add_submission(session, add_plan(session, event, start=start))
    add_exposures(session, submission, number)
    cover(session, event.id, "ZTF")


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session, "S261122ab", event_time=now() - timedelta(days=1))
    add_localization(session, event)
    observe(session, event)
    return event


@pytest.fixture
def drafted(session: Session, event: Event) -> Drafted:
    """Drafts a circular on the event; approved if so asked."""

    def make(*, is_approved: bool = False, **asked: object) -> CircularDraft:
        request = CircularRequest.model_validate({"telescopes": ["ZTF"], **asked})
        row = draft(session, event.id, request, author="ann")
        if is_approved:
            approve(session, row.id, sha256=row.sha256, by="bob")
        return row

    return make
