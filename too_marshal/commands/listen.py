"""too-marshal listen."""

from __future__ import annotations

import click

from too_marshal.commands.processes import service, stop_event
from too_marshal.db.base import open_engine, session_factory
from too_marshal.workflows.listen import listen as run


@click.command()
@click.option(
    "--refresh",
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Between looks for new topics.",
)
def listen(refresh: float) -> None:
    """Listen to the streams of notices until told to stop."""
    stop = stop_event()
    with service() as (settings, url):
        run(settings, session_factory(open_engine(url)), stop, refresh_seconds=refresh)
