"""Times as text: ISO 8601 in UTC."""

from __future__ import annotations

from astropy.time import Time


def time_from_json(text: object) -> Time:
    """Read an ISO 8601 time; it is UTC, with or without a Z.

    Raises
    ------
    ValueError
        If it is no time.
    """
    if not isinstance(text, str):
        raise ValueError(f"not a time: {text!r}")  # noqa: TRY004 - to pydantic it is a value
    try:
        return Time(text.removesuffix("Z").removesuffix("+00:00"), scale="utc")
    except ValueError as err:
        raise ValueError(f"not a time: {text!r}") from err
