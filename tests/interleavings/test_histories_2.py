"""Histories 251 to 500: a file a part, so that two processes share them."""

from tests.interleavings.history import Explorer
from tests.interleavings.runs import play_all
from tests.interleavings.world import Stage


def test_whatever_comes_in_between_every_promise_holds(stage: Stage):
    run = play_all(Explorer(stage), range(251, 501))
    print(run)
    assert not run.found, run.found[0]
    assert run.histories == 250
