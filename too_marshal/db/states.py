"""Rows that go from state to state, and only where that can follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from too_marshal.db.base import now

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Mapped

State = TypeVar("State", bound=StrEnum)


class ForbiddenChange(Exception):
    """A row cannot go from the one state to the other."""


def following(states: type[State], **after: str) -> dict[State, frozenset[State]]:
    """States that may follow each, from the names of both; none follows one that is left out.

    Parameters
    ----------
    states
        All of them.
    after
        By the name of a state, the names of those that may follow, apart by spaces.
    """
    none: dict[State, frozenset[State]] = {state: frozenset() for state in states}
    named = {states(name): frozenset(map(states, text.split())) for name, text in after.items()}
    return none | named


class Stateful:
    """What has a state, the reason for it, and a time at which it came to rest."""

    if TYPE_CHECKING:
        state: Mapped[Any]
        reason: Mapped[str]
        settled_at: Mapped[datetime | None]

    kind: ClassVar[str]
    """What people call such a row, with its article."""

    allowed: ClassVar[Mapping[Any, frozenset[Any]]]
    """States that may follow each."""

    settled: ClassVar[Collection[Any]]
    """States in which it has come to rest."""

    def change(self, state: Any, reason: str = "") -> None:
        """Go to `state`.

        Raises
        ------
        ForbiddenChange
            If that cannot follow from the present state.
        """
        if state not in self.allowed[type(state)(self.state)]:
            raise ForbiddenChange(f"{self.kind} that is {self.state} cannot become {state}")
        self.state, self.reason = state, reason
        if state in self.settled:
            self.settled_at = now()
