"""too-marshal backfill."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from too_marshal.commands.processes import service
from too_marshal.db.base import open_engine, session_factory
from too_marshal.fetching.fetcher import Fetcher, Limits
from too_marshal.workflows.intake import backfill as run

SOURCES = {"lvk": run.backfill_lvk, "circulars": run.backfill_circulars}

LIMITS = Limits(size=512 << 20, seconds=1800.0, silence=60.0)
"""The archive of circulars is one large file."""


@click.command()
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]),
    help="Only what was sent later, UTC.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice(list(SOURCES)),
    default=tuple(SOURCES),
    show_default=True,
    help="Which archive; may be given several times.",
)
def backfill(since: datetime, sources: tuple[str, ...]) -> None:
    """Catch up, after an outage that the stream does not remember, from the public archives.

    LVK's alerts come from GraceDB, circulars from their archive. What is here already is left as
    it is; the command may be repeated.
    """
    with service() as (settings, url):
        hosts = [host.strip() for host in settings.fetch_hosts.split(",")]
        fetcher = Fetcher(hosts, limits=LIMITS)
        sessions = session_factory(open_engine(url))
        failed = False
        for source in sources:
            with sessions() as session:
                try:
                    caught = SOURCES[source](session, fetcher.fetch, since.replace(tzinfo=UTC))
                except run.ArchiveUnreadable as err:
                    click.echo(f"{source}: {err}", err=True)
                    failed = True
                    continue
            click.echo(
                f"{source}: {caught.new} new, {caught.known} known,"
                f" {caught.unreadable} not understood"
            )
    if failed:
        raise SystemExit(1)
