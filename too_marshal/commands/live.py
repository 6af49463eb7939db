"""too-marshal live: whether this database is the one that speaks to robots."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from too_marshal.commands.processes import note_place
from too_marshal.db.base import session_factory
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import MigrationFailed, is_current, open_database
from too_marshal.workflows.live_database import live_since, mark_as_copy
from too_marshal.workflows.submissions.go_live import go_live


@click.command()
@click.argument("what", type=click.Choice(["show", "on", "off"]), default="show")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of all data; TOO_DATA_DIR otherwise.",
)
@click.option(
    "--former-is-stopped", is_flag=True, help="No other service speaks to these robots any more."
)
def live(what: str, data_dir: Path | None, *, former_is_stopped: bool) -> None:
    """Show whether this database is the live one, make it so (on), or mark it as a copy (off).

    A copy sends nothing to a robot, withdraws nothing, and tells nobody.
    """
    settings = Settings.from_environ(data_dir=data_dir)
    if what == "on" and not former_is_stopped:
        raise click.UsageError(
            "stop the former service first: two that speak to the same robots send everything "
            "twice; then add --former-is-stopped"
        )
    with open_database(settings) as engine:
        if not is_current(engine):
            raise MigrationFailed(
                "the database's schema is not up to date: run too-marshal migrate"
            )
        with session_factory(engine)() as session:
            reason = note_place(session, settings)
            person = f"{getpass.getuser()} (command line)"[:80]
            if what == "on":
                go_live(session, by=person)
                reason = ""
            elif what == "off":
                reason = reason or f"{person} has marked it so"
                mark_as_copy(session, reason, by=person)
            since = live_since(session)
    if reason:
        click.echo(f"this is a copy, which leaves robots alone: {reason}")
    else:
        click.echo("this is the live one" + (f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""))
