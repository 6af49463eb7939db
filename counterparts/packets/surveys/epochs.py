"""When and in which filter a packet's records were taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from counterparts.packets.members import MJD_OFFSET, Members


def julian_date(members: Members) -> float:
    """Give the time of a member ``jd``."""
    return members.needed("jd")


def from_mjd(members: Members) -> float:
    """Give the time of a member ``mjd``, UTC."""
    return members.needed("mjd") + MJD_OFFSET


def by_number(filters: Mapping[int, str]) -> Callable[[Members], str | None]:
    """Name filters by a member ``fid``."""

    def named(members: Members) -> str | None:
        number = members.number("fid")
        name = None if number is None or number % 1 else filters.get(int(number))
        if number is not None and name is None:
            members.notes.append(f"filter {number:g} has no name")
        return name

    return named


def by_name(member: str) -> Callable[[Members], str | None]:
    """Take the filter's name from a member."""
    return lambda members: members.text(member)
