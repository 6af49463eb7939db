"""Write the draft of a circular from what was executed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import CircularFault, Facts, FilterFacts, counted, write
from telescopes import TELESCOPES
from too_marshal import tasks
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event, record
from too_marshal.db.exposures import Coverage, Exposure
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.people import Person
from too_marshal.notices.registry import STREAMS
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.exposures.records import exposures_of


class NothingExecuted(Forbidden):
    """There is nothing to report: a circular speaks of executed exposures only."""


class CircularForbidden(Forbidden):
    """What is known makes a text that GCN would not take."""


def draft(session: Session, event_id: int, telescope: str, *, author: str) -> CircularDraft:
    """Write and store a draft. Nothing is sent.

    Parameters
    ----------
    session
        Open session; committed.
    event_id, telescope
        Whose executed exposures are reported.
    author
        Who asked for it.

    Raises
    ------
    NothingExecuted
        If the telescope has executed nothing for the event, or its coverage is not known.
    CircularForbidden
        If the text would break a rule of GCN.
    """
    facts, localization_id = gather(session, event_id, telescope, author=author)
    try:
        circular = write(facts)
    except CircularFault as err:
        raise CircularForbidden(str(err)) from err
    stored = CircularDraft(
        event_id=event_id,
        telescope=telescope,
        subject=circular.subject,
        body=circular.body,
        facts={**_plain(asdict(facts)), "localization_id": localization_id},
        author=author,
    )
    session.add(stored)
    session.flush()
    record(
        session,
        f"Circular drafted from {counted(facts.exposures, f'executed {telescope} exposure')}",
        subject="circular",
        subject_id=stored.id,
        event_id=event_id,
        actor=author,
    )
    tasks.draw(localization_id=localization_id).defer(session)  # with all that was executed
    session.commit()
    return stored


def gather(session: Session, event_id: int, telescope: str, *, author: str) -> tuple[Facts, int]:
    """Collect what a circular may say, and the localization that its percentages are of.

    Raises
    ------
    NothingExecuted
        If there is nothing to report.
    """
    event = session.get_one(Event, event_id)
    rows = exposures_of(session, event_id, telescope)
    coverage = session.get(Coverage, (event.current_localization_id, telescope))
    if not rows or coverage is None:
        raise NothingExecuted(f"{telescope} has executed nothing for {event.name}")
    localization = session.get_one(Localization, coverage.localization_id)
    facts = Facts(
        event_name=_subject(event),
        event_time=event.event_time,
        is_test=event.is_test,
        telescope=TELESCOPES[telescope].facility,
        telescope_description=TELESCOPES[telescope].description,
        map_name=_map_name(session, event, localization),
        map_time=localization.ready_at or localization.created_at,
        start=rows[0].start,
        end=rows[-1].start,
        exposures=len(rows),
        open_shutter=sum(row.exposure_time for row in rows),
        area=coverage.area,
        probability=coverage.probability,
        probability_twice=coverage.probability_twice,
        filters=_by_filter(rows),
        authors=(_author(session, author),),
    )
    return facts, localization.id


def _subject(event: Event) -> str:
    stream = STREAMS.get(event.stream)
    return f"{stream.subject_prefix if stream else ''}{event.name}"


def _by_filter(rows: list[Exposure]) -> tuple[FilterFacts, ...]:
    groups: dict[str, list[Exposure]] = defaultdict(list)
    for row in rows:
        groups[row.filter].append(row)
    facts = []
    for name, members in groups.items():
        depths = [row.limiting_magnitude for row in members if row.limiting_magnitude is not None]
        facts.append(
            FilterFacts(
                name=name,
                exposures=len(members),
                exposure_time=median(row.exposure_time for row in members),
                limiting_magnitude=median(depths) if depths else None,
            )
        )
    return tuple(facts)


def _map_name(session: Session, event: Event, localization: Localization) -> str:
    """Name that tells which of an event's maps the percentages are of."""
    document = session.get_one(ReceivedNotice, localization.notice_id).document or {}
    kind = str(document.get("type_name") or document.get("kind") or "").lower()
    creator = localization.sky_map.creator if localization.sky_map else ""
    return " ".join(part for part in (creator, f"of the {kind} notice of {event.name}") if part)


def _author(session: Session, username: str) -> str:
    person = session.scalars(select(Person).where(Person.username == username)).one_or_none()
    if person is None or not person.full_name:
        return username
    return f"{person.full_name} ({person.affiliation})" if person.affiliation else person.full_name


def _plain(value: Any) -> Any:
    """JSON for `value`; times as ISO 8601."""
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value
