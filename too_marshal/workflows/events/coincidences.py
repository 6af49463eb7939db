"""Suggest links between events that lie close in time and on the sky.

The false-alarm rate of a coincidence is that of RAVEN, LVK's own search:
rate of the one x rate of the other x length of the time window / overlap of the maps.

References
----------
Urban 2016, PhD thesis, University of Wisconsin-Milwaukee, chapter 6; Ashton et al. 2018, ApJ 860,
6; LIGO/Virgo/KAGRA Public Alerts User Guide, "Coincident with external trigger".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from planners.skymaps.joint_maps import sky_overlap
from too_marshal.db.base import MARSHAL, now
from too_marshal.db.events import Event, EventLink, LinkKind, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.units import YEAR
from too_marshal.workflows.events.coincidence_windows import (
    MAX_WINDOW,
    published_rate,
    time_window,
)
from too_marshal.workflows.events.link import find_link
from too_marshal.workflows.localizations.localize import load_skymap

MAX_CHANCE = 0.01
"""A pair is suggested if fewer unrelated events than this would lie as close."""

_COUNTED = timedelta(days=365)


@dataclass(frozen=True)
class Coincidence:
    """How close two events are."""

    time_difference: float
    """Second minus first, s."""

    window: float
    """Length of the time window, s."""

    overlap: float | None
    """`planners.skymaps.joint_maps.sky_overlap`; None where either has no map."""

    chance: float
    """Expected number of unrelated events of the more frequent stream as close to one of the
    other."""

    far: float
    """Rate of such coincidences by chance, Hz."""


def suggest_links(session: Session, event_id: int) -> None:
    """Compare an event with all others near its time, and keep what may be one source.

    Parameters
    ----------
    session
        Open session; committed.
    event_id
        Nothing is done while the event has no time, or once it is retracted.
    """
    event = session.get_one(Event, event_id)
    if event.event_time is None or event.is_retracted:
        return
    query = select(Event).where(
        Event.event_time.between(event.event_time - MAX_WINDOW, event.event_time + MAX_WINDOW),
        Event.stream != event.stream,
        Event.is_test == event.is_test,
        ~Event.is_retracted,
    )
    for other in session.scalars(query).all():
        first, second = sorted((event, other), key=lambda row: row.id)
        _keep(session, first, second, coincidence(session, first, second))
    session.commit()


def coincidence(session: Session, first: Event, second: Event) -> Coincidence | None:
    """How close two events are; None if they are too far apart in time to be one source."""
    if first.event_time is None or second.event_time is None:
        return None
    difference = (second.event_time - first.event_time).total_seconds()
    low, high = time_window(first, second)
    if not low <= difference <= high:
        return None
    overlap = _overlap(session, first, second)
    when = first.event_time
    rates = [stream_rate(session, event.stream, when) for event in (first, second)]
    far_rates = [
        rate if event.far is None else event.far
        for event, rate in zip((first, second), rates, strict=True)
    ]
    odds = 1.0 if overlap is None else max(overlap, 1e-30)
    window = high - low
    return Coincidence(
        time_difference=difference,
        window=window,
        overlap=overlap,
        chance=max(rates) * window / odds,
        far=far_rates[0] * far_rates[1] * window / odds,
    )


def stream_rate(session: Session, stream: str, when: datetime) -> float:
    """Events of a stream per second: as published, or as we received them if that is more."""
    received = session.scalar(
        select(func.count(Event.id)).where(
            Event.stream == stream,
            ~Event.is_test,
            Event.event_time.between(when - _COUNTED, when),
        )
    )
    a_year = max(published_rate(stream), (received or 0) * YEAR / _COUNTED.total_seconds())
    return a_year / YEAR


def _overlap(session: Session, first: Event, second: Event) -> float | None:
    localizations = [current_place(event) for event in (first, second)]
    if localizations[0] is None or localizations[1] is None:
        return None
    return sky_overlap(
        load_skymap(session, localizations[0]), load_skymap(session, localizations[1])
    )


def current_place(event: Event) -> Localization | None:
    """The event's current localization, if its map is ready."""
    localization = event.current_localization
    return (
        localization
        if localization is not None and localization.state == LocalizationState.READY
        else None
    )


def _keep(session: Session, first: Event, second: Event, close: Coincidence | None) -> None:
    pair = find_link(session, first.id, second.id)
    is_close = close is not None and close.chance <= MAX_CHANCE
    if pair is None:
        if not is_close:
            return
        pair = EventLink(
            first_id=first.id, second_id=second.id, kind=LinkKind.COINCIDENT, reason=""
        )
        session.add(pair)
        session.flush()
        _suggest(session, pair, first, second)
    if close is None:
        return
    pair.far, pair.chance, pair.overlap = close.far, close.chance, close.overlap
    pair.time_difference = close.time_difference
    if pair.kind != LinkKind.COINCIDENT:
        return
    pair.reason = _sentence(close)
    if pair.undone_by in (None, MARSHAL):
        # A better map may part them, and another bring them together again.
        pair.undone_by = None if is_close else MARSHAL
        pair.undone_at = None if is_close else now()


def _suggest(session: Session, pair: EventLink, first: Event, second: Event) -> None:
    for event, other in ((first, second), (second, first)):
        record(
            session, f"{other.name} may be the same source", subject="link", subject_id=pair.id,
            event_id=event.id,
        )  # fmt: skip


def _sentence(close: Coincidence) -> str:
    sky = "no map of both" if close.overlap is None else f"sky overlap {close.overlap:.3g}"
    apart = f"{close.time_difference:+.1f} s apart, {sky}"
    return f"{apart}: by chance once in {1 / close.far / YEAR:.3g} years" if close.far else apart
