"""Ways to reach people, when they may be told, and teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from too_marshal.db.accounts.people import Person
from too_marshal.db.accounts.teams import Team
from too_marshal.db.alarms import (
    Contact,
    Hours,
)
from too_marshal.deployment.senders import Sender
from too_marshal.workflows.alarms.hours import WakingHours
from too_marshal.workflows.errors import Invalid

MAX_CONTACTS = 12


class ContactInvalid(Invalid):
    """A way to reach somebody cannot be as asked; the message is for the person."""


def hours_of(session: Session, person: Person) -> tuple[WakingHours, bool]:
    """When a person may be told, and whether the most urgent may break that."""
    row = session.get(Hours, person.id, populate_existing=True)
    if row is None:
        return WakingHours(), True
    return _read(row), row.always_wakes


def _read(row: Hours) -> WakingHours:
    return WakingHours(
        ZoneInfo(row.time_zone),
        time.fromisoformat(row.quiet_from) if row.quiet_from else None,
        time.fromisoformat(row.quiet_until) if row.quiet_until else None,
        [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.holidays],
    )


def set_hours(  # noqa: PLR0913 - each is a part of a person's day
    session: Session,
    person: Person,
    *,
    time_zone: str,
    quiet_from: str = "",
    quiet_until: str = "",
    always_wakes: bool = True,
    holidays: Sequence[tuple[str, str]] = (),
) -> None:
    """Say when a person may be told; committed.

    Raises
    ------
    ContactInvalid
        If there is no such time zone, or a time or a day cannot be read.
    """
    _check_zone(time_zone)
    if bool(quiet_from) != bool(quiet_until):
        raise ContactInvalid("Quiet hours have a beginning and an end.")
    row = Hours(
        person_id=person.id,
        time_zone=time_zone,
        quiet_from=_clock(quiet_from),
        quiet_until=_clock(quiet_until),
        always_wakes=always_wakes,
        holidays=[list(_days(first, last)) for first, last in holidays],
    )
    session.merge(row)
    session.commit()


def _check_zone(name: str) -> None:
    try:
        if name in available_timezones():
            ZoneInfo(name)
            return
    except (ValueError, ZoneInfoNotFoundError):
        pass
    raise ContactInvalid(f"{name[:60]!r} is no time zone: give one as Europe/Stockholm.")


def _clock(text: str) -> str:
    if not text:
        return ""
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError as err:
        raise ContactInvalid(f"{text[:20]!r} is no time of the day: give one as 22:30.") from err


def _days(first: str, last: str) -> tuple[str, str]:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError as err:
        raise ContactInvalid(f"{first[:20]!r} to {last[:20]!r} are no days: 2026-12-24.") from err
    if end < start:
        raise ContactInvalid(f"A holiday ends after it begins: not {first} to {last}.")
    return start.isoformat(), end.isoformat()


def add_contact(  # noqa: PLR0913 - what a contact is
    session: Session,
    senders: Mapping[str, Sender],
    person: Person,
    *,
    kind: str,
    address: str,
    wakes: bool = False,
) -> Contact:
    """Add a way to reach a person; committed.

    Raises
    ------
    ContactInvalid
        If this deployment has no such way, or the address is none.
    """
    sender = senders.get(kind)
    if sender is None:
        raise ContactInvalid(f"This deployment cannot send by {kind[:20]!r}.")
    try:
        kept = sender.check(address)
    except ValueError as err:
        raise ContactInvalid(f"{err}.".replace("..", ".")) from err
    known = session.scalars(select(Contact).where(Contact.person_id == person.id)).all()
    if len(known) >= MAX_CONTACTS:
        raise ContactInvalid(f"There are {MAX_CONTACTS} at the most: take one away first.")
    row = Contact(person_id=person.id, kind=kind, address=kept, wakes=wakes)
    session.add(row)
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise ContactInvalid("You are reached by that already.") from err
    return row


def add_team(session: Session, name: str) -> Team:
    """Make a team; committed.

    Raises
    ------
    ContactInvalid
        If it has no name, a long one, or one that another team has.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= 60:
        raise ContactInvalid("A team has a name of at most 60 characters.")
    team = Team(name=name)
    session.add(team)
    try:
        session.commit()
    except IntegrityError as err:
        session.rollback()
        raise ContactInvalid(f"There is a team {name} already.") from err
    return team


def set_members(session: Session, team: Team, usernames: Sequence[str]) -> None:
    """Say who is in a team; committed."""
    query = select(Person).where(Person.username.in_(list(usernames)), Person.is_active)
    team.members = list(session.scalars(query))
    session.commit()
