"""How an operator describes a robot that speaks HTTP and JSON; see `docs/telescopes.md`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telescopes.configured.templates import ConfigurationInvalid, check_template, places_of

CREDENTIALS = ("token", "username", "password")
"""Fields of the headers."""

PLAN = ("name", "program", "pi", "start", "end", "start_mjd", "end_mjd", "exposures")
"""Fields of the body of a submission."""

EXPOSURE = (
    *("number", "field_id", "ra", "dec", "filter", "exposure_time", "start", "start_mjd"),
    *("end", "end_mjd", "airmass_limit"),
)
"""Fields of one exposure: deg, s, ISO 8601 UTC, MJD; it may begin from start to end."""

_WRITES = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Configuration:
    """A robot's interface."""

    submit_method: str
    submit_path: str
    body: Any
    """Template of the body of a submission."""

    exposure: Any
    """Template of each of its exposures."""

    exposures_at: str
    """Dotted path of the exposures in the body."""

    list_path: str
    list_items: str
    """Dotted path of the list of queues in the answer."""

    list_name: str
    """Dotted path of the name in a queue; the following ones likewise."""

    list_exposures: str
    list_start: str | None
    list_end: str | None
    delete_method: str
    delete_path: str
    delete_body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    """Templates of header fields."""

    ok_path: str | None = None
    ok_value: Any = None
    """What stands at a dotted path of a good answer to a change, if the status is not enough."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    """What the robot calls filters that it calls otherwise."""

    executed_path: str | None = None
    executed_items: str = ""
    """Where exposures that were taken are told, if they are."""


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
        return _configuration(_Part("", document))
    except ConfigurationInvalid as err:
        raise ConfigurationInvalid(f"{path}: {err}") from err


def _configuration(top: _Part) -> Configuration:
    submit, listing, delete = (top.part(name) for name in ("submit", "list", "delete"))
    ok, executed = top.part("ok", optional=True), top.part("executed", optional=True)
    body = submit.template("body", PLAN)
    places = places_of(body, "{exposures}")
    if len(places) != 1 or not places[0]:
        raise ConfigurationInvalid('submit.body: "{exposures}" must stand in it, and once')
    configuration = Configuration(
        submit_method=submit.method("POST", _WRITES),
        submit_path=submit.path("path", ("name",)),
        body=body,
        exposure=submit.template("exposure", EXPOSURE),
        exposures_at=places[0],
        list_path=listing.path("path", ()),
        list_items=listing.text("items", ""),
        list_name=listing.text("name"),
        list_exposures=listing.text("exposures"),
        list_start=listing.text("start", "") or None,
        list_end=listing.text("end", "") or None,
        delete_method=delete.method("DELETE", ("DELETE", *_WRITES)),
        delete_path=delete.path("path", ("name",)),
        delete_body=delete.template("body", ("name",), None),
        headers=top.texts("headers", CREDENTIALS),
        ok_path=ok.text("path") if ok.is_there else None,
        ok_value=ok.value("value") if ok.is_there else None,
        filters=top.values("filters"),
        executed_path=executed.path("path", ("start", "end")) if executed.is_there else None,
        executed_items=executed.text("items", "") if executed.is_there else "",
    )
    for part in (submit, listing, delete, ok, executed, top):
        part.check_empty()
    return configuration


class _Part:
    """A table of the file; what is taken from it is no longer in it."""

    def __init__(self, where: str, table: Mapping[str, Any] | None) -> None:
        self.is_there = table is not None
        self._where = where
        self._left = dict(table or {})

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def part(self, name: str, *, optional: bool = False) -> _Part:
        table = self._left.pop(name, None)
        if table is None and optional:
            return _Part(self._place(name), None)
        if not isinstance(table, Mapping):
            raise ConfigurationInvalid(f"{self._place(name)}: a table is wanted")
        return _Part(self._place(name), table)

    def value(self, name: str) -> Any:
        if name not in self._left:
            raise ConfigurationInvalid(f"{self._place(name)}: missing")
        return self._left.pop(name)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value(name) if default is None else self._left.pop(name, default)
        if not isinstance(value, str):
            raise ConfigurationInvalid(f"{self._place(name)}: a text is wanted, not {value!r}")
        return value

    def method(self, default: str, allowed: tuple[str, ...]) -> str:
        method = self.text("method", default)
        if method not in allowed:
            words = f"{method!r} is none of {', '.join(allowed)}"
            raise ConfigurationInvalid(f"{self._place('method')}: {words}")
        return method

    def path(self, name: str, known: tuple[str, ...]) -> str:
        path = self.text(name)
        if not path.startswith("/") or any(letter.isspace() for letter in path):
            raise ConfigurationInvalid(
                f"{self._place(name)}: {path!r} is no path: it begins with /"
            )
        check_template(self._place(name), path, known)
        return path

    def template(self, name: str, known: tuple[str, ...], *default: Any) -> Any:
        template = self._left.pop(name, *default) if default else self.value(name)
        check_template(self._place(name), template, known)
        return template

    def values(self, name: str) -> dict[str, Any]:
        table = self._left.pop(name, {})
        if not isinstance(table, Mapping):
            raise ConfigurationInvalid(f"{self._place(name)}: a table is wanted")
        return dict(table)

    def texts(self, name: str, known: tuple[str, ...]) -> dict[str, str]:
        table = self.values(name)
        for key, value in table.items():
            if not isinstance(value, str):
                raise ConfigurationInvalid(f"{self._place(name)}.{key}: a text is wanted")
            check_template(f"{self._place(name)}.{key}", value, known)
        return table

    def check_empty(self) -> None:
        if self._left:
            where = self._place(next(iter(self._left)))
            raise ConfigurationInvalid(f"{where}: nothing of this name is known")
