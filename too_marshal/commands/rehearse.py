"""too-marshal rehearse."""

from __future__ import annotations

import click
from sqlalchemy import select

from too_marshal.commands.processes import service
from too_marshal.db.base import open_engine, session_factory
from too_marshal.db.events import Event
from too_marshal.deployment.settings import SettingInvalid
from too_marshal.workflows import rehearse as run


@click.group()
def rehearse() -> None:
    """Send a rehearsal's notices through the broker in TOO_KAFKA_BOOTSTRAP."""


@rehearse.command()
def begin() -> None:
    """Send the simulated merger, unless the last one is still fresh."""
    with service() as (settings, url):
        if not settings.kafka_bootstrap:
            raise SettingInvalid("TOO_KAFKA_BOOTSTRAP is not set: there is no rehearsal's broker")
        with session_factory(open_engine(url))() as session:
            name = run.begin(session, settings)
    click.echo(f"sent {name}" if name else "the last rehearsal event is still fresh")


@rehearse.command()
@click.argument("name")
def retract(name: str) -> None:
    """Send the retraction of the mock event NAME."""
    with service() as (settings, url), session_factory(open_engine(url))() as session:
        event = session.scalars(select(Event).where(Event.key == name)).one_or_none()
        if event is None:
            raise click.ClickException(f"no event {name}")
        try:
            run.send_retraction(settings, event)
        except ValueError as err:
            raise click.ClickException(str(err)) from err
    click.echo(f"sent the retraction of {name}")
