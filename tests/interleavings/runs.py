"""Histories by the hundred: what they came to, and the figures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.interleavings.history import Explorer
from tests.interleavings.invariants import AFTER_EVERY_STEP, AT_REST
from tests.interleavings.record import History


@dataclass
class Run:
    """Many histories."""

    histories: int = 0
    steps: int = 0
    """Of all actors together."""
    seconds: float = 0.0
    rounds: int = 0
    """Most that any history needed to come to rest."""
    states: Counter[str] = field(default_factory=Counter)
    """Of all submissions at the end."""
    errors: Counter[str] = field(default_factory=Counter)
    """With which jobs have failed and were tried again, by kind."""
    found: list[History] = field(default_factory=list)
    """Histories in which something did not hold."""

    def __str__(self) -> str:
        invariants = len(AFTER_EVERY_STEP) + len(AT_REST)
        states = ", ".join(f"{count} {state}" for state, count in self.states.most_common())
        errors = ", ".join(f"{count} {kind}" for kind, count in self.errors.most_common())
        return (
            f"{self.histories} histories, {self.histories / self.seconds:.1f} a second,"
            f" {self.steps} steps, {invariants} invariants; submissions at the end: {states};"
            f" at rest after {self.rounds} rounds at the most; jobs that failed and were tried"
            f" again: {errors or 'none'}; broken: {len(self.found)}"
        )


def play_all(
    explorer: Explorer, seeds: Iterable[int], *, seconds: float = float("inf"), most: int = 1
) -> Run:
    """Play one history a seed, until so many seconds have passed or so many are broken."""
    run, began = Run(), time.monotonic()
    for seed in seeds:
        history = explorer.play(seed)
        run.histories += 1
        run.steps += len(history.lines)
        run.rounds = max(run.rounds, history.rounds)
        run.states.update(history.states)
        run.errors.update(history.errors)
        if history.broken:
            run.found.append(history)
        run.seconds = time.monotonic() - began
        if len(run.found) >= most or run.seconds > seconds:
            break
    return run
