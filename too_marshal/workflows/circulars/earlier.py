"""Circulars of ours that have gone out: what was reported, and until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.circulars import CircularDraft, CircularSending
from too_marshal.db.deliveries import DeliveryState


def sent_before(session: Session, event_id: int) -> list[CircularDraft]:
    """Our circulars about an event that have gone out, or may have; the last one first."""
    query = (
        select(CircularDraft)
        .join(CircularSending, CircularSending.draft_id == CircularDraft.id)
        .where(
            CircularDraft.event_id == event_id,
            CircularSending.state.in_((DeliveryState.SENT, DeliveryState.UNCONFIRMED)),
        )
        .order_by(CircularSending.id.desc())
    )
    return list(session.scalars(query).unique())


def reported_until(session: Session, event_id: int) -> dict[str, datetime]:
    """When the last image was begun that we have reported, by telescope."""
    until: dict[str, datetime] = {}
    for draft in sent_before(session, event_id):
        for each in draft.facts.get("telescopes", []):
            end = datetime.fromisoformat(each["end"])
            until[each["key"]] = max(end, until.get(each["key"], end))
    return until
