"""Play histories of interleaved actors, a seed each, until the time is over.

``python -m benchmarks.interleavings --histories 2000``, or ``--seconds 1200``, uses both cores;
what it finds is printed with its seed, and ``--seed N --histories 1`` plays it again.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import logging
import multiprocessing
import sys

from tests.interleavings.history import Explorer
from tests.interleavings.invariants import AFTER_EVERY_STEP, AT_REST
from tests.interleavings.runs import Run, play_all
from tests.interleavings.stages import own_stage

PROCESSES = 2


def play(first: int, step: int, seconds: float, most: int) -> Run:
    """Play every `step`-th seed from `first` on."""
    logging.disable(logging.ERROR)  # deaths and lost messages are what this is about
    gc.freeze()  # what is imported stays: to look through it again and again takes a tenth
    with own_stage() as stage:
        seeds = itertools.islice(itertools.count(first, step), most)
        return play_all(Explorer(stage), seeds, seconds=seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="60, unless it is said how many histories")
    parser.add_argument("--seed", type=int, default=1, help="of the first history")
    parser.add_argument("--histories", type=int, default=sys.maxsize, help="at the most")
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    print("after every step:", "; ".join(AFTER_EVERY_STEP))
    print("at rest:", "; ".join(AT_REST))
    if options.seconds is None:
        options.seconds = 60.0 if options.histories == sys.maxsize else float("inf")
    n_processes = min(PROCESSES, options.histories)
    shares = [
        (options.seed + i, n_processes, options.seconds, -(-(options.histories - i) // n_processes))
        for i in range(n_processes)
    ]
    with multiprocessing.get_context("spawn").Pool(n_processes) as pool:
        runs = pool.starmap(play, shares)
    for run in runs:
        print(run)
        for history in run.found:
            print(history)
    total = sum(run.histories for run in runs)
    longest = max(run.seconds for run in runs)
    print(
        f"together: {total} histories in {longest:.0f} s, {total / longest:.1f} a second;"
        f" {sum(len(run.found) for run in runs)} broken"
    )
    return any(run.found for run in runs)


if __name__ == "__main__":
    sys.exit(main())
