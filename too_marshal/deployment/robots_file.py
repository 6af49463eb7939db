"""The robots file: one table a telescope, credentials by reference only."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astropy import units as u

from telescopes.queues import QUEUES, Endpoint, open_queue
from too_marshal.deployment.logs import keep_secret, redact
from too_marshal.deployment.settings import SettingInvalid

CREDENTIALS = ("token", "password", "depot_password")
"""Keys of an endpoint that hold a credential: they come from a file or a variable."""

REFERENCES = ("_file", "_env")

_NIGHT = 16 * 3600.0
"""No night is longer, s."""


@dataclass(frozen=True)
class Robot:
    """How one telescope's robot is reached, and whose time it charges."""

    endpoint: Endpoint = field(repr=False)
    """Address and credentials."""

    is_simulated: bool
    """Whether it is a simulator."""

    program: str
    """Observing program, unless a rule says another."""

    pi: str
    """Principal investigator."""

    nightly_budget: u.Quantity[u.physical.time] | None = None
    """Telescope time that may be asked for in one night; None: no limit."""

    allows_automatic: bool = False
    """Whether a rule may submit to it without a person."""


def read_robots(path: Path, environ: Mapping[str, str] | None = None) -> dict[str, Robot]:
    """Read the robots of a deployment; nothing is sent to any.

    Parameters
    ----------
    path
        A TOML file, as the operator's guide describes it.
    environ
        Where variables are looked up; the process's own environment if None.

    Raises
    ------
    SettingInvalid
        If something cannot be used; the message names file, table and key, and no credential.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise SettingInvalid(f"the robots file {path} cannot be read: {err.strerror}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise SettingInvalid(f"the robots file {path} is not TOML: {err}") from err
    robots = {}
    for name, table in tables.items():
        where = f"{path}, table {name}"
        if not isinstance(table, dict):
            raise SettingInvalid(f"{where}: not a table but a value")
        robots[name] = _Table(where, table, environ or os.environ).robot(name)
    return robots


class _Table:
    """One table; what is taken from it is no longer in it."""

    def __init__(self, where: str, table: dict[str, Any], environ: Mapping[str, str]) -> None:
        self._where = where
        self._left = dict(table)
        self._environ = environ

    def robot(self, telescope: str) -> Robot:
        """The robot that it describes."""
        budget = self._number("nightly_budget", _NIGHT)
        robot = Robot(
            is_simulated=self._truth("simulated"),
            program=self._text("program"),
            pi=self._text("pi"),
            nightly_budget=None if budget is None else budget * u.s,
            allows_automatic=self._truth("automatic"),
            endpoint=self._endpoint(),
        )
        self._try(telescope, robot.endpoint)
        return robot

    def _wrong(self, key: str, what: str) -> SettingInvalid:
        return SettingInvalid(f"{self._where}, key {key}: {what}")

    def _text(self, key: str) -> str:
        if key not in self._left:
            raise self._wrong(key, "missing")
        value = self._left.pop(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "must be a text")
        return value

    def _truth(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "must be true or false")
        return value

    def _number(self, key: str, most: float) -> float | None:
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise self._wrong(key, f"must be a number of seconds, above 0, at most {most:g}")
        return float(value)

    def _endpoint(self) -> dict[str, Any]:
        endpoint: dict[str, Any] = {}
        for key, value in self._left.items():
            if key in CREDENTIALS:
                raise self._wrong(
                    key, f"a credential is not written here: use {key}_file or {key}_env"
                )
            if isinstance(value, dict | list):
                raise self._wrong(key, "must be a text or a number")
            credential = next((name for name in CREDENTIALS if key in _referring(name)), None)
            if credential is None:
                endpoint[key] = value
            elif credential in endpoint:
                raise self._wrong(key, f"{credential} is given twice")
            else:
                endpoint[credential] = self._credential(key, value)
        return endpoint

    def _credential(self, key: str, reference: Any) -> str:
        if not isinstance(reference, str):
            raise self._wrong(key, "must be a text")
        if key.endswith("_env"):
            value = self._environ.get(reference, "")
        else:
            try:
                value = Path(reference).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as err:
                raise self._wrong(key, f"{reference} cannot be read ({_why(err)})") from None
        if not value:
            raise self._wrong(key, f"{reference} is empty or not set")
        keep_secret(value)
        return value

    def _try(self, telescope: str, endpoint: Mapping[str, Any]) -> None:
        """Open the queue once: it tells which keys it wants, and which it never looks at."""
        ways = [protocol for name, protocol in QUEUES if name == telescope]
        if not ways:
            known = ", ".join(dict.fromkeys(name for name, _ in QUEUES))
            raise SettingInvalid(f"{self._where}: no queue of this telescope; there is {known}")
        protocol = endpoint.get("protocol", ways[0])
        if protocol not in ways:
            raise self._wrong("protocol", f"must be one of {', '.join(ways)}")
        seen = _Watched(endpoint)
        try:
            open_queue(telescope, seen)
        except KeyError as err:
            raise self._wrong(_written(str(err.args[0])), "missing") from None
        except (ValueError, TypeError, LookupError) as err:
            raise self._wrong(_written(seen.last), f"cannot be used: {redact(str(err))}") from None
        for key in endpoint:
            if key not in seen.asked:
                known = ", ".join(_written(name) for name in sorted(seen.asked))
                raise self._wrong(
                    _written(key), f"not used by the protocol {protocol}, which reads {known}"
                )


class _Watched(Mapping[str, Any]):
    """An endpoint that remembers what it is asked for."""

    def __init__(self, endpoint: Mapping[str, Any]) -> None:
        self._endpoint = endpoint
        self.asked = {"protocol"}
        self.last = "protocol"

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        self.last = key
        return self._endpoint[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._endpoint)

    def __len__(self) -> int:
        return len(self._endpoint)


def _referring(credential: str) -> list[str]:
    return [f"{credential}{ending}" for ending in REFERENCES]


def _written(key: str) -> str:
    """How a key of an endpoint is written in the file."""
    return " or ".join(_referring(key)) if key in CREDENTIALS else key


def _why(err: OSError | UnicodeDecodeError) -> str:
    return err.strerror or "unreadable" if isinstance(err, OSError) else "not text"
