"""too-marshal listen."""

from __future__ import annotations

import threading

import click
from sqlalchemy.orm import Session, sessionmaker

from too_marshal.commands.processes import service, stop_event
from too_marshal.db.base import open_engine, session_factory
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.intake.listen import gcn, scimma
from too_marshal.workflows.intake.listen import listen as run

SOURCES = ("gcn", "scimma", "voevent")


@click.command()
@click.option(
    "--source",
    type=click.Choice(SOURCES),
    default="gcn",
    show_default=True,
    help="Which network of notices.",
)
@click.option(
    "--refresh",
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Between looks for new topics.",
)
def listen(source: str, refresh: float) -> None:
    """Listen to the streams of notices until told to stop."""
    stop = stop_event()
    with service() as (settings, url):
        sessions = session_factory(open_engine(url))
        if source == "voevent":
            _listen_voevent(settings, sessions, stop)
        else:
            network = scimma(settings) if source == "scimma" else gcn(settings)
            run(network, sessions, stop, refresh_seconds=refresh)


def _listen_voevent(
    settings: Settings, sessions: sessionmaker[Session], stop: threading.Event
) -> None:
    # Here, not above: hardly anybody has such a broker.
    from too_marshal.workflows.intake.listen_voevent import (  # noqa: PLC0415
        broker_address,
        limit_memory,
        listen_voevent,
    )

    address = broker_address(settings)
    limit_memory()
    listen_voevent(address, sessions, stop)
