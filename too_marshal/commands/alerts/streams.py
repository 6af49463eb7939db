"""`too-marshal alerts listen` and `too-marshal alerts sources`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from gcn_templates import counted
from too_marshal.commands.processes import service, stop_event
from too_marshal.db.base import now, open_engine, session_factory
from too_marshal.db.counterparts.quarantine import QuarantinedPacket
from too_marshal.db.notices import StreamPosition
from too_marshal.deployment.alert_sources import AlertSource, alert_sources
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.counterparts.listen import cluster_of
from too_marshal.workflows.counterparts.listen import listen as run

_LATELY = timedelta(days=1)


def listen(name: str | None) -> None:
    """Listen to one source until told to stop; without a name to the only one that there is."""
    with _opened() as (settings, sessions):
        source = _chosen(_configured(settings), name)
        run(source, sessions, settings.data_dir, stop_event())


def sources() -> None:
    """Print every source: how far it was read, and what could not be."""
    with _opened() as (settings, sessions), sessions() as session:
        for source in _configured(settings).values():
            click.echo("\n".join(_lines(session, source)))


@contextmanager
def _opened() -> Iterator[tuple[Settings, sessionmaker[Session]]]:
    with service() as (settings, url):
        engine = open_engine(url)
        try:
            yield settings, session_factory(engine)
        finally:
            engine.dispose()


def _configured(settings: Settings) -> Mapping[str, AlertSource]:
    found = alert_sources(settings)
    if not found:
        raise click.ClickException(
            "no source of alerts: set TOO_ALERT_SOURCES_FILE (docs/alerts.md)"
        )
    return found


def _chosen(found: Mapping[str, AlertSource], name: str | None) -> AlertSource:
    known = ", ".join(found)
    if name is None:
        if len(found) > 1:
            raise click.UsageError(f"which source? --source is one of {known}")
        (name,) = found
    if name not in found:
        raise click.UsageError(f"no source {name!r}; there is {known}")
    return found[name]


def _lines(session: Session, source: AlertSource) -> list[str]:
    lines = [f"{source.name}: {', '.join(source.topics)} at {source.servers}"]
    count, moved_at = session.execute(
        select(func.count(), func.max(StreamPosition.moved_at)).where(
            StreamPosition.cluster == cluster_of(source)
        )
    ).one()
    if not count:
        lines.append("  nothing was read yet")
    else:
        when = f"{moved_at:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"  {counted(count, 'partition')} read, last at {when}")
    lately = QuarantinedPacket.received_at > now() - _LATELY
    rows = session.execute(
        select(QuarantinedPacket.reason, func.count())
        .where(QuarantinedPacket.source == source.name, lately)
        .group_by(QuarantinedPacket.reason)
        .order_by(func.count().desc(), QuarantinedPacket.reason)
        .limit(5)
    ).all()
    lines += [
        f"  {counted(number, 'packet')} of the last 24 h set aside: {reason}"
        for reason, number in rows
    ]
    return lines
