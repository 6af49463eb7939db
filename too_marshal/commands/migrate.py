"""too-marshal migrate."""

from __future__ import annotations

import click

from too_marshal.db.base import session_factory
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import migrate as run
from too_marshal.processes.database import open_database
from too_marshal.workflows.rules.defaults import add_default_rules


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date, and add the default rules to a new one."""
    with open_database(Settings.from_environ()) as engine:
        run(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
    click.echo("the schema is up to date")
