"""Have a person who is logged in show by password and code that it is them."""

from __future__ import annotations

from flask import abort, request

from too_marshal.db.accounts.people import Person
from too_marshal.http.service import database, service
from too_marshal.workflows.accounts.login import LoginThrottled, check_password, note_failure
from too_marshal.workflows.accounts.second_factor import check_code, has_factor


def why_not_shown(person: Person) -> str:
    """What is wrong with the password and code of this request's form; empty if they are right."""
    typed, address = request.form.get("password", ""), request.remote_addr or ""
    try:
        is_right = check_password(database(), person.username, typed, address) is not None
    except LoginThrottled:
        abort(429)
    wants_code = is_right and has_factor(database(), person)
    if wants_code and not check_code(
        database(), person, request.form.get("code", ""), service().settings.session_key()
    ):
        note_failure(database(), person.username, address)
        return "The password or the code is wrong."
    return "" if is_right else "The password is wrong."
