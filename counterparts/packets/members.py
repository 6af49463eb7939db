"""Members of a record, read one by one: what is odd becomes a note and costs that member alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from counterparts.packets.alert import PacketInvalid

NOTHING = (-999.0, -99.0)
"""Numbers that surveys write where there is none: ZTF's and PGIR's."""

POSITIVE: Mapping[Any, bool] = {
    **dict.fromkeys(("t", "T", "y", "Y", "1", "true", "True", 1), True),
    **dict.fromkeys(("f", "F", "n", "N", "0", "false", "False", 0), False),
}
"""Ways to say whether a difference is positive: schemas 1 to 4, PGIR, WINTER and TURBO."""

MAX_MAGNITUDE, MAX_FLUX = 60.0, 1e30
"""Of any source and in any unit: what is more is an error, and would be one of arithmetic too."""

MJD_OFFSET = 2_400_000.5


class Members:
    """The members of one record, and what was odd about them.

    Parameters
    ----------
    values
        As the packet has them.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.notes: list[str] = []

    def number(
        self, name: str, nothing: Collection[float] = NOTHING, most: float = math.inf
    ) -> float | None:
        """Give a finite number; None for what is missing, NaN or stands for nothing.

        Parameters
        ----------
        name
            Of the member.
        nothing
            Values that mean that there is none.
        most
            What its absolute value may be.
        """
        value = self.values.get(name)
        if value is None:
            return None
        try:
            found = float(value)
        except (TypeError, ValueError, OverflowError):
            self.notes.append(f"{name} is {_shown(value)}, which is no number")
            return None
        if type(value) is not float and type(value) is not int:
            self.notes.append(f"{name} is {_shown(value)}, read as a number")
        if math.isnan(found) or found in nothing:
            return None
        if math.isinf(found) or abs(found) > most:
            self.notes.append(f"{name} is {found:g}, which cannot be")
            return None
        return found

    def magnitude(self, name: str) -> float | None:
        """Give a magnitude, an error of one, or a zero point."""
        return self.number(name, most=MAX_MAGNITUDE)

    def flux(self, name: str, nothing: Collection[float] = ()) -> float | None:
        """Give a flux, or an error of one, in the packet's own unit."""
        return self.number(name, nothing, MAX_FLUX)

    def needed(self, name: str) -> float:
        """Give a number without which there is no alert.

        Raises
        ------
        PacketInvalid
            If it is missing, or is none.
        """
        found = self.number(name, nothing=())
        if found is None:
            value = self.values.get(name)
            what = "missing" if value is None else f"{_shown(value)}, which is no number"
            raise PacketInvalid(f"The packet's {name} is {what}.")
        return found

    def text(self, name: str) -> str | None:
        """Give a text, or an identifier that is a number, as text; None for an empty one."""
        value = self.values.get(name)
        if value is None or value == "" or isinstance(value, bool):
            return None
        if isinstance(value, float):
            # A table made it one; above 2^53 its last digits are gone.
            if not value.is_integer():
                return None
            self.notes.append(f"{name} came as a floating-point number, its end may be wrong")
            value = int(value)
        return str(value) if isinstance(value, int | str) else None

    def is_positive(self, name: str) -> bool | None:
        """Give the sign of the difference, in whichever of its many ways it is written."""
        value = self.values.get(name)
        if value is None:
            return None
        found = POSITIVE.get(value) if isinstance(value, str | int | float) else None
        if found is None:
            self.notes.append(f"{name} is {_shown(value)}, which is neither positive nor negative")
        return found

    def within(self, name: str, called: str) -> Members:
        """Give the members of the record within this one, without which there is no alert.

        Parameters
        ----------
        name
            Of the member.
        called
            What a person calls it.

        Raises
        ------
        PacketInvalid
            If it is missing, or is no record.
        """
        values = self.values.get(name)
        if not isinstance(values, dict):
            raise PacketInvalid(f"The packet has no {called}.")
        return Members(values)

    def records(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Give the records in a list; what is none is left out with a note."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.notes.append(f"{name} is no list")
            return []
        found = [entry for entry in value if isinstance(entry, dict)]
        if len(found) < len(value):
            self.notes.append(f"{len(value) - len(found)} entries of {name} are no records")
        return found


def _shown(value: object) -> str:
    """Give a value in few characters: a packet may hold megabytes where a number belongs."""
    shown = repr(value[:40] if isinstance(value, str | bytes) else value)
    return shown if len(shown) <= 60 else f"{shown[:60]}..."
