"""What happened in one history, and what did not hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class History:
    """What happened, and what did not hold."""

    seed: int
    lines: list[str] = field(default_factory=list)
    """What happened, a line each."""
    broken: list[str] = field(default_factory=list)
    """What did not hold; the first ends the history."""
    rounds: int = 0
    """Until it was at rest."""
    states: Counter[str] = field(default_factory=Counter)
    """Of the submissions at the end."""
    errors: Counter[str] = field(default_factory=Counter)
    """With which jobs have failed, by kind."""

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.lines, *(f"BROKEN: {x}" for x in self.broken)])
