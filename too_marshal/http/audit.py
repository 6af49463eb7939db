"""Keep who changes what: in the very transaction that changes it.

The line is added as the request's first transaction commits, so there is none of what was refused
or undone, and none is missing of what was done. What was typed is not kept: passwords are typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g, request
from sqlalchemy import event
from sqlalchemy.orm import Session

from too_marshal.db.accounts.audit import AuditEntry
from too_marshal.http.access import PUBLIC, needed_role
from too_marshal.http.service import database

_READING = {"GET", "HEAD", "OPTIONS"}


def install(app: Flask) -> None:
    """Keep a line of every request that changes something."""
    app.before_request(_watch)


def note(action: str, actor: str) -> None:
    """Keep a line of what no role is needed for, as a login, or was refused; committed."""
    session = database()
    session.add(_entry(action, actor))
    with only_looking():
        session.commit()


@contextmanager
def only_looking() -> Iterator[None]:
    """Say that what is committed in here only finds out whether something may be done.

    A failed password is counted, a code is used up: nothing that was asked for is done by that.
    """
    before, g.is_only_looking = g.get("is_only_looking", False), True
    try:
        yield
    finally:
        g.is_only_looking = before


def _watch() -> None:
    if request.method in _READING or request.endpoint is None or g.get("person") is None:
        return
    if needed_role(current_app.view_functions[request.endpoint]) == PUBLIC:
        return
    action, actor, session = request.endpoint, g.person.username, database()
    kept: list[AuditEntry] = []

    def keep(_: Session) -> None:
        if not kept and not g.get("is_only_looking", False):
            kept.append(_entry(action, actor))
            session.add(kept[0])

    def forget(_: Session) -> None:
        # It was undone with all else: the next commit keeps it.
        if kept and kept[0] not in session:
            kept.clear()

    event.listen(session, "before_commit", keep)
    event.listen(session, "after_rollback", forget)


def _entry(action: str, actor: str) -> AuditEntry:
    about: dict[str, Any] = {
        name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)
    }
    return AuditEntry(
        actor=actor[:80],
        way="token" if request.headers.get("Authorization") else "page",
        action=action,
        about=about,
        event_id=about.get("event_id"),
        address=(request.remote_addr or "")[:60],
    )
