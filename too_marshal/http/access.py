"""Who asks, and whether they may: decided before every view, refused unless declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from too_marshal.db.accounts.people import Person, Role, Scope
from too_marshal.db.base import now
from too_marshal.http.service import database, service
from too_marshal.workflows.accounts.login import living_session
from too_marshal.workflows.accounts.tokens import person_of_token

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = 0
"""Declared by a view that needs no login."""

API = "api"
"""Name of the blueprint whose callers may hold a token."""

MAX_NEXT_LENGTH = 512

LOGIN_LASTS = timedelta(hours=12)
"""After which the password is asked for again before anything leaves for a telescope or GCN."""


def needs(role: Role, scope: Scope | None = None) -> Callable[[View], View]:
    """Declare that only people of `role`, or a higher one, may call a view.

    Parameters
    ----------
    role
        The lowest that suffices.
    scope
        What a token must be for; None where no token is taken.
    """

    def mark(view: View) -> View:
        view.needed_role = int(role)  # type: ignore[attr-defined]
        view.needed_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def recent_login(view: View) -> View:
    """Declare that the browser's login must be recent; a token is as good as it says."""
    view.wants_recent_login = True  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Declare that anybody may call a view."""
    view.needed_role = PUBLIC  # type: ignore[attr-defined]
    return view


def needed_role(view: Callable[..., Any]) -> int | None:
    """What a view declares; None where it declares nothing, and nobody may call it."""
    return cast("int | None", getattr(view, "needed_role", None))


def needed_scope(view: Callable[..., Any]) -> Scope | None:
    """What a token must be for that calls a view; None where no token is taken."""
    return cast("Scope | None", getattr(view, "needed_scope", None))


def current_person() -> Person:
    """Who asks; only in a view that needs a login."""
    return cast(Person, g.person)


def current_role() -> Role | None:
    """What the one who asks may do; None where nobody is logged in."""
    return cast("Role | None", g.get("role"))


def may(role: Role) -> bool:
    """Whether the one who asks has `role`, or a higher one."""
    held = current_role()
    return held is not None and held >= role


def install(app: Flask) -> None:
    """Ask of every request who it is, and whether they may."""
    app.before_request(_admit)
    app.context_processor(
        lambda: {"person": g.get("person"), "role": current_role(), "may": may, "Role": Role}
    )


def session_cookie() -> str:
    """Name of the cookie that holds a browser session."""
    # Browsers accept the prefix over https only, and then for this very host only.
    return "__Host-toom_session" if service().settings.secure_cookies else "toom_session"


def _admit() -> WerkzeugResponse | None:
    g.person, g.role, g.scopes = None, None, None
    if request.blueprint != "assets":
        _identify()
    if request.endpoint is None:
        return None
    needed = needed_role(current_app.view_functions[request.endpoint])
    if needed is None:
        abort(403)
    if needed == PUBLIC:
        return None
    if g.role is None:
        return _ask_to_log_in()
    if g.role < needed:
        abort(403, f"this needs the role {Role(needed).name.lower()}")
    scope = needed_scope(current_app.view_functions[request.endpoint])
    if g.scopes is not None and scope not in g.scopes:
        abort(403, f"this needs a token with the scope {scope}")
    return _ask_to_confirm()


def _ask_to_confirm() -> WerkzeugResponse | None:
    """Have the password typed again, for what must not follow from a forgotten browser."""
    view = current_app.view_functions[request.endpoint or ""]
    confirmed_at = g.get("confirmed_at")
    if not getattr(view, "wants_recent_login", False) or confirmed_at is None:
        return None
    if now() - confirmed_at <= LOGIN_LASTS:
        return None
    address = url_for("auth.ask_to_confirm", next=_page_left())
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def _page_left() -> str:
    """The page on which something was pressed: without its fragment, but where htmx tells it.

    Forms that lead to a part of a page say so in their own address; browsers carry that along.
    """
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:
        return "/"
    return safe_next(page._replace(scheme="", netloc="").geturl() or "/")


def _identify() -> None:
    """Set who asks: by token where there is one, else by the browser's session."""
    if request.blueprint == API:
        header = request.headers.get("Authorization")
        if header is not None:
            # A token is the only word then: a cookie beside it is not looked at.
            _identify_by_token(header)
            return
        if request.method not in {"GET", "HEAD"}:
            return
    value = request.cookies.get(session_cookie())
    login = living_session(database(), value) if value else None
    if login is not None:
        g.person, g.role = login.person, Role(login.person.role)
        g.confirmed_at = login.confirmed_at


def _identify_by_token(header: str) -> None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer":
        return
    identity = person_of_token(database(), value.strip())
    if identity is not None:
        g.person, g.role, g.scopes = identity


def _ask_to_log_in() -> WerkzeugResponse | None:
    if request.blueprint == API:
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    address = url_for("auth.login", next=safe_next(wanted))
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    if request.accept_mimetypes.best == "text/event-stream":
        abort(401)
    return redirect(address, 303)


_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")


def safe_next(address: str | None) -> str:
    r"""Return `address` if it is a path of this site, else the front page.

    A browser takes more for an absolute address than `urlsplit` does: ``//host``, ``/\host``,
    and either with control characters between.
    """
    if address is None or len(address) > MAX_NEXT_LENGTH or not _PATH.fullmatch(address):
        return "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else address
