"""Times as text, one way everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

from astropy.time import Time


def iso(when: Time | datetime) -> str:
    """ISO 8601 in UTC to the millisecond, with a Z; a `datetime` must have a zone."""
    if isinstance(when, datetime):
        text = when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    else:
        text = str(when.utc.isot)
    return f"{text}Z"
