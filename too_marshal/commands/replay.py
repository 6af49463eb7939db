"""too-marshal replay."""

from __future__ import annotations

import time
from pathlib import Path

import click

from too_marshal.commands.processes import service
from too_marshal.db.base import open_engine, session_factory
from too_marshal.workflows.intake.replay import archived, tally
from too_marshal.workflows.intake.replay import replay as run


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--speed",
    default=0.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="How many times faster than it was; 0: as fast as possible.",
)
@click.option("--topic", help="Kafka topic that the files came on; it decides the mission.")
@click.option("--quiet", is_flag=True, help="Only the last line.")
def replay(paths: tuple[Path, ...], speed: float, topic: str | None, *, quiet: bool) -> None:
    """Send the archived notices in PATHS through the front door, in the order of their time.

    Folders are searched for .xml, .json and .avro files. Events, maps and plans follow as they
    would from the live stream; what was taken in before changes nothing.
    """
    notices = archived(paths, topic)
    if not notices:
        raise click.ClickException("there are no notices")
    outcomes = []
    with service() as (_, url):
        sessions = session_factory(open_engine(url))
        began = time.monotonic()
        for notice, received in run(sessions, notices, speed, topic):
            outcomes.append(received)
            if not quiet:
                when = "unreadable" if notice.time is None else f"{notice.time:%Y-%m-%d %H:%M:%S}"
                click.echo(f"{when}  {received.state:<12} {notice.path}")
        seconds = time.monotonic() - began
    counts = ", ".join(f"{count} {name}" for name, count in sorted(tally(outcomes).items()))
    click.echo(f"{len(outcomes)} notices in {seconds:.1f} s: {counts}")
