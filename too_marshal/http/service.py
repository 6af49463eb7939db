"""What every view works with: the settings, the robots, and a database session a request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TypeVar, cast

from flask import Flask, abort, current_app, g
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.interfaces import ORMOption
from werkzeug.routing import IntegerConverter, Map

from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings

EXTENSION = "too_marshal"

MAX_STREAMS = 16
"""Open live streams; each holds a thread of the server, and pages need some too."""

Row = TypeVar("Row")


@dataclass(frozen=True)
class Service:
    """What one web process was made with."""

    settings: Settings
    """The deployment's settings."""

    sessions: sessionmaker[Session]
    """Makes database sessions."""

    robots: Robots
    """The robots that can be reached."""

    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process shall end: open streams then end too."""

    streams: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(MAX_STREAMS)
    )
    """One for each live stream that may be open."""


class RowConverter(IntegerConverter):
    """The number of a row in an address; one that no column can hold is simply not found."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def install(app: Flask, service: Service) -> None:
    """Give `app` its service, and close each request's database session after it."""
    app.extensions[EXTENSION] = service
    app.url_map.converters["row"] = RowConverter
    app.teardown_appcontext(_close)


def service() -> Service:
    """What this process was made with."""
    return cast(Service, current_app.extensions[EXTENSION])


def database() -> Session:
    """The database session of this request."""
    if "database" not in g:
        g.database = service().sessions()
    return cast(Session, g.database)


def _close(_: BaseException | None) -> None:
    session = g.pop("database", None)
    if session is not None:
        session.close()


def row_or_404(kind: type[Row], row_id: int, *options: ORMOption) -> Row:
    """Row of that number; the answer is 404 where there is none."""
    row = database().get(kind, row_id, options=options)
    if row is None:
        abort(404)
    return row
