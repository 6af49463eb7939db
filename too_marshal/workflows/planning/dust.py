"""The map of the Galaxy's dust that this deployment has, read once by each process."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from planners.detection.dust import DustMap, DustMapInvalid

logger = logging.getLogger(__name__)

_place: list[Path] = []


def use_dust_map(path: Path) -> None:
    """Say where this process finds the map, if there is one."""
    _place[:] = [path]


def dust_map() -> DustMap | None:
    """The map; None where there is none, or it cannot be read."""
    if not _place or not _place[0].exists():
        return None
    return _read(_place[0], _place[0].stat().st_mtime_ns)


@cache
def _read(path: Path, changed: int) -> DustMap | None:  # noqa: ARG001 - a new file is read anew
    try:
        return DustMap.read(path)
    except DustMapInvalid as err:
        logger.warning("no dust map: %s", err)
        return None
