"""What `too-marshal alerts query` does: a question to the archive, answered as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from counterparts.archive.errors import ArchiveFault
from counterparts.archive.queries import formats
from counterparts.archive.queries.answer import Answer
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.cones import Cone
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.counterparts.archiving import archive_folder

FORMATS: Mapping[str, Callable[[Answer], Iterator[bytes]]] = {
    "jsonl": formats.json_lines,
    "json": formats.json_array,
    "csv": formats.csv,
    "parquet": formats.parquet,
}


def run(*, form: str, sql: str | None, **conditions: Any) -> None:
    """Ask, and write the answer as it comes.

    Raises
    ------
    click.ClickException
        If there is no archive, or it cannot answer; the message says why.
    """
    folder = archive_folder(Settings.from_environ().data_dir)
    if not folder.is_dir():
        raise click.ClickException(
            f"there is no archive of alerts at {folder}: too-marshal alerts ingest makes one"
        )
    try:
        answer = ask(Archive(folder), sql) if sql else _found(Archive(folder), **conditions)
        for part in FORMATS[form](answer):
            click.echo(part, nl=False)
    except ArchiveFault as err:
        raise click.ClickException(str(err)) from err
    for fault in answer.faults:
        click.echo(fault, err=True)
    if answer.is_cut:
        click.echo("There is more: the answer was cut at its limit.", err=True)


def _found(
    archive: Archive, *, ra: float | None, dec: float | None, radius: float, **others: Any
) -> Answer:
    if (ra is None) != (dec is None):
        raise click.ClickException("a cone has a right ascension and a declination")
    cone = None if ra is None or dec is None else Cone(ra, dec, radius)
    return archive.query(Where(cone=cone, **others))
