"""Catch up after an outage longer than the stream remembers, from the public archives.

What GraceDB and the Circulars archive hold goes in by the front door. An alert that we have in
another encoding is not taken a second time.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.fetching.addresses import FetchFailed, FetchRefused
from too_marshal.fetching.fetcher import Fetched
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse
from too_marshal.workflows.intake.ingest import Message, ingest

LOOK_BACK = timedelta(days=30)
"""Superevents so much older are looked at too: they may have been updated since."""

MAX_PAGES = 200
MAX_CIRCULAR_SIZE = 1 << 20
MAX_ARCHIVE_SIZE = 1 << 30
"""Bytes of circulars, unpacked."""

_ALERT_FILE = r"{name}-(earlywarning|preliminary|initial|update|retraction)\.json(,\d+)?"
_SUPEREVENT = re.compile(r"[A-Z]{1,2}\d{6}[a-z]{1,6}")

Fetch = Callable[[str], Fetched]


class ArchiveUnreadable(Exception):
    """An archive does not answer, or not as documented; the message says which and how."""


@dataclass(frozen=True)
class Archives:
    """Where the public archives are."""

    gracedb: str = "https://gracedb.ligo.org"
    """LVK's database of candidates."""

    circulars: str = "https://gcn.nasa.gov/circulars/archive.json.tar.gz"
    """All GCN Circulars in one file."""


@dataclass
class Caught:
    """What one source brought."""

    new: int = 0
    """Notices that we did not have."""

    known: int = 0
    """Those that we had."""

    unreadable: int = 0
    """Those that were kept and not understood."""


def backfill_lvk(
    session: Session, fetch: Fetch, since: datetime, archives: Archives | None = None
) -> Caught:
    """Take in LVK's public alerts from GraceDB.

    Parameters
    ----------
    session
        Open session; committed.
    fetch
        Fetches a file.
    since
        Only alerts sent later.
    archives
        Where to look.

    Raises
    ------
    ArchiveUnreadable
        If GraceDB does not answer as documented; what came before is kept.

    References
    ----------
    LIGO/Virgo/KAGRA Public Alerts User Guide, "GraceDB"; GraceDB REST API, superevents.
    """
    caught = Caught()
    base = (archives or Archives()).gracedb
    names = sorted(_superevents(fetch, base, since - LOOK_BACK))
    for name in names:
        for url, topic in _alerts(fetch, base, name):
            _take(session, _get(fetch, url), topic, since, caught)
    return caught


def backfill_circulars(
    session: Session, fetch: Fetch, since: datetime, archives: Archives | None = None
) -> Caught:
    """Take in GCN Circulars from their archive; arguments and errors as for `backfill_lvk`."""
    caught = Caught()
    content = _get(fetch, (archives or Archives()).circulars)
    for payload in sorted(_circulars(content, since)):
        _take(session, payload[1], "gcn.circulars", since, caught)
    return caught


def _superevents(fetch: Fetch, base: str, since: datetime) -> Iterator[str]:
    query = quote(f"created: {since:%Y-%m-%d %H:%M:%S} .. 2100-01-01 00:00:00")
    url = f"{base}/api/superevents/?format=json&count=50&query={query}"
    for _ in range(MAX_PAGES):
        page = _get_json(fetch, url)
        for entry in page.get("superevents") or []:
            name = entry.get("superevent_id") if isinstance(entry, dict) else None
            if isinstance(name, str) and _SUPEREVENT.fullmatch(name):
                yield name
        following = (page.get("links") or {}).get("next")
        if not isinstance(following, str) or following == url:
            return
        url = following
    raise ArchiveUnreadable(f"{base} lists more than {MAX_PAGES} pages of superevents")


def _alerts(fetch: Fetch, base: str, name: str) -> list[tuple[str, str | None]]:
    """Address of each alert of a superevent, and its topic: JSON, or VOEvents if there is none."""
    files = _get_json(fetch, f"{base}/api/superevents/{name}/files/?format=json")
    pattern = re.compile(_ALERT_FILE.format(name=re.escape(name)))
    # A name without a version is that of the latest, which stands under its version too.
    versioned = [file for file in files if pattern.fullmatch(file) and "," in file]
    chosen = versioned or [file for file in files if pattern.fullmatch(file)]
    if chosen:
        return [
            (f"{base}/api/superevents/{name}/files/{quote(file, safe=',')}", "igwn.gwalert")
            for file in sorted(chosen)
        ]
    events = _get_json(fetch, f"{base}/api/superevents/{name}/voevents/?format=json")
    links = [voevent.get("links") or {} for voevent in events.get("voevents") or []]
    return [(link["file"], None) for link in links if isinstance(link.get("file"), str)]


def _circulars(content: bytes, since: datetime) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each circular that was written, or edited, later."""
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
            for member in archive:
                total += member.size
                if total > MAX_ARCHIVE_SIZE:
                    raise ArchiveUnreadable("the archive of circulars is too large")
                file = archive.extractfile(member) if member.isfile() else None
                if file is None or member.size > MAX_CIRCULAR_SIZE:
                    continue
                payload = file.read()
                circular_number, written = _circular_number_and_time(payload)
                if circular_number is not None and written >= since:
                    yield circular_number, payload
    except (tarfile.TarError, OSError, EOFError, zlib.error) as err:
        raise ArchiveUnreadable(f"the archive of circulars is damaged: {err}") from err


def _circular_number_and_time(payload: bytes) -> tuple[int | None, datetime]:
    try:
        document = json.loads(payload)
        circular_number = document["circularId"]
        written = max(document["createdOn"], document.get("editedOn") or 0)
        return int(circular_number), datetime.fromtimestamp(written / 1000, UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None, datetime.min.replace(tzinfo=UTC)


def _take(
    session: Session, payload: bytes, topic: str | None, since: datetime, caught: Caught
) -> None:
    try:
        notice = parse(payload, topic)
    except (NoticeMalformed, NoticeUnknown):
        notice = None
    if notice is not None:
        sent = notice.published or notice.event_time
        is_circular = notice.stream == "circulars"
        if sent is not None and sent < since and not is_circular:
            return
        if _has(session, notice.stream, notice.event_key, list(notice.order)):
            caught.known += 1
            return
    received = ingest(session, Message(payload, "backfill", topic))
    if not received.is_new or received.state == NoticeState.REPEATED:
        caught.known += 1
    elif received.state == NoticeState.UNDERSTOOD:
        caught.new += 1
    else:
        caught.unreadable += 1


def _has(session: Session, stream: str, key: str | None, order: list[int]) -> bool:
    """Whether we have the notice of that place in that sequence, in whatever encoding."""
    query = select(ReceivedNotice.document["event_key"].as_string()).where(
        ReceivedNotice.stream == stream,
        ReceivedNotice.order[1:2] == order[:2],
        ReceivedNotice.state == NoticeState.UNDERSTOOD,
    )
    return key in session.scalars(query).all()


def _get_json(fetch: Fetch, url: str) -> dict[str, Any]:
    try:
        document = json.loads(_get(fetch, url))
    except (ValueError, RecursionError) as err:
        raise ArchiveUnreadable(f"{url} is no JSON: {err}") from err
    if not isinstance(document, dict):
        raise ArchiveUnreadable(f"{url} is no JSON object")
    return document


def _get(fetch: Fetch, url: str) -> bytes:
    try:
        return fetch(url).content
    except (FetchFailed, FetchRefused) as err:
        raise ArchiveUnreadable(f"{url}: {err}") from err
