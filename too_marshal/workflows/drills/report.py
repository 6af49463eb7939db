"""What came of a drill, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from too_marshal.db.drills import Drill

STEPS: Mapping[str, str] = {
    "notice": "notice understood",
    "map": "sky map ready",
    "plan": "plan ready",
    "accepted": "simulated robot has the queue",
    "withdrawn": "simulated robot has forgotten it",
    "told": "somebody woken",
    "acknowledged": "acknowledged",
    "retraction": "retraction understood",
    "spared": "everybody told of the retraction",
}
"""In the order in which they are meant to be taken, in words."""

OF_ALARMS = ("told", "acknowledged", "spared")
"""Steps of a drill that wakes somebody."""


@dataclass(frozen=True)
class Line:
    """A step, taken or not."""

    step: str
    words: str
    at: datetime | None
    seconds: float | None
    """Since the drill began."""

    said: str
    fault: str

    @property
    def remark(self) -> str:
        """What there is to say of it, as the end of a sentence."""
        text = self.fault or self.said
        return f" ({text})" if text else ""


def report_of(drill: Drill) -> list[Line]:
    """Every step of a drill; those that it does not have are left out."""
    return [
        _line(drill, step, words)
        for step, words in STEPS.items()
        if drill.wakes or step not in OF_ALARMS
    ]


def _line(drill: Drill, step: str, words: str) -> Line:
    entry = drill.steps.get(step)
    if entry is None:
        return Line(step, words, None, None, "", "")
    at = datetime.fromisoformat(entry["at"])
    seconds = (at - drill.started_at).total_seconds()
    return Line(step, words, at, seconds, entry["said"], entry["fault"])


def faults_of(drill: Drill) -> list[str]:
    """What went wrong, as far as the drill has come."""
    return [f"{line.words}: {line.fault}" for line in report_of(drill) if line.fault]


def missing_of(drill: Drill) -> list[str]:
    """Steps that were not taken; that nobody had to be told of the retraction is none."""
    return [
        f"{line.words}: not reached"
        for line in report_of(drill)
        if line.at is None and line.step != "spared"
    ]
