"""Tables of galaxies that people bring, for one event or for all."""

from __future__ import annotations

from astropy.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from planners.files.galaxy_tables import pack_galaxies, read_galaxy_bytes, unpack_galaxies
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.galaxies import GalaxyRanking, GalaxyTable
from too_marshal.db.localizations import Localization
from too_marshal.db.locks import lock
from too_marshal.db.observing.plans import Plan

MAX_GALAXIES_SIZE = 32_000_000
"""Bytes of a file: half a million galaxies in CSV."""


def bring_galaxies(  # noqa: PLR0913 - what is known of a table
    session: Session, event: Event, *, data: bytes, name: str, by: str, for_all: bool = False
) -> GalaxyTable:
    """Keep a table of galaxies.

    Parameters
    ----------
    session
        Open session; committed.
    event
        Whose galaxies they are, or at whose page they are brought.
    data
        CSV, ECSV or FITS, as `planners.files.galaxy_tables` reads it.
    name
        Of the file.
    by
        Who brings it.
    for_all
        Whether it is offered for every event.

    Raises
    ------
    ValueError
        If it cannot be read; the message is for the person.
    """
    galaxies = read_galaxy_bytes(data)
    row = GalaxyTable(
        event_id=None if for_all else event.id,
        name=name[:120],
        content=pack_galaxies(galaxies.table),
        galaxies=len(galaxies.table),
        incomplete=galaxies.incomplete,
        has_luminosity="luminosity" in galaxies.table.colnames,
        unused_columns=list(galaxies.unused_columns),
        made_by=by,
    )
    session.add(row)
    session.flush()
    _note(session, row, event.id, f"{row.galaxies} galaxies brought in from {row.name}", by)
    session.commit()
    return row


def remove_galaxies(session: Session, table_id: int, *, by: str) -> GalaxyTable:
    """Offer a table no more; plans that were made with it keep it. Committed."""
    row = lock(session, GalaxyTable, table_id)
    if row.removed_at is None:
        row.removed_by, row.removed_at = by, now()
        _note(session, row, row.event_id, f"the galaxies of {row.name} are removed", by)
    session.commit()
    return row


def offered_galaxies(session: Session, event_id: int) -> list[GalaxyTable]:
    """Tables that can be planned with for an event, its own first, the newest first."""
    return list(
        session.scalars(
            select(GalaxyTable)
            .where(
                (GalaxyTable.event_id == event_id) | GalaxyTable.event_id.is_(None),
                GalaxyTable.removed_at.is_(None),
            )
            .order_by(GalaxyTable.event_id.nulls_last(), GalaxyTable.id.desc())
        )
    )


def shown_galaxies(session: Session, event_id: int) -> list[GalaxyTable]:
    """Tables that a page of an event may show: those on offer, and those of its plans."""
    offered = offered_galaxies(session, event_id)
    planned = select(Plan.galaxy_table_id).where(Plan.event_id == event_id)
    query = select(GalaxyTable).where(
        GalaxyTable.id.in_(planned), GalaxyTable.id.not_in([row.id for row in offered])
    )
    return [*offered, *session.scalars(query.order_by(GalaxyTable.id.desc()))]


def galaxies_of(session: Session, event: Event, table_id: int | None) -> Table | None:
    """The galaxies of a table that is offered for an event; None where none is named.

    Raises
    ------
    ValueError
        If there is no such table.
    """
    if table_id is None:
        return None
    if all(row.id != table_id for row in offered_galaxies(session, event.id)):
        raise ValueError(f"{event.name} has no table of galaxies {table_id}")
    return load_galaxies(session, table_id)


def load_galaxies(session: Session, table_id: int) -> Table:
    """The galaxies of a table, whether or not it is offered still."""
    row = session.get_one(GalaxyTable, table_id, options=[undefer(GalaxyTable.content)])
    return unpack_galaxies(row.content)


def ranking_of(session: Session, table_id: int, localization: Localization) -> GalaxyRanking | None:
    """What is known of a table on a map; None if it was never worked out."""
    return session.get(GalaxyRanking, (table_id, localization.sky_map_sha256))


def ask_for_ranking(session: Session, table_id: int, localization: Localization) -> None:
    """Have a worker work it out; who asks while one waits adds nothing. Committed."""
    tasks.rank_galaxies(table_id=table_id, localization_id=localization.id).defer(session)
    session.commit()


def _note(session: Session, row: GalaxyTable, event_id: int | None, text: str, by: str) -> None:
    record(session, text, subject="galaxies", subject_id=row.id, event_id=event_id, actor=by)
