"""Collect what a circular may say: exposures, their coverage, people, earlier circulars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gcn_templates import (
    KINDS,
    Candidate,
    Citation,
    CoverageFacts,
    Facts,
    MapFacts,
    Need,
    TelescopeFacts,
    name_in_subject,
)
from too_marshal.db.accounts.people import Person
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.notices.registry import STREAMS
from too_marshal.workflows.circulars.earlier import reported_until, sent_before
from too_marshal.workflows.circulars.observed import observed, observed_together
from too_marshal.workflows.circulars.received import citations_of
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.circulars.saved_candidates import saved_candidates
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.events.spoken import spoken_name


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


COUNTED = (
    "The name is by our count of that day's alerts: look up what the mission calls it, and name "
    "the event on its page."
)


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
    NotReportable
        If a saved candidate is none any more, or was never measured.
    """
    kind = KINDS[asked.kind]
    counted = [COUNTED] if spoken_name(event) == event.counted_name else []
    _check(kind.needs, asked)
    telescopes, together, notes = _observed(session, event, asked)
    # Of images that show one place nothing is said of the region.
    speaks_of_region = telescopes and asked.target is None
    localization = event.current_localization if speaks_of_region else None
    facts = Facts(
        event_name=subject_name(event),
        event_time=event.event_time,
        is_test=event.is_test,
        authors=_authors(session, asked, author),
        collaboration=asked.collaboration,
        sky_map=None if localization is None else _map(session, event, localization),
        telescopes=tuple(sorted(telescopes, key=lambda each: -each.images)),
        together=together,
        is_target_of_opportunity=(
            asked.is_target_of_opportunity if Need.OUR_IMAGES in kind.needs else None
        ),
        gaps_are_counted={"counted": True, "not accounted for": False}.get(asked.gaps),
        citations=_citations(session, event, asked),
        candidates=_candidates(session, event, asked),
        target=None if asked.target is None else asked.target.fact(),
        retracted=None if asked.retraction is None else asked.retraction.fact(),
        remarks=asked.remarks,
    )
    return Gathered(facts, None if localization is None else localization.id, (*counted, *notes))


def _check(needs: Iterable[Need], asked: CircularRequest) -> None:
    if Need.CANDIDATES in needs and not (asked.candidates or asked.saved_candidates):
        raise NothingToSay("A circular on candidates needs at least one.")
    if Need.RETRACTED in needs and asked.retraction is None:
        raise NothingToSay("A retraction needs the candidate's name, and why it is none.")
    if _NEEDS_IMAGES & set(needs) and not asked.telescopes:
        raise NothingToSay("Say of which telescopes.")


def _candidates(session: Session, event: Event, asked: CircularRequest) -> tuple[Candidate, ...]:
    if Need.CANDIDATES not in KINDS[asked.kind].needs:
        return ()
    typed = (each.fact() for each in asked.candidates)
    return (*saved_candidates(session, event.id, asked.saved_candidates), *typed)


_NEEDS_IMAGES = {Need.OUR_IMAGES, Need.SURVEY_IMAGES}


def _observed(
    session: Session, event: Event, asked: CircularRequest
) -> tuple[list[TelescopeFacts], CoverageFacts | None, list[str]]:
    """What the telescopes have taken, what they cover together, and notes on these numbers."""
    needs = KINDS[asked.kind].needs
    if not _NEEDS_IMAGES & needs:
        return [], None, []
    is_survey, since = Need.SURVEY_IMAGES in needs, _since(session, event, asked)
    found = [
        observed(
            session, event, name, is_survey=is_survey, since=since.get(name),
            states_unreachable=asked.states_unreachable, target=asked.target,
        )
        for name in asked.telescopes
    ]  # fmt: skip
    notes = [each.note for each in found if each.note]
    together = None
    if len(found) > 1 and asked.target is None:
        together = observed_together(session, event, asked.telescopes, is_survey=is_survey)
        if together is None:
            notes.append("What these telescopes cover together is not known: it is left out.")
    return [each.facts for each in found], together, notes


def _since(session: Session, event: Event, asked: CircularRequest) -> dict[str, datetime]:
    """After which time observations of a telescope are later ones; none where all are meant."""
    if Need.EARLIER not in KINDS[asked.kind].needs:
        return {}
    if asked.since is not None:
        return dict.fromkeys(asked.telescopes, asked.since)
    until = reported_until(session, event.id)
    if not until:
        raise NothingToSay(
            "No circular of ours on this event was sent: report the first observations, or say "
            "since when."
        )
    return until


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
