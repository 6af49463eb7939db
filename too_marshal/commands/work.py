"""too-marshal work."""

from __future__ import annotations

import os
import socket

import click

from too_marshal.commands.processes import service
from too_marshal.processes.worker import work as run


@click.command()
@click.option("--concurrency", default=2, show_default=True, help="Jobs at one time.")
def work(concurrency: int) -> None:
    """Do the background work: maps, plans, submissions, tracking."""
    with service() as (settings, url):
        run(settings, url, name=f"{socket.gethostname()}-{os.getpid()}", concurrency=concurrency)
