"""too-marshal backup: into a file, and out of it again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from too_marshal.commands.processes import held_folder
from too_marshal.deployment.settings import Settings
from too_marshal.processes.backup import back_up
from too_marshal.processes.backup import restore as read_back
from too_marshal.processes.database import open_database

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def backup() -> None:
    """Back up the database, and restore it as a copy."""


@backup.command()
@_FILE
def make(file: Path) -> None:
    """Write all data into a new FILE; the service may go on."""
    with open_database(Settings.from_environ()) as engine:
        back_up(engine, file)
    click.echo(f"{file} holds all data ({file.stat().st_size / 1e6:.1f} MB)")


@backup.command()
@_FILE
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="New folder of all data; TOO_DATA_DIR otherwise.",
)
def restore(file: Path, data_dir: Path | None) -> None:
    """Read FILE into an empty database, as a copy that leaves robots alone."""
    settings = Settings.from_environ(data_dir=data_dir)
    with ExitStack() as stack:
        if not settings.database_url:
            stack.enter_context(held_folder(settings.data_dir))
        engine = stack.enter_context(open_database(settings))
        read_back(engine, file)
    click.echo(
        f"{file} is restored. This is a copy: it sends nothing to a robot and withdraws nothing, "
        "until somebody says that it is the live one (too-marshal live on)"
    )
