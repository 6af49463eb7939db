"""Fetch the map that a notice links, until it is there, and later look whether it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from planners.skymaps.skymap import SkyMapInvalid
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.events import Event, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.locks import lock
from too_marshal.deployment.settings import Settings
from too_marshal.fetching.addresses import FetchFailed, FetchRefused
from too_marshal.fetching.fetcher import Fetcher
from too_marshal.workflows.localizations.localize import FETCHED, close, make_ready
from too_marshal.workflows.localizations.map_reader import read_map

FIRST_WAIT = timedelta(seconds=5)
MAX_WAIT = timedelta(minutes=30)
GIVES_UP_AFTER = timedelta(hours=24)
"""GBM's maps appear minutes after the notice that links them; GraceDB's may take hours."""

FETCH_AGAIN_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 6 * 60, 24 * 60))
"""A mission may put a better map at the same address."""

SLOTS = 2
"""Fetches from one host at one time, by all workers together."""

_BUSY_WAIT = timedelta(seconds=5)


def open_fetcher(settings: Settings) -> Fetcher | None:
    """The fetcher that the settings allow; None where nothing is fetched."""
    if not settings.fetches_maps():
        return None
    hosts = [host.strip() for host in settings.fetch_hosts.split(",") if host.strip()]
    return Fetcher(hosts)


def wait_after(attempts: int) -> timedelta:
    """Time to wait after so many tries: 5 s, doubled each time, half an hour at the most."""
    return min(FIRST_WAIT * 2 ** (min(attempts, 30) - 1), MAX_WAIT)


def fetch(session: Session, fetcher: Fetcher | None, localization_id: int) -> None:
    """Fetch a map, or ask for another try.

    Parameters
    ----------
    session
        Open session; committed.
    fetcher
        None where nothing is fetched.
    localization_id
        Row of variant `fetched` in state `pending`; any other is left as it is.
    """
    localization = session.get_one(Localization, localization_id)
    if localization.state != LocalizationState.PENDING:
        return
    obsolete = _obsolete(session, localization)
    if obsolete or fetcher is None:
        reason = obsolete or "maps are not fetched here (TOO_FETCH_MAPS)"
        if _lock(session, localization):
            close(session, localization, LocalizationState.UNAVAILABLE, reason)
        session.commit()
        return
    url = localization.description["url"]
    session.commit()  # no transaction stays open while the network is slow
    try:
        with host_slot(session, url) as is_free:
            content = fetcher.fetch(url).content if is_free else None
        facts = None if content is None else read_map(content)
    except FetchFailed as err:
        _try_later(session, localization, str(err))
    except (FetchRefused, SkyMapInvalid) as err:
        _settle(session, localization, LocalizationState.REFUSED, f"sky map refused: {err}")
    else:
        if facts is None:
            _defer_fetch(session, localization, now() + _BUSY_WAIT)
        elif _lock(session, localization):
            make_ready(session, localization, facts, content)
            _schedule_fetch_again(session, localization.id, 0)
    session.commit()


def fetch_again(session: Session, fetcher: Fetcher | None, localization_id: int, look: int) -> None:
    """Fetch a map that is there already; what has changed is a new version beside it.

    Parameters
    ----------
    session
        Open session; committed.
    fetcher
        None where nothing is fetched.
    localization_id
        Row of variant `fetched`.
    look
        How many times this was done before.
    """
    localization = session.get_one(Localization, localization_id)
    if fetcher is None or _obsolete(session, localization):
        return
    session.commit()
    try:
        content = fetcher.fetch(localization.description["url"]).content
        if hashlib.sha256(content).hexdigest() not in _versions(session, localization):
            session.commit()
            facts = read_map(content)
            version = _new_version(session, localization)
            if version is not None:
                make_ready(session, version, facts, content)
    except (FetchFailed, FetchRefused, SkyMapInvalid) as err:
        record(
            session, f"Looking for a newer map failed: {err}", subject="localization",
            subject_id=localization.id, event_id=localization.event_id,
        )  # fmt: skip
    _schedule_fetch_again(session, localization.id, look + 1)
    session.commit()


@contextmanager
def host_slot(session: Session, url: str) -> Iterator[bool]:
    """Hold one of the few places at a host; False if all are taken."""
    host = url.partition("://")[2].partition("/")[0].lower()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        slot = next((index for index in range(SLOTS) if _take(connection, host, index)), None)
        try:
            yield slot is not None
        finally:
            if slot is not None:
                connection.execute(_FREE, {"host": host, "slot": slot})


_TAKE = text("SELECT pg_try_advisory_lock(hashtext(:host), :slot)")
_FREE = text("SELECT pg_advisory_unlock(hashtext(:host), :slot)")


def _take(connection: Connection, host: str, slot: int) -> bool:
    return bool(connection.scalar(_TAKE, {"host": host, "slot": slot}))


def _obsolete(session: Session, localization: Localization) -> str:
    """Why the map is not wanted any more; empty if it is."""
    event = session.get_one(Event, localization.event_id, populate_existing=True)
    if event.is_retracted:
        return "the event was retracted"
    newer = select(Localization.id).where(
        Localization.event_id == localization.event_id,
        Localization.order > localization.order,
        Localization.kind.not_in(["point", "product", "masked"]),
        Localization.state != LocalizationState.REFUSED,
    )
    return "" if session.scalar(newer.limit(1)) is None else "a newer notice says where it is"


def _try_later(session: Session, localization: Localization, reason: str) -> None:
    if not _lock(session, localization):
        return
    localization.attempts += 1
    if now() - localization.created_at > GIVES_UP_AFTER:
        tries = f"{localization.attempts} tries in 24 hours"
        close(session, localization, LocalizationState.UNAVAILABLE, f"{reason} ({tries})")
        return
    localization.reason = reason
    _defer_fetch(session, localization, now() + wait_after(localization.attempts))


def _defer_fetch(session: Session, localization: Localization, at: datetime) -> None:
    localization.next_attempt_at = at
    tasks.fetch(localization_id=localization.id).defer(session, at=at)


def _settle(
    session: Session, localization: Localization, state: LocalizationState, reason: str
) -> None:
    if _lock(session, localization):
        localization.attempts += 1
        close(session, localization, state, reason)


def _lock(session: Session, localization: Localization) -> bool:
    """Lock the row; False if somebody else has settled it meanwhile."""
    localization = lock(session, Localization, localization.id)
    return localization.state == LocalizationState.PENDING


def _schedule_fetch_again(session: Session, localization_id: int, look: int) -> None:
    if look < len(FETCH_AGAIN_DELAYS):
        tasks.fetch_again(localization_id=localization_id, look=look).defer(
            session, wait=FETCH_AGAIN_DELAYS[look]
        )


def _versions(session: Session, localization: Localization) -> list[str | None]:
    """Hashes of all that came from there."""
    query = select(Localization.sky_map_sha256).where(
        Localization.notice_id == localization.notice_id, Localization.variant.startswith(FETCHED)
    )
    return list(session.scalars(query))


def _new_version(session: Session, localization: Localization) -> Localization | None:
    version_number = len(_versions(session, localization)) + 1
    version = session.scalar(
        insert(Localization)
        .values(
            event_id=localization.event_id,
            notice_id=localization.notice_id,
            variant=f"{FETCHED}-{version_number}",
            order=localization.order,
            kind=localization.kind,
            description=localization.description,
            state=LocalizationState.PENDING,
            reason="",
            attempts=1,
            created_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(Localization.id)
    )
    return None if version is None else session.get_one(Localization, version)
