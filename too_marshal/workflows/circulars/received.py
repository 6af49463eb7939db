"""Circulars about an event that came in, as a person reads and cites them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from gcn_templates import Citation, ascii_only
from too_marshal.db.notices import NoticeState, ReceivedNotice, of_event
from too_marshal.notices.others.circulars import body_of

STREAM = "circulars"

_MAX_AUTHOR = 60
"""Characters; what is longer is no name."""


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


def citations_of(session: Session, event_id: int) -> dict[int, Citation]:
    """Every circular about an event that can be cited, by its number in rising order."""
    query = select(ReceivedNotice).where(of_event(event_id), ReceivedNotice.stream == STREAM)
    rows = {row.id: row for row in session.scalars(query.options(undefer(ReceivedNotice.payload)))}
    read = circulars_among(rows.values())
    return {
        circular.number: Citation(
            cited_author(text_of(rows[circular.notice_id]) or "", circular.submitter),
            circular.number,
        )
        for circular in reversed(read)
    }


def cited_author(body: str, submitter: str) -> str:
    """First author of a circular as others cite them: "A. Author et al.".

    Parameters
    ----------
    body
        Its text, which begins with its authors.
    submitter
        Whose name stands for them where the text does not begin so.
    """
    head = body.strip()[:2000].split("\n\n")[0]
    first = re.split(r"[,(:;]|\s+and\s|\s+reports?\b|\s+on behalf\b", head, maxsplit=1)[0]
    name = ascii_only(first)
    if not _is_name(name):
        return f"{_initials(ascii_only(submitter.split(' at ', maxsplit=1)[0]))} et al."
    alone = not re.search(r",|\band\b|\bcollaboration\b|\bteam\b", head, re.IGNORECASE)
    return _initials(name) if alone else f"{_initials(name)} et al."


def _is_name(text: str) -> bool:
    words = text.split()
    return 2 <= len(words) <= 6 and len(text) <= _MAX_AUTHOR and words[-1][:1].isupper()


def _initials(name: str) -> str:
    """Shorten given names; a collaboration keeps its words."""
    if not name:
        return "Anonymous"
    if re.search(r"collaboration|team|observatory|consortium", name, re.IGNORECASE):
        return name
    words = name.split() or [name]
    # A family's name begins at its particle, as "de" or "van"; where there is none it is the last.
    family = next((at for at, word in enumerate(words) if word[0].islower()), len(words) - 1)
    given = [word if "." in word else f"{word[0]}." for word in words[:family]]
    return " ".join([*given, *words[family:]])


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
