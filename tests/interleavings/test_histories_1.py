"""Histories 1 to 250: a file a part, so that two processes share them.

`python -m benchmarks.interleavings --histories 2000` plays as many as a suite has no time for.
"""

from tests.interleavings.history import Explorer
from tests.interleavings.runs import play_all
from tests.interleavings.world import Stage


def test_whatever_comes_in_between_every_promise_holds(stage: Stage):
    run = play_all(Explorer(stage), range(1, 251))
    print(run)
    assert not run.found, run.found[0]
    assert run.histories == 250
