"""What is found when a plan is held against a robot, in words for the person who sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]
"""An error forbids to send the plan, a warning must be accepted, a note informs."""


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for or against sending a plan."""

    level: Level
    """How grave it is."""

    words: str
    """One sentence, complete in itself."""
