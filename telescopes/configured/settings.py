"""How an operator describes a robot that speaks HTTP and JSON; see `docs/telescopes.md`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from telescopes.configured.templates import ConfigurationInvalid, check_template, places_of
from telescopes.file_faults import first_fault

CREDENTIALS = ("token", "username", "password")
"""Fields of the headers."""

PLAN = ("name", "program", "pi", "start", "end", "start_mjd", "end_mjd", "exposures")
"""Fields of the body of a submission."""

EXPOSURE = (
    *("number", "field_id", "ra", "dec", "filter", "exposure_time", "start", "start_mjd"),
    *("end", "end_mjd", "airmass_limit"),
)
"""Fields of one exposure: deg, s, ISO 8601 UTC, MJD; it may begin from start to end."""


def _template(place: str, *known: str) -> AfterValidator:
    """See that the template at a place of the file names known fields only."""

    def check(template: Any) -> Any:
        check_template(place, template, known)
        return template

    return AfterValidator(check)


def _path(place: str, *known: str) -> AfterValidator:
    """See that there is a template of a path at a place of the file."""

    def check(path: str) -> str:
        if not path.startswith("/") or any(letter.isspace() for letter in path):
            raise ConfigurationInvalid(f"{place}: {path!r} is no path: it begins with /")
        check_template(place, path, known)
        return path

    return AfterValidator(check)


def _checked_body(body: Any) -> Any:
    places = places_of(body, "{exposures}")
    if len(places) != 1 or not places[0]:
        raise ConfigurationInvalid('submit.body: "{exposures}" must stand in it, and once')
    return body


def _checked_headers(headers: Any) -> Any:
    for key, value in headers.items():
        if not isinstance(value, str):
            # It is not shown: it may be a credential.
            raise ConfigurationInvalid(f"headers.{key}: a text is wanted")
    check_template("headers", headers, CREDENTIALS)
    return headers


class _Table(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Submit(_Table):
    """How a queue is sent."""

    path: Annotated[str, _path("submit.path", "name")]
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    body: Annotated[Any, _template("submit.body", *PLAN), AfterValidator(_checked_body)]
    """Template of the body."""

    exposure: Annotated[Any, _template("submit.exposure", *EXPOSURE)]
    """Template of each of its exposures."""

    @property
    def exposures_at(self) -> str:
        """Dotted path of the exposures in the body."""
        return places_of(self.body, "{exposures}")[0]


class Listing(_Table):
    """How queues are listed, and where in the answer things are: dotted paths."""

    path: Annotated[str, _path("list.path")]
    items: str = ""
    """The list of queues in the answer."""

    name: str
    """The name in a queue; the following ones likewise."""

    exposures: str
    start: str = ""
    """Empty: it is not told; likewise the end."""

    end: str = ""


class Delete(_Table):
    """How a queue is removed."""

    path: Annotated[str, _path("delete.path", "name")]
    method: Literal["DELETE", "POST", "PUT", "PATCH"] = "DELETE"
    body: Annotated[Any, _template("delete.body", "name")] = None


class Good(_Table):
    """What stands where in a good answer to a change, if the status is not enough."""

    path: str
    value: Any


class Executed(_Table):
    """Where exposures that were taken are told."""

    path: Annotated[str, _path("executed.path", "start", "end")]
    items: str = ""


class Configuration(_Table):
    """A robot's interface."""

    submit: Submit
    listing: Listing = Field(alias="list")
    delete: Delete
    ok: Good | None = None
    executed: Executed | None = None
    headers: Annotated[dict[str, Any], AfterValidator(_checked_headers)] = {}
    """Templates of header fields."""

    filters: dict[str, Any] = {}
    """What the robot calls filters that it calls otherwise."""


def read_configuration(path: Path) -> Configuration:
    """Read the description of a robot.

    Raises
    ------
    ConfigurationInvalid
        If it cannot be used; the message names the file, the place in it and the reason.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigurationInvalid(f"{path} cannot be read: {err.strerror}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigurationInvalid(f"{path} is not TOML: {err}") from err
    try:
        return Configuration.model_validate(document)
    except ValidationError as err:
        raise ConfigurationInvalid(f"{path}: {_first_error(err)}") from err


def _first_error(err: ValidationError) -> str:
    """The first fault with its place."""
    fault = first_fault(err, Configuration)
    if fault.kind == "value_error":
        return fault.message
    is_table = fault.kind == "missing" and len(fault.place) == 1
    message = fault.message.replace("missing", "a table is wanted") if is_table else fault.message
    return f"{'.'.join(fault.place)}: {message}"
