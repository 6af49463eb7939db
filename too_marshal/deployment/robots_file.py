"""The robots file: one entry a telescope, credentials by reference only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from astropy import units as u
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telescopes import TELESCOPES
from telescopes.entries import Entry
from telescopes.file_faults import first_fault, nearest
from telescopes.protocols.endpoint import Endpoint, credentials
from telescopes.queues import QUEUES, endpoint_model, protocols_of
from too_marshal.deployment.credentials import CredentialInvalid, credential
from too_marshal.deployment.logs import redact
from too_marshal.deployment.settings import SettingInvalid
from too_marshal.deployment.toml_files import read_tables

REFERENCES = ("_file", "_env")
"""What is appended to the key of a credential to name a file or a variable."""

_Word = Annotated[str, Field(min_length=1)]


class RobotFields(BaseModel):
    """What every entry says, whatever the robot."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)

    program: Annotated[_Word, Entry("Program", detail="charged, unless a rule says another")]
    pi: Annotated[_Word, Entry("Principal investigator")]
    simulated: Annotated[
        bool, Entry("Simulated", detail="true only where the address is a simulator's")
    ] = False
    nightly_budget: Annotated[
        float | None,
        Entry("Telescope time that may be asked for in one night", unit=u.s, least=1, most=57600),
    ] = None
    automatic: Annotated[bool, Entry("Automatic", detail="rules may submit without a person")] = (
        False
    )


@dataclass(frozen=True)
class Robot:
    """How one telescope's robot is reached, and whose time it charges."""

    endpoint: Mapping[str, Any] = field(repr=False)
    """Address and credentials, as `telescopes.queues.open_queue` takes them."""

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


class _Wrong(Exception):
    """Something is wrong with one key, or with the entry as a whole if there is no key."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f", key {key}: {what}" if key else f": {what}")


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
    tables = read_tables(path, "the robots file")
    return {name: read_robot(str(path), name, table, environ) for name, table in tables.items()}


def read_robot(
    source: str, telescope: str, table: Any, environ: Mapping[str, str] | None = None
) -> Robot:
    """Read the entry of one telescope.

    Parameters
    ----------
    source
        Where it stands, as messages name it.
    telescope, table
        Its name and its keys.
    environ
        Where variables are looked up; the process's own environment if None.

    Raises
    ------
    SettingInvalid
        If something cannot be used; the message names source, table and key, and no credential.
    """
    where = f"{source}, table {telescope}"
    if not isinstance(table, Mapping):
        raise SettingInvalid(f"{where}: not a table but a value")
    try:
        return _robot(telescope, table, os.environ if environ is None else environ)
    except _Wrong as err:
        raise SettingInvalid(f"{where}{err}") from None


def _robot(telescope: str, table: Mapping[str, Any], environ: Mapping[str, str]) -> Robot:
    protocol = _protocol(telescope, table)
    common = _common(
        {key: value for key, value in table.items() if key in RobotFields.model_fields}
    )
    own = {key: table[key] for key in table if key not in {*RobotFields.model_fields, "protocol"}}
    endpoint = _with_credentials(own, endpoint_model(telescope, protocol), environ)
    _try(telescope, protocol, endpoint)
    return Robot(
        endpoint={"protocol": protocol, **endpoint},
        is_simulated=common.simulated,
        program=common.program,
        pi=common.pi,
        nightly_budget=None if common.nightly_budget is None else common.nightly_budget * u.s,
        allows_automatic=common.automatic,
    )


def _protocol(telescope: str, table: Mapping[str, Any]) -> str:
    ways = protocols_of(telescope)
    if not ways:
        names = list(dict.fromkeys(name for name, _ in QUEUES))
        known = ", ".join(names) + nearest(telescope, names)
        raise _Wrong("", f"no queue of this telescope; there is {known}")
    protocol = table.get("protocol", ways[0])
    if protocol not in ways:
        raise _Wrong("protocol", f"must be one of {', '.join(ways)}")
    return str(protocol)


def _common(table: Mapping[str, Any]) -> RobotFields:
    try:
        return RobotFields.model_validate(table)
    except ValidationError as err:
        fault = first_fault(err, RobotFields)
        raise _Wrong(fault.place[0], fault.message) from None


def _with_credentials(
    table: Mapping[str, Any], model: type[Endpoint], environ: Mapping[str, str]
) -> dict[str, Any]:
    """What the entry says of the way, with credentials in place of their references."""
    references = {f"{name}{ending}": name for name in credentials(model) for ending in REFERENCES}
    fields: dict[str, Any] = {}
    for key, value in table.items():
        if key in references.values():
            raise _Wrong(key, f"a credential is not written here: use {_written(key, model)}")
        if isinstance(value, Mapping | list):
            raise _Wrong(key, "must be a text or a number")
        name = references.get(key, key)
        if name in fields:
            raise _Wrong(key, f"{name} is given twice")
        fields[name] = value if name == key else _credential(key, value, environ)
    return fields


def _credential(key: str, reference: Any, environ: Mapping[str, str]) -> str:
    if not isinstance(reference, str):
        raise _Wrong(key, "must be a text")
    try:
        return credential(key, reference, environ)
    except CredentialInvalid as err:
        raise _Wrong(key, str(err)) from None


def _try(telescope: str, protocol: str, endpoint: Mapping[str, Any]) -> None:
    """Open the queue once."""
    model = endpoint_model(telescope, protocol)
    try:
        model.model_validate(endpoint).open(TELESCOPES[telescope])
    except ValidationError as err:
        key, what = _own_fault(err, model, protocol)
        raise _Wrong(key, what) from None
    except ValueError as err:
        raise _Wrong("", f"cannot be used: {redact(str(err))}") from None


def _own_fault(err: ValidationError, model: type[Endpoint], protocol: str) -> tuple[str, str]:
    """Key and reason, as they stand in the file."""
    fault = first_fault(err, model)
    key = fault.place[0]
    match fault.kind:
        case "extra_forbidden":
            known = ["protocol", *(_written(name, model) for name in model.model_fields)]
            every = [*RobotFields.model_fields, *_keys(model)]
            message = f"not used by the protocol {protocol}, which reads {', '.join(known)}"
            return key, message + nearest(key, every)
        case "missing":
            return _written(key, model), fault.message
        case _:
            return _written(key, model), f"cannot be used: {redact(fault.message)}"


def _keys(model: type[Endpoint]) -> Iterable[str]:
    """Every key that an entry may have for a way."""
    yield "protocol"
    for name in model.model_fields:
        yield from _written(name, model).split(" or ")


def _written(key: str, model: type[Endpoint]) -> str:
    """How a key of an endpoint is written in the file."""
    if key in credentials(model):
        return " or ".join(f"{key}{ending}" for ending in REFERENCES)
    return key
