"""too-marshal ingest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from too_marshal.commands.processes import service
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.notices import NoticeState
from too_marshal.workflows.intake.ingest import Message, Received
from too_marshal.workflows.intake.ingest import ingest as run


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--topic", help="Kafka topic that the files would have come on; it decides the mission."
)
def ingest(files: tuple[Path, ...], topic: str | None) -> None:
    """Take in notices from FILES, as if they had just arrived.

    Each is kept whatever it holds. The exit code is 1 if any could not be understood.
    """
    with service() as (_, url):
        sessions = session_factory(open_engine(url))
        good = True
        for path in files:
            with sessions() as session:
                received = run(session, Message(path.read_bytes(), "file", topic))
            good = good and received.state in {NoticeState.UNDERSTOOD, NoticeState.REPEATED}
            click.echo(f"{path}: {_summary(received)}")
    sys.exit(0 if good else 1)


def _summary(received: Received) -> str:
    kept = "kept" if received.is_new else "already kept"
    summary = f"notice {received.notice_id} {kept}, {received.state}"
    if received.error:
        return f"{summary}: {received.error}"
    return summary if received.event_id is None else f"{summary}, event {received.event_id}"
