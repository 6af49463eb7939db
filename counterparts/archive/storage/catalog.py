"""One catalog of the archive: its files, and what it was made from."""

from __future__ import annotations

from dataclasses import dataclass

CATALOGS = "catalogs"
"""Folder in which all stand."""


@dataclass(frozen=True)
class Part:
    """One file, and what can be in it."""

    path: str
    """From the archive's folder."""

    rows: int
    size: int
    """Bytes."""

    first_index: int
    last_index: int
    """Order-29 indices of the first and the last place."""

    first_jd: float
    last_jd: float


@dataclass(frozen=True)
class Catalog:
    """One night, or the nights of a month, as a HATS catalog."""

    name: str
    """Its folder: the period, a point, and the number of the change that made it."""

    period: str
    """A night (2026-11-28) or a month (2026-11)."""

    serial: int
    """Number of the change that made it."""

    version: int
    """Version of its columns."""

    nights: tuple[str, ...]
    parts: tuple[Part, ...]

    absorbed: tuple[str, ...]
    """Batches that it was made from, by their paths from the archive's folder."""

    replaces: tuple[str, ...]
    """Names of the catalogs that it was made from."""

    @property
    def folder(self) -> str:
        """Path from the archive's folder."""
        return f"{CATALOGS}/{self.name}"

    @property
    def is_month(self) -> bool:
        """Whether it is of a month and not of a night."""
        return len(self.period) == len("2026-11")

    @property
    def rows(self) -> int:
        """Number of its alerts."""
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of its parts."""
        return sum(part.size for part in self.parts)
