"""The list of events: which are wanted, and in which order; what needs a person first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy import ColumnElement, Float, Select, cast, func, select
from sqlalchemy.orm import Session, contains_eager, selectinload, undefer

from planners.skymaps.skymap import SkyMap
from too_marshal.db.base import now
from too_marshal.db.events import RECENT, Event, EventTag
from too_marshal.db.localizations import Localization, SkyMapFile
from too_marshal.deployment.robots import Robots
from too_marshal.workflows.incident.next_step import Step, StepKind, next_step
from too_marshal.workflows.incident.standing import sending, standings
from too_marshal.workflows.incident.status import EventStatus, status

MAX_SORTED = 200
"""Events that are put in another order than that of time, the newest first."""

_PRESSING = frozenset(StepKind) - {
    StepKind.WATCH, StepKind.WAIT, StepKind.READ, StepKind.NOTHING, StepKind.PLAN, StepKind.HALTED,
}  # fmt: skip
"""Steps that somebody waits for. Of an event that nobody has planned for, nobody does."""


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted; what is None or empty leaves all in."""

    tests: bool = False
    retracted: bool = False
    stream: str = ""
    classification: str = ""
    """Class that has at least half of the probability."""

    maximum_area: float | None = None
    """Of the 90 % region, deg2."""

    maximum_distance: float | None = None
    """Mean, Mpc."""

    days: float | None = None
    """Not older."""

    state: str = ""
    tag: str = ""
    position: SkyCoord | None = None
    """Within the 90 % region of the current map."""

    def query(self, before: datetime | None = None) -> Select[Event]:
        """What the database can answer, the latest first."""
        query = (
            select(Event)
            .outerjoin(Event.current_localization)
            .outerjoin(Localization.sky_map)
            .options(
                contains_eager(Event.current_localization).contains_eager(Localization.sky_map)
            )
            .options(selectinload(Event.tags))
            .order_by(Event.created_at.desc(), Event.id.desc())
        )
        wanted = self._conditions()
        if before is not None:
            wanted.append(Event.created_at < before)
        if self.position is not None:
            wanted.append(SkyMapFile.sha256.is_not(None))
            query = query.options(
                contains_eager(Event.current_localization)
                .contains_eager(Localization.sky_map)
                .options(undefer(SkyMapFile.prepared))
            )
        return query.where(*wanted)

    def _conditions(self) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = []
        if not self.tests:
            wanted.append(~Event.is_test)
        if not self.retracted:
            wanted.append(~Event.is_retracted)
        if self.stream:
            wanted.append(Event.stream == self.stream)
        if self.tag:
            wanted.append(Event.tags.any(EventTag.name == self.tag))
        if self.classification:
            value = Event.classification[self.classification].astext
            wanted.append(cast(value, Float) >= 0.5)
        if self.maximum_area is not None:
            wanted.append(SkyMapFile.area_90 <= self.maximum_area)
        if self.maximum_distance is not None:
            wanted.append(SkyMapFile.distance_mean <= self.maximum_distance)
        if self.days is not None:
            since = now() - timedelta(days=self.days)
            wanted.append(func.coalesce(Event.event_time, Event.created_at) >= since)
        return wanted


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    event: Event
    status: EventStatus
    step: Step
    level: float | None = None
    """Credible level of the position that was asked for, 0 to 1."""

    @property
    def is_pressing(self) -> bool:
        """Whether it waits for a person."""
        # What came longer ago asks for nobody before newer events do.
        is_new = now() - self.event.created_at <= RECENT
        return is_new and self.step.kind in _PRESSING


_ORDERS: dict[str, Callable[[Listed], float]] = {
    "area": lambda row: _of_map(row, "area_90"),
    "distance": lambda row: _of_map(row, "distance_mean"),
    "false alarms": lambda row: float("inf") if row.event.far is None else row.event.far,
    "reachable": lambda row: -(row.status.best_probability or 0.0),
    "level": lambda row: 2.0 if row.level is None else row.level,
}

ORDERS = ("attention", "time", *_ORDERS)
"""What the list can be ordered by; all but the first two are of the newest `MAX_SORTED`."""


def _of_map(row: Listed, name: str) -> float:
    localization = row.event.current_localization
    value = None if localization is None else getattr(localization.sky_map, name, None)
    return float("inf") if value is None else float(value)


def list_events(  # noqa: PLR0913 - what a person chooses
    session: Session,
    robots: Robots,
    wanted: EventFilter,
    *,
    order: str = "attention",
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[list[Listed], datetime | None]:
    """List events.

    Parameters
    ----------
    session, robots
        What is known, and what can be submitted to.
    wanted
        Which events.
    order
        One of `ORDERS`; by attention, what needs a person comes first on the first page.
    before
        Only events that came earlier, for paging.
    limit
        How many at the most.

    Returns
    -------
    rows : list of Listed
    next_before : datetime or None
        Where the next page begins; None where there is none.
    """
    by_time = order in {"attention", "time"}
    looks = by_time and not wanted.state and wanted.position is None
    count = limit + 1 if looks else MAX_SORTED + 1
    events = session.scalars(wanted.query(before).limit(count)).all()
    rows = list(described(session, robots, events[: count - 1], wanted))
    if by_time:
        shown = rows[:limit]
        cut = len(events) == count or len(rows) > limit
        last = shown[-1].event if len(rows) > limit else events[count - 2] if cut else None
        if order == "attention" and before is None:
            shown = _attention_first(session, robots, wanted, shown)
        return shown, None if last is None else last.created_at
    return sorted(rows, key=_ORDERS[order])[:limit], None


def _attention_first(
    session: Session, robots: Robots, wanted: EventFilter, shown: list[Listed]
) -> list[Listed]:
    """Put what waits for a person before the rest, also what came before those shown."""
    known = {row.event.id for row in shown}
    recent = wanted.query().where(Event.created_at >= now() - RECENT).limit(MAX_SORTED)
    others = [event for event in session.scalars(recent) if event.id not in known]
    older = [row for row in described(session, robots, others, wanted) if row.is_pressing]
    pressing = [row for row in shown if row.is_pressing]
    return [*pressing, *older, *(row for row in shown if not row.is_pressing)]


def described(
    session: Session, robots: Robots, events: Sequence[Event], wanted: EventFilter
) -> Iterator[Listed]:
    """Each event with where it stands, but for those that are not wanted as they stand."""
    if not events:
        return
    known, ways, present = standings(session, events), sending(session, robots), now()
    for event in events:
        state = status(known[event.id], ways, present)
        if wanted.state and state.state != wanted.state:
            continue
        level = None
        if wanted.position is not None:
            level = _level(event, wanted.position)
            if level > 0.9:
                continue
        yield Listed(event, state, next_step(known[event.id], ways, present), level)


def _level(event: Event, position: SkyCoord) -> float:
    localization = event.current_localization
    assert localization is not None
    assert localization.sky_map is not None
    skymap = SkyMap.from_bytes(localization.sky_map.prepared)
    return float(skymap.credible_level_at(position))


def read_position(text: str) -> SkyCoord:
    """Read a position as people write it: ``197.45 -23.38`` in degrees, or ``13:09:48 -23:22:53``.

    Raises
    ------
    ValueError
        If it is none; the message is for the person.
    """
    parts = text.replace(",", " ").split()
    is_sexagesimal = any(sign in text for sign in ":hm") or len(parts) == 6
    try:
        unit = (u.hourangle if is_sexagesimal else u.deg, u.deg)
        return SkyCoord(" ".join(parts), unit=unit) if len(parts) in {2, 6} else _refuse(text)
    except (ValueError, u.UnitsError) as err:
        raise ValueError(f"{text!r} is no position: give right ascension and declination") from err


def _refuse(text: str) -> SkyCoord:
    raise ValueError(text)
