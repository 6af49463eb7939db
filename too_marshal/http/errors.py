"""What is answered when something is wrong: decided here, for pages and for the API."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from too_marshal.http.service import database
from too_marshal.workflows.errors import Forbidden, Invalid

logger = logging.getLogger(__name__)

MESSAGES = {
    400: "The request could not be read.",
    401: "Log in, or send a valid token.",
    403: "You may not do this.",
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
    409: "This cannot be done as things stand.",
    413: "The request is too large.",
    422: "What was sent cannot be used.",
    429: "Too many requests: wait a little.",
    500: "Something went wrong on our side. It is in the log.",
    503: "The database does not answer. It is tried again with every request.",
}


def install(app: Flask) -> None:
    """Answer every error of `app`."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(Invalid, lambda err: _answer(422, str(err)))
    app.register_error_handler(Forbidden, lambda err: _answer(409, str(err)))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(
        RecursionError, lambda _: _answer(400, "What was sent is nested too deeply.")
    )
    app.register_error_handler(Exception, _unexpected)


def is_api() -> bool:
    """Whether the answer goes to a program."""
    return request.path.startswith("/api/")


def _http(err: HTTPException) -> Response | HTTPException:
    code = err.code or 500
    if code < 400 or err.response is not None:
        return err
    # Werkzeug's own words are for developers; ours are given by `abort(code, "...")`.
    ours = err.description if err.description != type(err).description else None
    response = _answer(code, ours)
    for name, value in err.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            response.headers[name] = value
    if code == HTTPStatus.UNAUTHORIZED and is_api():
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _csrf(_: CSRFError) -> Response:
    return _answer(400, "The form has expired, or came from another site. Reload the page.")


def _database(err: OperationalError) -> Response:
    logger.error("the database does not answer: %s", str(err.orig).strip().splitlines()[0])
    return _answer(503, None)


def _unexpected(err: Exception) -> Response:
    incident = secrets.token_hex(4)
    logger.error("unexpected error", exc_info=err, extra={"incident": incident, "path": _path()})
    return _answer(500, f"{MESSAGES[500]} Its number there is {incident}.")


def _path() -> str:
    """What was asked for; a token in it lets whoever has it act, and is left out."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "[hidden]") if token else request.path


def _answer(code: int, detail: str | None) -> Response:
    """Problem object (RFC 9457) for a program, page for a person."""
    database().rollback()
    detail = detail or MESSAGES.get(code) or HTTPStatus(code).phrase
    title = HTTPStatus(code).phrase
    if is_api():
        problem: dict[str, Any] = {"title": title, "status": code, "detail": detail}
        response = jsonify(problem)
        response.mimetype = "application/problem+json"
    else:
        response = Response(
            render_template("error.html", code=code, title=title, detail=detail),
            mimetype="text/html",
        )
    response.status_code = code
    return response
