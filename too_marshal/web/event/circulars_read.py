"""Circulars of others about an event, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.notices.others.circulars import body_of

STREAM = "circulars"


@dataclass(frozen=True)
class ReadCircular:
    """A circular, in its latest version."""

    notice_id: int
    number: int
    version: int
    subject: str
    submitter: str
    """Name, without the address of their mail."""

    link: str
    received_at: datetime


def circulars_among(rows: Iterable[ReceivedNotice]) -> list[ReadCircular]:
    """Pick the circulars out of an event's notices: the last number first, each once."""
    latest: dict[int, ReadCircular] = {}
    for row in rows:
        if row.stream == STREAM and row.state == NoticeState.UNDERSTOOD and row.document:
            circular = _read(row, row.document)
            known = latest.get(circular.number)
            if known is None or known.version < circular.version:
                latest[circular.number] = circular
    return sorted(latest.values(), key=lambda each: -each.number)


def text_of(row: ReceivedNotice) -> str | None:
    """Text of a notice that is a circular; None of another."""
    is_circular = row.stream == STREAM and row.state == NoticeState.UNDERSTOOD
    return body_of(row.payload) if is_circular else None


def _read(row: ReceivedNotice, document: dict[str, Any]) -> ReadCircular:
    attributes = document.get("attributes") or {}
    return ReadCircular(
        notice_id=row.id,
        number=int(attributes["circular"]),
        version=int(attributes.get("version", 1)),
        subject=str(attributes.get("subject", "")),
        submitter=str(attributes.get("submitter", "")).split("<")[0].strip(),
        link=str((document.get("links") or {}).get("circular", "")),
        received_at=row.received_at,
    )
