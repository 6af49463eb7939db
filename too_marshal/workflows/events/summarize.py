"""What an event's notices, taken together, say of it. Pure: documents in, columns out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from too_marshal.notices.formats.classic import TIME_REPAIRED
from too_marshal.notices.formats.unified import UNKNOWN_KIND
from too_marshal.notices.notice import UNREAL_ROLES, Kind

Document = dict[str, Any]
"""A notice as `notices.notice_json` writes it."""

TIME_OF_OBSERVATION = "time is of the observation"
"""Flag of a notice whose time is that of its own data, not that of the source."""

_DISTRUSTED_TIMES = (TIME_OF_OBSERVATION, TIME_REPAIRED)

_MAX_NAMES = 64


def summary(key: str, documents: Sequence[Document], lent: Sequence[str] = ()) -> Document:
    """Derive an event's columns from all its notices.

    Parameters
    ----------
    key
        The mission's own identifier.
    documents
        Notices of the event's own stream, in the mission's own order; one at least.
    lent
        Names that circulars give it.

    Returns
    -------
    dict
        A value for each derived column of `db.events.Event`.
    """
    primary = [document for document in documents if not is_information(document)] or list(
        documents
    )
    last = primary[-1]
    # A word that we do not know neither takes an event back nor gives it back.
    standing = next((one for one in reversed(primary) if not _is_of_unknown_kind(one)), last)
    own = {alias for document in primary for alias in document.get("aliases", [])}
    return {
        "kind": standing["kind"],
        "type_name": last.get("type_name", ""),
        "is_retracted": standing["kind"] == Kind.RETRACTION.value,
        # One real notice makes the event real: a test notice may not hide it.
        "is_test": all(is_test(document) for document in primary),
        "name": _last(primary, "name") or key,
        "event_time": _event_time(primary),
        "far": _last(primary, "far"),
        "is_significant": _last(primary, "significant"),
        "classification": _last(primary, "classification") or {},
        "properties": _last(primary, "properties") or {},
        "attributes": {
            name: value
            for document in documents
            for name, value in document.get("attributes", {}).items()
        },
        "flags": sorted(last.get("flags", [])),
        "links": {
            label: url for document in documents for label, url in document.get("links", {}).items()
        },
        "aliases": sorted(own | set(lent))[:_MAX_NAMES],
    }


def is_information(document: Document) -> bool:
    """Whether the notice tells of an event and does not alter its standing."""
    return bool(document["kind"] == Kind.INFORMATION.value)


def _is_of_unknown_kind(document: Document) -> bool:
    return any(flag.startswith(UNKNOWN_KIND) for flag in document.get("flags", []))


def is_test(document: Document) -> bool:
    """Whether nothing real may follow from the notice."""
    return document["kind"] == Kind.TEST.value or document.get("role") in UNREAL_ROLES


def _last(documents: Sequence[Document], name: str) -> Any:
    """Latest word on `name`: a retraction, say, tells no distance, and does not erase it."""
    for document in reversed(documents):
        value = document.get(name)
        if value not in (None, {}, [], ""):
            return value
    return None


def _event_time(documents: Sequence[Document]) -> datetime | None:
    """Latest word on the time of the source, from the notices that can be trusted for it."""

    def distrust(document: Document) -> int:
        flags = document.get("flags", [])
        return max((flags.count(flag) * (3 - rank) for rank, flag in enumerate(_DISTRUSTED_TIMES)))

    timed = [document for document in documents if document.get("event_time")]
    if not timed:
        return None
    return datetime.fromisoformat(min(reversed(timed), key=distrust)["event_time"])
