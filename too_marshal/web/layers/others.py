"""Other groups' pointings as tiles of the sky map, as the Treasure Map told them last."""

from __future__ import annotations

from typing import Any

import numpy as np

from telescopes.treasure_map.exposures import turned
from too_marshal.db.observing.archives import OthersPointings

MOST = 300
"""Tiles that are drawn, the latest: more would be a blot, and slow."""

ALL, COMPLETED, PLANNED = "all", "completed", "planned"


def choices(row: OthersPointings | None) -> list[dict[str, str]]:
    """What can be shown, each with its number and as of when it is; nothing if none was read."""
    if row is None:
        return []
    as_of = f"as of {row.read_at.strftime('%d %b %H:%M')} UTC"
    counts = {COMPLETED: row.completed, PLANNED: row.planned}
    some = {name: count for name, count in counts.items() if count}
    if not some:
        return [{"id": ALL, "name": f"none told {as_of}"}]
    words = " and ".join(f"{count} {name}" for name, count in some.items())
    offered = [{"id": ALL, "name": f"{words}, {as_of}"}]
    if len(some) > 1:
        offered += [
            {"id": name, "name": f"{count} {name}, {as_of}"} for name, count in some.items()
        ]
    return offered


def others_layer(row: OthersPointings, status: str) -> dict[str, Any]:
    """Tiles of the pointings of a status: one for all of one instrument at one place.

    Parameters
    ----------
    row
        What was read.
    status
        completed, planned or all.
    """
    tiles: dict[tuple[Any, ...], dict[str, Any]] = {}
    wanted = [each for each in row.pointings if status in (ALL, each["status"])]
    for each in reversed(wanted):
        names = ("instrument_id", "status", "ra", "dec", "position_angle")
        key = tuple(each[name] for name in names)
        tile = tiles.setdefault(
            key,
            {
                "instrument": each["instrument"],
                "status": each["status"],
                "ra": each["ra"],
                "dec": each["dec"],
                "outline": f"{each['instrument_id']} at {each['position_angle']}",
                "visits": [],
            },
        )
        tile["visits"].insert(0, {name: each[name] for name in ("time", "band", "depth")})
    drawn = dict(list(tiles.items())[:MOST])
    return {
        "read_at": row.read_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tiles": list(drawn.values()),
        "left_out": len(tiles) - len(drawn),
        "rejected": row.rejected,
        "outlines": {
            tile["outline"]: turned(np.array(row.outlines[str(key[0])]), key[-1]).round(4).tolist()
            for key, tile in drawn.items()
            if str(key[0]) in row.outlines
        },
    }
