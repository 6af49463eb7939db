"""What is known of a packet before it is read, and how a format is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from counterparts.packets.alert import Alert


@dataclass(frozen=True)
class Shape:
    """What tells one format from another.

    Parameters
    ----------
    name
        Full name of the Avro schema; empty where there is none.
    members
        Names of the members of the packet.
    inner
        Names of the members of each record in the packet, by the record's own name.
    version
        What the schema says of itself, if the packet does not.
    """

    name: str
    members: frozenset[str]
    inner: Mapping[str, frozenset[str]]
    version: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any], version: str | None = None) -> Shape:
        """Give the shape of a record that came without a schema."""
        inner = {
            name: frozenset(value) for name, value in record.items() if isinstance(value, dict)
        }
        return cls("", frozenset(record), inner, version)

    def has(self, *members: str) -> bool:
        """Tell whether the packet has all of these members."""
        return self.members.issuperset(members)

    def holds(self, record: str, *members: str) -> bool:
        """Tell whether a record in the packet has all of these members."""
        return self.inner.get(record, frozenset()).issuperset(members)


class Reads(Protocol):
    """Makes an alert of a record."""

    def __call__(self, record: Mapping[str, Any], shape: Shape, /, *, is_whole: bool) -> Alert:
        """Read one record; PacketInvalid if it cannot become an alert."""


@dataclass(frozen=True)
class PacketFormat:
    """How the packets of a survey or a broker are recognized and read.

    Parameters
    ----------
    name
        For messages.
    recognizes
        Whether a packet of this shape is one of these.
    read
        Makes the alert.
    head
        Members that are needed for all but histories and cutouts.
    """

    name: str
    recognizes: Callable[[Shape], bool]
    read: Reads
    head: tuple[str, ...]
