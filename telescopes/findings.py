"""What is found when a plan is held against a robot, in words for the person who sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]
"""An error forbids to send the plan. A warning must be accepted by a person, and so stops a rule.
A note informs, and stops nobody: what time alone has done to a plan, or a loss that is borne."""


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for or against sending a plan."""

    level: Level
    """How grave it is."""

    message: str
    """One sentence, complete in itself."""
