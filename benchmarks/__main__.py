"""Run every benchmark: `python -m benchmarks`, or those that are named."""

import importlib
import os
import sys
import time

ALL = ("skymaps", "planners", "peers", "ingest", "coverage", "night", "pages", "gaps", "rehearsal")

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in sys.argv[1:] or ALL:
        print(f"== {name}", flush=True)
        begun = time.monotonic()
        importlib.import_module(f"benchmarks.{name}").main()
        print(f"   ({time.monotonic() - begun:.0f} s)\n", flush=True)
