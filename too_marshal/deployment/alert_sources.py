"""The file of alert sources: one entry a stream of packets, credentials by reference only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from telescopes.file_faults import first_fault
from too_marshal.deployment.credentials import CredentialInvalid, credential
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.deployment.toml_files import read_tables

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_REFERENCES = ("password_file", "password_env")
_Word = Annotated[str, Field(min_length=1)]


class SourceFields(BaseModel):
    """What an entry says."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    servers: _Word
    topics: Annotated[list[_Word], Field(min_length=1)]
    group: _Word = "too-marshal"
    username: str = ""
    password_file: str = ""
    password_env: str = ""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    tls: bool | None = None

    @field_validator("topics")
    @classmethod
    def _can_be_read(cls, topics: list[str]) -> list[str]:
        for topic in topics:
            try:
                re.compile(topic if topic.startswith("^") else "")
            except re.error as err:
                raise ValueError(f"{topic!r} is no pattern: {err}") from None
        return topics


@dataclass(frozen=True)
class AlertSource:
    """A Kafka cluster that sends alert packets."""

    name: str
    """As the operator calls it; its offsets are kept under it."""

    servers: str
    """host:port, separated by commas."""

    topics: tuple[str, ...]
    """Names of topics; one that begins with ^ is a pattern of names."""

    group: str = "too-marshal"
    """Of the processes that share its partitions."""

    username: str = ""
    """Empty: nobody asks who reads."""

    password: str = field(default="", repr=False)
    """Of that account."""

    mechanism: str = "SCRAM-SHA-512"
    """Of SASL."""

    tls: bool = False
    """Whether the connection is encrypted."""

    def wanted(self, names: Iterable[str]) -> frozenset[str]:
        """Those of some topics that are to be read."""
        return frozenset(name for name in names if any(_fits(name, each) for each in self.topics))


def _fits(name: str, topic: str) -> bool:
    is_pattern = topic.startswith("^")
    return re.search(topic, name) is not None if is_pattern else name == topic


def alert_sources(settings: Settings) -> dict[str, AlertSource]:
    """Sources of a deployment by name; none without a file, and none in a rehearsal.

    Raises
    ------
    SettingInvalid
        As `read_alert_sources` does.
    """
    if settings.rehearsal or not settings.alert_sources_file:
        return {}
    return read_alert_sources(Path(settings.alert_sources_file))


def read_alert_sources(
    path: Path, environ: Mapping[str, str] | None = None
) -> dict[str, AlertSource]:
    """Read the sources of alerts; nobody is connected to.

    Parameters
    ----------
    path
        A TOML file, as docs/alerts.md describes it.
    environ
        Where variables are looked up; the process's own environment if None.

    Raises
    ------
    SettingInvalid
        If something cannot be used; the message names file, table and key, and no credential.
    """
    tables = read_tables(path, "the file of alert sources")
    environ = os.environ if environ is None else environ
    return {name: _source(f"{path}, table {name}", name, tables[name], environ) for name in tables}


def _source(where: str, name: str, table: Any, environ: Mapping[str, str]) -> AlertSource:
    if not _NAME.fullmatch(name):
        raise SettingInvalid(f"{where}: a name has up to 30 small letters, digits and -")
    if not isinstance(table, Mapping):
        raise SettingInvalid(f"{where}: not a table but a value")
    if "password" in table:
        keys = " or ".join(_REFERENCES)
        raise SettingInvalid(f"{where}, key password: it is not written here: use {keys}")
    try:
        fields = SourceFields.model_validate(dict(table))
    except ValidationError as err:
        fault = first_fault(err, SourceFields)
        raise SettingInvalid(f"{where}, key {fault.place[0]}: {fault.message}") from None
    return AlertSource(
        name=name,
        servers=fields.servers,
        topics=tuple(fields.topics),
        group=fields.group,
        username=fields.username,
        password=_password(where, fields, environ),
        mechanism=fields.mechanism,
        tls=bool(fields.username) if fields.tls is None else fields.tls,
    )


def _password(where: str, fields: SourceFields, environ: Mapping[str, str]) -> str:
    given = [key for key in _REFERENCES if getattr(fields, key)]
    if len(given) > 1:
        raise SettingInvalid(f"{where}, key {given[1]}: the password is given twice")
    if bool(given) != bool(fields.username):
        missing = "username" if given else " or ".join(_REFERENCES)
        raise SettingInvalid(f"{where}: {missing} is missing")
    if not given:
        return ""
    try:
        return credential(given[0], getattr(fields, given[0]), environ)
    except CredentialInvalid as err:
        raise SettingInvalid(f"{where}, key {given[0]}: {err}") from None
