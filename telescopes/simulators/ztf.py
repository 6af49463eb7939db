"""A simulated ZTF: the scheduler's web interface, the telescope, and IPAC's depot.

Run it as a process with ``python -m telescopes.simulators.ztf --port 9999``. One port
stands for the two real services that `telescopes.simulators.ztf_service` lists.

Times are those of the simulated clock. With ``--jump-to-window`` (for rehearsals) the
clock leaps to the moment at which a waiting target-of-opportunity queue can first be
observed, runs fast while there is something to do, and at the rate of a real clock
otherwise, so that the night is not over before the next plan arrives.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from astropy.time import Time

from telescopes.preflight.local_sky import ApproximateSky
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.service import SimulatorServer, running
from telescopes.simulators.ztf_rehearsal import Rehearsal
from telescopes.simulators.ztf_robot import ZTFRobot
from telescopes.simulators.ztf_rules import QueueRoster
from telescopes.simulators.ztf_service import ZTFSimulator
from telescopes.ztf.facts import ZTF


def make_robot(now: float, **settings: Any) -> ZTFRobot:
    """A ZTF that is ready at `now` (MJD); `settings` as the fields of `ZTFRobot`."""
    sky = ApproximateSky.of(ZTF.site)
    return ZTFRobot(QueueRoster(sky), sky, now, **settings)


@contextlib.contextmanager
def serve(port: int = 0, **settings: Any) -> Iterator[tuple[SimulatorServer, ZTFSimulator]]:
    """Serve a simulated ZTF on the loopback interface until the block ends.

    Parameters
    ----------
    port
        0 takes a free one; see the server's `url`.
    **settings
        ``clock`` and the keywords of `ZTFSimulator`; all else goes to `make_robot`.
    """
    clock = settings.pop("clock", None) or SimulatedClock(float(Time.now().mjd))
    own = {
        name: settings.pop(name)
        for name in ("rehearsal", "replace_existing", "state")
        if name in settings
    }
    simulator = ZTFSimulator(clock, make_robot(clock.now(), **settings), **own)
    with running(simulator, port) as server:
        yield server, simulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m telescopes.simulators.ztf", description="A simulated ZTF."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9999, help="0 takes a free one")
    parser.add_argument("--clock-rate", type=float, default=1.0, metavar="RATE")
    parser.add_argument("--start", help="first reading of the clock (ISO UTC); default: now")
    parser.add_argument("--jump-to-window", action="store_true", help="leap over idle time")
    parser.add_argument("--state", type=Path, help="file that carries the state over a restart")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quadrant-failures", type=float, default=0.05, metavar="FRACTION")
    parser.add_argument("--exposure-failures", type=float, default=0.0, metavar="FRACTION")
    parser.add_argument("--processing-latency", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--existing-name", choices=("replace", "keep"), default="replace")
    options = parser.parse_args(arguments)

    now = float((Time(options.start) if options.start else Time.now()).mjd)
    # In a rehearsal the clock runs fast only while there is something to do.
    clock = SimulatedClock(now, 1.0 if options.jump_to_window else options.clock_rate)
    simulator = ZTFSimulator(
        clock,
        make_robot(
            now,
            seed=options.seed,
            quadrant_failures=options.quadrant_failures,
            exposure_failures=options.exposure_failures,
            processing_latency=options.processing_latency,
        ),
        rehearsal=Rehearsal(options.clock_rate) if options.jump_to_window else None,
        replace_existing=options.existing_name == "replace",
        state=options.state,
    )
    try:
        server = SimulatorServer((options.host, options.port), simulator)
    except OSError as err:
        print(f"cannot listen on {options.host}:{options.port}: {err}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"simulated ZTF listening on {server.url}", flush=True)  # noqa: T201 - a command
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
