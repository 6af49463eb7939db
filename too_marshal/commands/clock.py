"""too-marshal clock."""

from __future__ import annotations

import click

from too_marshal.commands.processes import service, stop_event
from too_marshal.db.base import open_engine
from too_marshal.processes.timetable import run_clock


@click.command()
def clock() -> None:
    """Keep the timetable; a second clock stands by."""
    stop = stop_event()
    with service() as (settings, url):
        run_clock(settings, open_engine(url), stop)
