"""`too-marshal alerts`: packets of surveys and brokers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.files import packets_in


@click.group()
def alerts() -> None:
    """Read alert packets of surveys and brokers."""


@alerts.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a packet and line.")
def show(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Print what each packet in FILES says: packets, archives of them, or folders.

    A packet that cannot be read is reported in its place, and the exit code is then 1.
    """
    failed = False
    if not as_json:
        click.echo(_HEADING)
    for record in describe(files):
        failed = failed or "error" in record
        click.echo(json.dumps(record) if as_json else _line(record))
    if failed:
        raise SystemExit(1)


@alerts.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def ingest(files: tuple[Path, ...]) -> None:
    """Take in the packets in FILES: packets, archives of them, or folders.

    What lies in the region of a live event, or beside a candidate, is kept. It may be stopped, and
    done again. The exit code is 1 if a packet could not be read.
    """
    # Loaded here: whoever only looks at packets needs no database.
    from too_marshal.db.base import session_factory  # noqa: PLC0415
    from too_marshal.deployment.settings import Settings  # noqa: PLC0415
    from too_marshal.processes.database import open_database  # noqa: PLC0415
    from too_marshal.workflows.counterparts.ingest import Refused  # noqa: PLC0415
    from too_marshal.workflows.counterparts.ingest import ingest as run  # noqa: PLC0415

    seen = kept = new = refused = 0
    settings = Settings.from_environ()
    with open_database(settings) as engine, session_factory(engine)() as session:
        for done in run(session, files, settings.data_dir):
            if isinstance(done, Refused):
                refused += 1
                click.echo(f"{done.where}: {done.reason}", err=True)
                continue
            seen, kept, new = seen + done.seen, kept + done.kept, new + done.new
            click.echo(f"{seen} alerts, {kept} in live regions, {new} of them new")
    click.echo(
        f"{seen} alerts read, {kept} in live regions and kept, {new} of them new; "
        f"{refused} could not be read"
    )
    if refused:
        raise SystemExit(1)


@alerts.command()
@click.option("--ra", type=click.FloatRange(0, 360), help="Center of a cone, ICRS, deg.")
@click.option("--dec", type=click.FloatRange(-90, 90), help="Center of a cone, ICRS, deg.")
@click.option("--radius", type=click.FloatRange(0), default=2.0, show_default=True, help="arcsec.")
@click.option("--object", "object_id", help="The survey's name of an object.")
@click.option("--survey", help="Such as ZTF.")
@click.option("--since", type=float, help="First Julian date, UTC.")
@click.option("--until", type=float, help="Julian date before which, UTC.")
@click.option("--where", "expression", help='Condition, as "real_bogus > 0.5 AND magnitude < 20".')
@click.option("--sql", help="One SELECT on the table alerts, in place of all conditions.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "json", "csv", "parquet"]),
    default="jsonl",
    show_default=True,
)
def query(**asked: Any) -> None:
    """Ask the archive of all alerts that were taken in, and write what is found.

    What cannot be asked, or takes too long, is said with its reason.
    """
    from too_marshal.commands.alerts.query import run  # noqa: PLC0415 - DuckDB takes its time

    run(**asked)


@alerts.command()
@click.option("--source", metavar="NAME", help="Which; needed where there are several.")
def listen(source: str | None) -> None:
    """Listen to a stream of alert packets until told to stop.

    As many as are started share its partitions.
    """
    from too_marshal.commands.alerts import streams  # noqa: PLC0415 - Kafka takes its time

    streams.listen(source)


@alerts.command()
def sources() -> None:
    """Print the streams of alert packets: how far each was read, and what could not be."""
    from too_marshal.commands.alerts import streams  # noqa: PLC0415 - Kafka takes its time

    streams.sources()


def describe(files: tuple[Path, ...]) -> Iterator[dict[str, Any]]:
    """Give what each packet says, or why it cannot be read."""
    for path in files:
        for where, found in packets_in(path):
            if isinstance(found, PacketInvalid):
                yield {"path": where, "error": str(found)}
            else:
                yield {"path": where, **_said(found)}


def _said(alert: Alert) -> dict[str, Any]:
    return {
        "survey": alert.survey,
        "broker": alert.broker,
        "object_id": alert.object_id,
        "candid": alert.candid,
        "ra": alert.ra,
        "dec": alert.dec,
        "jd": alert.jd,
        "filter": alert.filter,
        "magnitude": alert.magnitude,
        "magnitude_error": alert.magnitude_error,
        "is_positive": alert.is_positive,
        "real_bogus": alert.real_bogus,
        "real_bogus_name": alert.real_bogus_name,
        "detections": len(alert.detections),
        "limits": len(alert.limits),
        "forced": len(alert.forced),
        "cutouts": sorted(alert.cutouts),
        "schema_version": alert.schema_version,
        "notes": list(alert.notes),
    }


_HEADING = (
    f"{'survey':<8}{'object':<22}{'ra':>10} {'dec':>9} {'jd':>15}  {'band':<5}{'mag':>6}"
    f" {'+-':>5}  {'score':<17}{'before':<12}path"
)


def _line(record: dict[str, Any]) -> str:
    if "error" in record:
        return f"{'-':<8}{record['error']} {record['path']}"
    score = "-"
    if record["real_bogus"] is not None:
        score = f"{record['real_bogus_name']} {record['real_bogus']:.2f}"
    before = f"{record['detections']}+{record['limits']}+{record['forced']}"
    notes = "".join(f"\n{'':<8}{note}" for note in record["notes"])
    return (
        f"{record['survey']:<8}{record['object_id'] or record['candid']:<22}"
        f"{record['ra']:10.5f} {record['dec']:+9.5f} {record['jd']:15.5f}  "
        f"{record['filter'] or '-':<5}{_magnitude(record['magnitude']):>6} "
        f"{_magnitude(record['magnitude_error']):>5}  {score:<17}{before:<12}"
        f"{record['path']}{notes}"
    )


def _magnitude(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
