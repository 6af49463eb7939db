"""Names of GCN's packet types: pygcn's, and those that it does not know."""

from __future__ import annotations

from functools import cache

_UNKNOWN_TO_PYGCN = {
    201: "SVOM_GRM_TRIGGER",
    202: "SVOM_ECLAIRS_WAKEUP",
    203: "SVOM_ECLAIRS_CATALOG",
    204: "SVOM_SLEWING",
    205: "SVOM_NOT_SLEWING",
    209: "SVOM_MXT_INITIAL",
    210: "SVOM_MXT_UPDATE",
    219: "SVOM_RETRACTION",
}
"""From the packets themselves, 2025 and 2026; pygcn's list ends at 189."""


@cache
def packet_names() -> dict[int, str]:
    """Name of each packet type."""
    from gcn import NoticeType  # noqa: PLC0415 (a listener comes with it; read names only)

    return {int(kind): kind.name for kind in NoticeType} | _UNKNOWN_TO_PYGCN


@cache
def packet_types_by_name() -> dict[str, int]:
    """Packet type of each name."""
    return {name: packet_type for packet_type, name in packet_names().items()}


def packet_name(packet_type: int | None) -> str:
    """Name of the packet type; its number where it has none."""
    return packet_names().get(packet_type or 0, f"packet type {packet_type}")
