"""The explorer finds what it was made to find, and tells it again."""

from __future__ import annotations

from tests.interleavings.history import Explorer
from tests.interleavings.reverted import compare_with_what_is_now
from tests.interleavings.runs import play_all
from tests.interleavings.world import Stage
from too_marshal.workflows.submissions import track

MAX_SEED = 600
"""Histories within which a fault must be found."""


def test_it_finds_a_list_that_is_older_than_the_submission(stage: Stage, monkeypatch):
    monkeypatch.setattr(track, "reconcile", compare_with_what_is_now)
    run = play_all(Explorer(stage), range(1, MAX_SEED))
    print(f"found after {run.histories} histories, {run.seconds:.0f} s")
    assert run.found
    assert "is done and the robot holds it" in run.found[0].broken[0]


def test_a_seed_tells_the_same_history_again(stage: Stage):
    explorer = Explorer(stage)
    first, again = explorer.play(11), explorer.play(11)
    # Jobs and rows have other numbers each time.
    assert [_without_numbers(line) for line in first.lines] == [
        _without_numbers(line) for line in again.lines
    ]


def _without_numbers(line: str) -> str:
    return " ".join(word for word in line.split() if not word.strip("(),").isdigit())
