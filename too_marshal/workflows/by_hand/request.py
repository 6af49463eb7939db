"""What a person says of an event: the one description behind the page, the API and the command."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from too_marshal.db.base import now
from too_marshal.db.events import normalized_name
from too_marshal.notices.formats.times import TimeUnreadable, parse_utc
from too_marshal.notices.others.by_hand import SourceKind

MAX_CORNERS = 1000
MAX_FILE_SIZE = 32 << 20
MAX_AHEAD = timedelta(minutes=10)
"""A clock may be a little fast; what is to come has not been seen."""

LOCATIONS = ("radius", "corners", "map_file", "moc_file")
"""Ways of saying where the source is; one at the most."""


def _utc(value: Any) -> Any:
    """A time as astronomers write it: without a zone it is UTC."""
    if not isinstance(value, str):
        return value
    try:
        return parse_utc(value.strip()).time
    except TimeUnreadable as err:
        raise ValueError(f"{value[:60]!r} is no time: give the date and time in UTC") from err


def _file(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as err:
        raise ValueError("a file is given as base64") from err


File = Annotated[bytes, BeforeValidator(_file), Field(min_length=1, max_length=MAX_FILE_SIZE)]


class EventByHand(BaseModel):
    """An event as a person enters it; angles in deg."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=40, description="what people call it")
    event_time: Annotated[AwareDatetime, BeforeValidator(_utc)] = Field(
        description="T0: when the source was seen (UTC)"
    )
    source_kind: SourceKind = Field(SourceKind.OTHER, description="what it is")
    is_test: bool = Field(False, description="nothing real may follow from it")  # noqa: FBT003
    ra: float | None = Field(None, ge=0, le=360, description="right ascension (ICRS), deg")
    dec: float | None = Field(None, ge=-90, le=90, description="declination (ICRS), deg")
    radius: float | None = Field(
        None, gt=0, le=180, description="of the circle, or the ellipse's semi-major axis, deg"
    )
    semi_minor: float | None = Field(None, gt=0, le=180, description="of an ellipse, deg")
    position_angle: float = Field(
        0.0, ge=-360, le=360, description="of the major axis, east of north, deg"
    )
    corners: list[tuple[float, float]] | None = Field(
        None, min_length=3, max_length=MAX_CORNERS, description="RA and Dec of a polygon's, deg"
    )
    map_file: File | None = Field(None, description="FITS sky map, base64 in JSON")
    moc_file: File | None = Field(None, description="MOC (FITS, ASCII, JSON), base64 in JSON")
    containment: float = Field(
        0.9, gt=0, lt=1, description="probability inside the circle, ellipse, polygon or MOC"
    )
    told_by: str = Field("", max_length=200, description="where this is from, as GCN Circ. 12345")
    comment: str = Field("", max_length=600, description="what else there is to say")

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if not name.isascii() or not name.isprintable() or not normalized_name(name):
            raise ValueError("give a name in plain ASCII, with letters or digits")
        return " ".join(name.split())

    @field_validator("event_time")
    @classmethod
    def _has_been_seen(cls, time: datetime) -> datetime:
        if time > now() + MAX_AHEAD:
            raise ValueError(f"{time:%Y-%m-%d %H:%M} UTC is still to come")
        return time.astimezone(UTC)

    @model_validator(mode="after")
    def _is_one_location(self) -> EventByHand:
        given = [name for name in LOCATIONS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: one location at a time")
        if (self.ra is None) != (self.dec is None):
            raise ValueError("a position has both ra and dec")
        if self.radius is not None and self.ra is None:
            raise ValueError("a radius needs ra and dec")
        if self.semi_minor is not None and (self.radius is None or self.semi_minor > self.radius):
            raise ValueError("semi_minor is that of an ellipse whose radius is no smaller")
        return self


class EventInvalid(ValueError):
    """What was said cannot be used; the message is for the person."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(
            "; ".join(f"{name}: {text}" if name else text for name, text in errors.items())
        )
        self.errors = errors
        """What is wrong, by field; the empty name: of all together."""


def checked(values: dict[str, Any]) -> EventByHand:
    """What was said, if it can be used.

    Raises
    ------
    EventInvalid
        If it cannot; every wrong field is named.
    """
    try:
        return EventByHand.model_validate(values)
    except ValidationError as err:
        errors: dict[str, str] = {}
        for fault in err.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0]) if fault["loc"] else ""
            errors.setdefault(name, fault["msg"].removeprefix("Value error, "))
        raise EventInvalid(errors) from err


def document_of(said: EventByHand, *, by: str, at: datetime, key: str) -> dict[str, Any]:
    """Members of the notice that says it, but for what kind of notice it is."""
    axes = [said.radius, said.semi_minor, said.position_angle]
    members = {
        "entered_by": by,
        "source_kind": said.source_kind.value,
        "id": [key],
        "event_name": [said.name],
        "alert_datetime": at.isoformat(),
        "alert_tense": "test" if said.is_test else "current",
        "trigger_time": said.event_time.isoformat(),
        # Missions write (0, 0) where they know no position; a person means it.
        "ra": 360.0 if said.ra == 0 else said.ra,
        "dec": said.dec,
        "ra_dec_error": axes[:1] if said.semi_minor is None else axes,
        "systematic_included": True,
        "rectangular_error_corners": said.corners,
        "healpix_file": _text(said.map_file),
        "moc_file": _text(said.moc_file),
        "containment_probability": said.containment,
        "told_by": said.told_by,
        "comment": said.comment,
    }
    return {name: value for name, value in members.items() if value not in (None, "", [None])}


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")


def payload_of(document: dict[str, Any]) -> bytes:
    """The notice as it is kept."""
    return json.dumps(document, sort_keys=True).encode()
