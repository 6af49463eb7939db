"""Histories: each is told again by its seed."""

from __future__ import annotations

from tests.interleavings import actions
from tests.interleavings.jobs import Jobs
from tests.interleavings.play import Play
from tests.interleavings.record import History
from tests.interleavings.world import Stage


class Explorer:
    """Plays histories on one stage."""

    def __init__(self, stage: Stage, tasks: dict[str, actions.Task] | None = None) -> None:
        self.stage = stage
        self.tasks = tasks or actions.workflows(stage)
        self.jobs = Jobs(stage.engine, stage.questions, self.tasks)

    def play(self, seed: int) -> History:
        """Play the history of a seed."""
        self.stage.reset()
        with Play(self.stage, self.jobs, self.tasks, seed).going_on() as play:
            play.run()
        return play.history
