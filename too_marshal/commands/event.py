"""`too-marshal event`: events that no mission sends as a notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from astropy import units as u
from sqlalchemy.orm import Session

from too_marshal.commands.planning.quantities import QuantityType
from too_marshal.db.base import session_factory
from too_marshal.db.events import Event, find_by_name
from too_marshal.deployment.errors import OperatorError
from too_marshal.deployment.settings import Settings
from too_marshal.notices.others.by_hand import STREAM, SourceKind
from too_marshal.processes.database import open_database
from too_marshal.workflows.by_hand.enter import NameKnown, correct, enter, retract
from too_marshal.workflows.by_hand.request import EventByHand, EventInvalid, checked

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def event() -> None:
    """Enter, correct and retract events by hand."""


def _described(command: Callable[..., None]) -> Callable[..., None]:
    """The options that describe an event."""
    for option in reversed(
        (
            click.argument("name"),
            click.option("--time", "event_time", required=True, help="T0, UTC."),
            click.option(
                "--kind",
                "source_kind",
                type=click.Choice([kind.value for kind in SourceKind]),
                default=SourceKind.OTHER.value,
                show_default=True,
                help="What it is.",
            ),
            click.option("--test", "is_test", is_flag=True, help="Nothing real may follow."),
            click.option("--ra", type=float, help="Right ascension (ICRS), deg."),
            click.option("--dec", type=float, help="Declination (ICRS), deg."),
            click.option("--radius", type=QuantityType(u.deg), help="Error radius: 3arcmin."),
            click.option("--semi-minor", type=QuantityType(u.deg), help="Of an ellipse."),
            click.option("--position-angle", type=QuantityType(u.deg), help="East of north."),
            click.option("--containment", type=float, help="Probability inside, 0 to 1 (0.9)."),
            click.option("--map", "map_file", type=_FILE, help="FITS sky map."),
            click.option("--moc", "moc_file", type=_FILE, help="MOC: FITS, ASCII or JSON."),
            click.option("--told-by", help="Where this is from, as GCN Circ. 12345."),
            click.option("--by", default="operator", show_default=True, help="Who says so."),
        )
    ):
        command = option(command)
    return command


@event.command("add")
@_described
@click.option("--another", is_flag=True, help="It is not the mission's event of that name.")
def add(*, by: str, another: bool, **values: Any) -> None:
    """Enter the event NAME."""
    said = _said(values)
    _do(lambda session: enter(session, said, by=by, is_another=another), "entered")


@event.command("correct")
@_described
def correct_event(*, by: str, **values: Any) -> None:
    """Correct the event NAME, which was entered by hand."""
    said = _said(values)
    _do(lambda session: correct(session, _own(session, said.name).id, said, by=by), "corrected")


@event.command("retract")
@click.argument("name")
@click.option("--by", default="operator", show_default=True, help="Who says so.")
def retract_event(name: str, by: str) -> None:
    """Retract the event NAME, which was entered by hand: its plans are withdrawn."""

    def act(session: Session) -> int:
        event_id = _own(session, name).id
        retract(session, event_id, by=by)
        return event_id

    _do(act, "retracted")


def _said(values: dict[str, Any]) -> EventByHand:
    given = {name: value for name, value in values.items() if value is not None}
    for name, value in given.items():
        if isinstance(value, u.Quantity):
            given[name] = value.to_value(u.deg)
        elif isinstance(value, Path):
            given[name] = value.read_bytes()
    try:
        return checked(given)
    except EventInvalid as err:
        raise OperatorError(str(err)) from err


def _own(session: Session, name: str) -> Event:
    own = [event for event in find_by_name(session, name) if event.stream == STREAM]
    if not own:
        raise OperatorError(f"no event {name!r} was entered by hand")
    return own[0]


def _do(act: Callable[[Session], int], done: str) -> None:
    with open_database(Settings.from_environ()) as engine, session_factory(engine)() as session:
        try:
            event_id = act(session)
        except NameKnown as err:
            known = ", ".join(f"event {event.id} ({event.stream})" for event in err.events)
            raise OperatorError(f"{known} has that name") from err
        except EventInvalid as err:
            raise OperatorError(str(err)) from err
        click.echo(f"event {event_id} {done}")
