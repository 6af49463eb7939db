"""too-marshal web."""

from __future__ import annotations

import logging
import shlex
import signal
import sys
import threading
from importlib import resources
from pathlib import Path
from types import FrameType
from typing import Any

import click
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from too_marshal.app import create_app
from too_marshal.commands.processes import service
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.heartbeats import BEAT_SECONDS, beat
from too_marshal.deployment.settings import Settings
from too_marshal.http.connections import create_server
from too_marshal.http.service import EXTENSION

logger = logging.getLogger(__name__)

THREADS = 32
"""Twice the live streams that may be open: pages never wait for them."""

MAX_BODY_SIZE = 33_000_000
"""Bytes that the server takes at all; the application says less for each address."""

_SOURCES = frozenset({".py", ".html", ".css", ".js", ".json"})


@click.command()
@click.option("--host", help="Address to bind; TOO_HOST otherwise.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, 0 for any free one; TOO_PORT otherwise."
)
@click.option("--reload", is_flag=True, help="Start anew when a source file changes.")
def web(host: str | None, port: int | None, *, reload: bool) -> None:
    """Serve the pages and the API."""
    if reload:
        _run_reloading(["web", *_given(host, port)])
    else:
        _run(host, port)


def _given(host: str | None, port: int | None) -> list[str]:
    options = {"--host": host, "--port": port}
    return [
        part for name, value in options.items() if value is not None for part in (name, str(value))
    ]


def _run_reloading(arguments: list[str]) -> None:
    """Run this command in a process that is ended and begun anew when a source file changes."""
    # Here, not above: whoever runs a service has not installed it.
    import watchfiles  # noqa: PLC0415

    packages = [str(resources.files(name)) for name in ("too_marshal", "planners", "telescopes")]
    command = shlex.join([sys.executable, "-m", "too_marshal.cli", *arguments])
    watchfiles.run_process(
        *packages, target=command, target_type="command", watch_filter=_is_source
    )


def _is_source(_change: object, path: str) -> bool:
    return Path(path).suffix in _SOURCES


def _run(host: str | None, port: int | None) -> None:
    with service() as (settings, url):
        engine = open_engine(url, pool_size=THREADS)
        app = create_app(settings, engine)
        _serve(
            app,
            settings,
            engine,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
        )
        engine.dispose()


def _serve(app: Flask, settings: Settings, engine: Engine, *, host: str, port: int) -> None:
    stopping: threading.Event = app.extensions[EXTENSION].stopping

    def stop(_signum: int, _frame: FrameType | None) -> None:
        # Open streams see it within a second and let their threads go.
        stopping.set()
        raise SystemExit(0)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            # Reading on while a request is answered is how a browser's leaving is noticed.
            channel_request_lookahead=1,
            max_request_body_size=MAX_BODY_SIZE,
            ident=None,
            url_scheme="https" if settings.secure_cookies else "http",
            **_proxy(settings.trusted_proxy),
        )
    except OSError as err:
        raise click.ClickException(f"port {port} on {host} cannot be used: {err.strerror}") from err
    threading.Thread(target=_keep_beating, args=(engine, stopping), daemon=True).start()
    logger.info("pages at http://%s:%s", host, getattr(server, "effective_port", port))
    server.run()


def _proxy(address: str) -> dict[str, Any]:
    """Let a web server in front say for whom it asks: else all logins come from one address."""
    if not address:
        return {}
    return {
        "trusted_proxy": address,
        "trusted_proxy_headers": {"x-forwarded-for"},
        "trusted_proxy_count": 1,
        "clear_untrusted_proxy_headers": True,
    }


def _keep_beating(engine: Engine, stopping: threading.Event) -> None:
    sessions = session_factory(engine)
    while True:
        try:
            with sessions() as session:
                beat(session, "web")
                session.commit()
        except OperationalError as err:
            logger.warning("no sign of life stored: %s", str(err.orig).splitlines()[0])
        if stopping.wait(BEAT_SECONDS):
            return
