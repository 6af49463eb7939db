"""Have a person who is logged in show by password and code that it is them."""

from __future__ import annotations

from flask import abort, request

from too_marshal.db.accounts.people import Person
from too_marshal.http import audit
from too_marshal.http.service import database, service
from too_marshal.workflows.accounts.login import (
    LoginThrottled,
    check_password,
    forget_failures,
    note_failure,
)
from too_marshal.workflows.accounts.second_factor import check_code, has_factor


def why_not_shown(person: Person, wanted: str) -> str:
    """What is wrong with the password and code of this request's form; empty if they are right.

    Parameters
    ----------
    person
        Who is logged in.
    wanted
        What it is for, as the audit log says when it failed.
    """
    wants_code = has_factor(database(), person)
    with audit.only_looking():
        is_oneself = _has_typed(person, wants_code=wants_code)
    if is_oneself:
        return ""
    audit.note(f"{wanted} failed", person.username)
    return "The password or the code is wrong." if wants_code else "The password is wrong."


def is_password(person: Person, typed: str) -> bool:
    """Whether somebody who is logged in has typed their password."""
    try:
        found = check_password(database(), person.username, typed, request.remote_addr or "")
    except LoginThrottled:
        audit.note("password refused: too many tries", person.username)
        abort(429)
    return found is not None


def _has_typed(person: Person, *, wants_code: bool) -> bool:
    if not is_password(person, request.form.get("password", "")):
        return False
    if not wants_code:
        return True
    key = service().settings.session_key()
    if not check_code(database(), person, request.form.get("code", ""), key):
        note_failure(database(), person.username, request.remote_addr or "")
        return False
    forget_failures(database(), person)
    return True
