"""The Flask application. Making it starts no thread and opens no socket."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import Engine

from too_marshal import api
from too_marshal.db.base import session_factory
from too_marshal.db.observing.queues import LIVE
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.http import access, assets, errors, responses, service
from too_marshal.http import audit as audit_log
from too_marshal.web import filters, health, live
from too_marshal.web.alarms import answer as alarm_answers
from too_marshal.web.layers import image as sky_image
from too_marshal.web.night import pages as night_pages
from too_marshal.web.pages import PAGES
from too_marshal.web.people import gcn_account, passkey_login, provider
from too_marshal.workflows.exposures.upload import MAX_TABLE_SIZE
from too_marshal.workflows.planning.dust import use_dust_map
from too_marshal.workflows.planning.galaxies import MAX_GALAXIES_SIZE

MAX_REQUEST_SIZE = 1_000_000
"""Bytes of a body; addresses of the API that take more say so themselves."""

_LARGE_FILES = {"exposures.add": MAX_TABLE_SIZE, "galaxies.add": MAX_GALAXIES_SIZE}
"""Bytes that a form may have, by the view that takes it."""

FORM_LIFE = timedelta(hours=12)
"""A form may be sent so long after its page was made: a night."""


def _allow_large_files() -> None:
    most = _LARGE_FILES.get(request.endpoint or "")
    if most is not None:
        request.max_content_length = request.max_form_memory_size = most


def create_app(settings: Settings, engine: Engine) -> Flask:
    """Make the web application.

    Parameters
    ----------
    settings
        The deployment's.
    engine
        On the marshal's database, with as many connections as there will be threads.
    """
    app = Flask("too_marshal", template_folder="web/templates", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.session_key(),
        # Flask's own cookie holds the form token and one-time messages, never who one is.
        SESSION_COOKIE_NAME="__Host-toom_form" if settings.secure_cookies else "toom_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=MAX_REQUEST_SIZE,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_SIZE,
        WTF_CSRF_TIME_LIMIT=int(FORM_LIFE.total_seconds()),
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    use_dust_map(settings.dust_map)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    service.install(
        app, service.Service(settings, session_factory(engine), Robots.from_settings(settings))
    )
    for part in (responses, access, audit_log, errors, filters, assets, night_pages):
        part.install(app)
    sky_image.install(app, settings)
    provider.install(app, settings)
    # Before the form's token is looked for, which reads the form.
    app.before_request(_allow_large_files)
    csrf = CSRFProtect(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    # Its callers hold tokens, and its cookie is good for reading only (web.access).
    csrf.exempt(api.blueprint)
    csrf.exempt(alarm_answers.telephone)
    app.register_blueprint(api.blueprint)
    app.add_template_global(health.stream_state)
    app.add_template_global(health.why_copy)
    app.add_template_global(gcn_account.connects_gcn)
    app.add_template_global(gcn_account.own_grant)
    app.add_template_global(passkey_login.takes_passkeys)
    app.before_request(live.note_activity)
    app.add_template_global(live.known_activity)
    app.jinja_env.globals.update(settings=settings, live_states=LIVE)
    return app
