"""Collect what a circular may say: exposures, their coverage, people, earlier circulars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import (
    KINDS,
    Citation,
    CoverageFacts,
    Facts,
    FilterFacts,
    MapFacts,
    Need,
    TelescopeFacts,
    name_in_subject,
)
from planners.visibility.nights import night_at
from telescopes import TELESCOPES
from too_marshal.db.circulars import CircularDraft, CircularSending
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Event
from too_marshal.db.exposures import ALL_TELESCOPES, Coverage, Exposure, Source
from too_marshal.db.localizations import Localization
from too_marshal.db.nights import RegionNightRow
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.people import Person
from too_marshal.notices.registry import STREAMS
from too_marshal.workflows.circulars.received import citations_of
from too_marshal.workflows.circulars.request import CircularRequest, ended
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.exposures.records import (
    exposures_by_source,
    exposures_of,
    times_of_exposures,
)


class NothingExecuted(Forbidden):
    """There is nothing to report: a circular speaks of executed exposures only."""


class NothingToSay(Forbidden):
    """What a circular of this kind is about was not given."""


@dataclass(frozen=True)
class Gathered:
    """What a circular may say."""

    facts: Facts
    """For its texts."""

    localization_id: int | None
    """Of which its percentages are."""

    notes: tuple[str, ...] = ()
    """What a person should know of these numbers."""


def subject_name(event: Event) -> str:
    """Name of an event as it must stand in a subject, that GCN recognizes."""
    said = spoken_name(event)
    named = name_in_subject(said)
    stream = STREAMS.get(event.stream)
    if named != said and named.startswith("Transient ") and stream and stream.subject_prefix:
        return f"{stream.subject_prefix}{said}"
    return named


def gather(session: Session, event: Event, asked: CircularRequest, *, author: str) -> Gathered:
    """Collect the facts.

    Parameters
    ----------
    session
        Open session.
    event, asked
        About what, and what of it.
    author
        Who is an author where nobody else is named.

    Raises
    ------
    NothingExecuted
        If a telescope has executed nothing of the kind, or its coverage is not known.
    NothingToSay
        If candidates, or what is retracted, were not given, or an author is not known.
    """
    kind = KINDS[asked.kind]
    _check(kind.needs, asked)
    notes: list[str] = []
    telescopes = [_telescope(session, event, name, asked, notes) for name in _telescopes(asked)]
    localization = event.current_localization if telescopes else None
    facts = Facts(
        event_name=subject_name(event),
        event_time=event.event_time,
        is_test=event.is_test,
        authors=_authors(session, asked, author),
        collaboration=asked.collaboration,
        sky_map=None if localization is None else _map(session, event, localization),
        telescopes=tuple(sorted(telescopes, key=lambda each: -each.images)),
        together=_together(session, event, asked, notes) if len(telescopes) > 1 else None,
        is_target_of_opportunity=(
            asked.is_target_of_opportunity if Need.OUR_IMAGES in kind.needs else None
        ),
        gaps_are_counted={"counted": True, "not accounted for": False}.get(asked.gaps),
        citations=_citations(session, event, asked),
        candidates=tuple(each.fact() for each in asked.candidates),
        target=None if asked.target is None else asked.target.fact(),
        retracted=None if asked.retraction is None else asked.retraction.fact(),
        remarks=asked.remarks,
    )
    return Gathered(facts, None if localization is None else localization.id, tuple(notes))


def _check(needs: Iterable[Need], asked: CircularRequest) -> None:
    if Need.CANDIDATES in needs and not asked.candidates:
        raise NothingToSay("A circular on candidates needs at least one.")
    if Need.RETRACTED in needs and asked.retraction is None:
        raise NothingToSay("A retraction needs the candidate's name, and why it is none.")
    if _NEEDS_IMAGES & set(needs) and not asked.telescopes:
        raise NothingToSay("Say of which telescopes.")


_NEEDS_IMAGES = {Need.OUR_IMAGES, Need.SURVEY_IMAGES}


def _telescopes(asked: CircularRequest) -> list[str]:
    return asked.telescopes if _NEEDS_IMAGES & KINDS[asked.kind].needs else []


def _source(asked: CircularRequest) -> Source:
    return Source.SURVEY if Need.SURVEY_IMAGES in KINDS[asked.kind].needs else Source.PLANNED


def _telescope(
    session: Session, event: Event, name: str, asked: CircularRequest, notes: list[str]
) -> TelescopeFacts:
    is_survey = _source(asked) is Source.SURVEY
    if is_survey:
        rows = exposures_by_source(session, event, name).get(Source.SURVEY, [])
        rows = sorted(rows, key=lambda row: row.start)
    else:
        rows = exposures_of(session, event.id, name)
    coverage = session.get(Coverage, (event.current_localization_id, name), populate_existing=True)
    covered = None if coverage is None else _covered(coverage, is_survey=is_survey)
    if not rows or covered is None:
        raise NothingExecuted(f"{name} has executed nothing for {event.name}")
    _, counted_images = covered
    if counted_images != len(rows):
        notes.append(
            f"The coverage of {name} is of {counted_images} images, and {len(rows)} are known: "
            "it is being measured anew."
        )
    since = _since(session, event, asked)
    if since is not None:
        rows = [row for row in rows if row.start > since]
        if not rows:
            raise NothingExecuted(
                f"{name} has executed nothing since {since:%Y-%m-%d %H:%M:%S} UTC"
            )
    known = TELESCOPES[name]
    return TelescopeFacts(
        key=name,
        facility=known.facility,
        description=known.description,
        start=rows[0].start,
        end=rows[-1].start,
        images=len(rows),
        open_shutter=sum(row.exposure_time for row in rows),
        filters=_by_filter(rows),
        coverage=covered[0],
        reachable=_reachable(session, event, name, rows[0].start)
        if asked.states_unreachable
        else None,
        acknowledgment=known.acknowledgment,
    )


def _covered(row: Coverage, *, is_survey: bool) -> tuple[CoverageFacts, int] | None:
    if not is_survey:
        if not row.exposures:
            return None
        return CoverageFacts(row.area, row.probability, row.probability_twice), row.exposures
    part = row.by_source.get(Source.SURVEY.value)
    if part is None:
        return None
    facts = CoverageFacts(part["area"], part["probability"], part["probability_twice"])
    return facts, part["exposures"]


def _since(session: Session, event: Event, asked: CircularRequest) -> datetime | None:
    """After which time observations are later ones; None where all are meant."""
    if Need.EARLIER not in KINDS[asked.kind].needs:
        return None
    if asked.since is not None:
        return asked.since
    ends = [end for draft in sent_before(session, event.id) if (end := ended(draft.facts))]
    if not ends:
        raise NothingToSay(
            "No circular of ours on this event was sent: report the first observations, or say "
            "since when."
        )
    return max(ends)


def sent_before(session: Session, event_id: int) -> list[CircularDraft]:
    """Our circulars about an event that have gone out, or may have; the last one first."""
    query = (
        select(CircularDraft)
        .join(CircularSending, CircularSending.draft_id == CircularDraft.id)
        .where(
            CircularDraft.event_id == event_id,
            CircularSending.state.in_((DeliveryState.SENT, DeliveryState.UNCONFIRMED)),
        )
        .order_by(CircularSending.id.desc())
    )
    return list(session.scalars(query).unique())


def _together(
    session: Session, event: Event, asked: CircularRequest, notes: list[str]
) -> CoverageFacts | None:
    """What the telescopes cover together, if that was measured for just these of them."""
    row = session.get(
        Coverage, (event.current_localization_id, ALL_TELESCOPES), populate_existing=True
    )
    ours = {telescope for telescope, _, _ in times_of_exposures(session, event.id)}
    is_survey = _source(asked) is Source.SURVEY
    covered = (
        None if row is None or ours != set(asked.telescopes) else _covered(row, is_survey=is_survey)
    )
    if covered is None:
        notes.append("What these telescopes cover together is not known: it is left out.")
        return None
    return covered[0]


def _by_filter(rows: Sequence[Exposure]) -> tuple[FilterFacts, ...]:
    groups: dict[str, list[Exposure]] = defaultdict(list)
    for row in rows:
        groups[row.filter].append(row)
    facts = []
    for name, members in groups.items():
        depths = [row.limiting_magnitude for row in members if row.limiting_magnitude is not None]
        times = [row.exposure_time for row in members]
        facts.append(
            FilterFacts(
                name=name,
                images=len(members),
                exposure_times=(min(times), max(times)),
                limiting_magnitude=median(depths) if depths else None,
            )
        )
    return tuple(facts)


def _reachable(session: Session, event: Event, telescope: str, start: datetime) -> float | None:
    night = night_at(TELESCOPES[telescope].site, start)
    key = (event.current_localization_id, telescope, night)
    row = session.get(RegionNightRow, key)
    if row is None or not row.numbers["still_reachable"]:
        return None
    return row.numbers["still_reachable"][0]


def _map(session: Session, event: Event, localization: Localization) -> MapFacts:
    """Which of an event's maps the percentages are of."""
    document = session.get_one(ReceivedNotice, localization.notice_id).document or {}
    kind = str(document.get("type_name") or document.get("kind") or "").lower()
    creator = localization.sky_map.creator if localization.sky_map else ""
    words = (creator, f"of the {kind} notice of {event.name}")
    remark = (
        "with the part of the sky that the Earth hid from the satellite taken out"
        if localization.variant.startswith("no-earth")
        else ""
    )
    return MapFacts(
        " ".join(part for part in words if part),
        localization.ready_at or localization.created_at,
        remark,
    )


def _authors(session: Session, asked: CircularRequest, author: str) -> tuple[str, ...]:
    named = asked.authors or ([] if asked.further_authors else [author])
    people = {
        person.username: person
        for person in session.scalars(select(Person).where(Person.username.in_(named)))
    }
    if strange := [name for name in asked.authors if name not in people]:
        raise NothingToSay(f"Nobody here is called {', '.join(strange)}.")
    return (*(_printed(people.get(name), name) for name in named), *asked.further_authors)


def _printed(person: Person | None, username: str) -> str:
    if person is None or not person.full_name:
        return username
    return f"{person.full_name} ({person.affiliation})" if person.affiliation else person.full_name


def _citations(session: Session, event: Event, asked: CircularRequest) -> tuple[Citation, ...]:
    known = citations_of(session, event.id)
    if asked.citations is not None:
        return tuple(known[number] for number in sorted(set(asked.citations)) if number in known)
    ours = {row.number for draft in sent_before(session, event.id) for row in draft.sendings}
    first = next(iter(known), None)
    return tuple(each for number, each in known.items() if number == first or number in ours)
