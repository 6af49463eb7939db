"""What stands behind the candidate: lists of what came before, and images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from counterparts.packets.alert import Measurement, PacketInvalid
from counterparts.packets.members import Members

CUTOUTS: Mapping[str, str] = {
    "science": "cutoutScience",
    "template": "cutoutTemplate",
    "difference": "cutoutDifference",
}


def entries(
    packet: Members, name: str, reads: Callable[[Members], Measurement]
) -> list[Measurement]:
    """Read a history; an entry without a time is left out, and what is odd is noted.

    Parameters
    ----------
    packet
        Which has it.
    name
        Of the list.
    reads
        Reads one entry.
    """
    return [measured for measured, _ in entries_with_members(packet, name, reads)]


def entries_with_members(
    packet: Members, name: str, reads: Callable[[Members], Measurement]
) -> list[tuple[Measurement, Mapping[str, Any]]]:
    """Read a history as `entries` does, and give with each entry its members as they came."""
    found = []
    for values in packet.records(name):
        entry = Members(values)
        try:
            found.append((reads(entry), values))
        except PacketInvalid as err:
            packet.notes.append(f"an entry of {name} is left out: {err}")
        packet.notes += [f"in {name}, {note}" for note in entry.notes]
    return found


def read_cutouts(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, bytes]:
    """Give the images of a packet as they came, those that are missing or empty left out.

    Parameters
    ----------
    record
        The packet.
    names
        Of the members, by what they show.
    """
    found = {}
    for name, member in names.items():
        image = record.get(member)
        if isinstance(image, dict):
            image = image.get("stampData")
        if isinstance(image, bytes) and image:
            found[name] = image
    return found
