"""Whether the simulated scheduler keeps the gap between visits of default ZTF plans.

For each map of the corpus, in winter and in summer: the default plan, held against an empty
scheduler, sent through the driver, executed, and read back from the robot's history. The message
arrives when the plan is as old as is said; at speed 60 each second on the way is a minute there.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from astropy import units as u
from astropy.time import Time

from benchmarks.maps import corpus_maps
from benchmarks.planners import NIGHT, request_for
from planners.registry import PLANNERS
from telescopes import ZTF
from telescopes.findings import Finding
from telescopes.observing_plan import ExecutedExposure, ObservingPlan
from telescopes.preflight.preflight import preflight
from telescopes.protocols.http import HTTPTransport
from telescopes.simulators import ztf
from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.up_to_date import up_to_date
from telescopes.ztf.messages import read_messages
from telescopes.ztf.queue import ZTFQueue
from telescopes.ztf.scheduler import TunnelledScheduler

NIGHTS = {"winter": NIGHT, "summer": Time("2026-06-21T03:00:00", scale="utc")}

AGES = {1.0: (1, 10), 60.0: (1, 10)}
"""Age of the plan when it is sent, min, by the speed of the robot's clock."""

ON_THE_WAY = 3.0
"""From the writing of the message until it arrives, s on our clock."""


class Wall:
    """Real time, as far as the simulator knows."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Night:
    """What became of one plan."""

    stops: tuple[str, ...]
    """What a rule would have stopped for."""

    queues: int
    planned: int
    executed: int
    smallest_gap: float | None
    """Between two visits of a field, min; None where none had two."""


@dataclass(frozen=True)
class Executed:
    """A plan that a scheduler has executed."""

    plan: ObservingPlan
    """As it was sent."""

    findings: tuple[Finding, ...]
    """Of the check before it was sent."""

    queues: int
    exposures: tuple[ExecutedExposure, ...]


def executed(plan: ObservingPlan, speed: float, age: u.Quantity[u.physical.time]) -> Executed:
    """Send a plan to a scheduler that is empty, and let its night pass."""
    wall = Wall()
    sent_at = plan.exposures[0].start + age
    clock = SimulatedClock(float(sent_at.utc.mjd), speed, wall)
    with contextlib.ExitStack() as stack:
        server, simulator = stack.enter_context(ztf.serve(clock=clock))
        queue = ZTFQueue(
            TunnelledScheduler(HTTPTransport(server.url)),
            clock=lambda: Time(clock.now(), format="mjd", scale="utc"),
        )
        plan = up_to_date(plan, ZTF, sent_at)
        request = queue.prepare(plan, "ToO_bench", "Caltech", "Kulkarni")
        findings = preflight(queue, plan, request, ZTF, sent_at)
        wall.seconds += ON_THE_WAY
        queue.submit(request)
        while (end := float(plan.request.end.utc.mjd) + 0.1) > clock.now():
            wall.seconds += min(600, (end - clock.now()) * DAY + 1) / speed
            simulator.pass_time()
        taken = tuple(queue.executed(plan.request.start, plan.request.end + 2 * u.hour))
    return Executed(plan, tuple(findings), len(read_messages(request.body)), taken)


def execute(plan: ObservingPlan, speed: float, age: u.Quantity[u.physical.time]) -> Night:
    """What becomes of a plan that is sent."""
    night = executed(plan, speed, age)
    taken = night.exposures
    visits: dict[int, list[float]] = {}
    for each in taken:
        visits.setdefault(each.field_id, []).append(float(each.start.utc.mjd))
    gaps = [(b - a) * 1440 for times in visits.values() for a, b in pairwise(sorted(times))]
    stops = tuple(each.message for each in night.findings if each.level != "note")
    planned = len(night.plan.exposures)
    return Night(stops, night.queues, planned, len(taken), min(gaps, default=None))


def plans() -> Iterator[tuple[str, ObservingPlan]]:
    """Default plans of the corpus, as far as its maps are up."""
    for name, skymap in corpus_maps():
        for season, start in NIGHTS.items():
            plan = PLANNERS["optimal"](skymap, ZTF, request_for(ZTF, start))
            if plan.exposures:
                yield f"{name[:32]}, {season}", plan


def main() -> None:
    cases = list(plans())
    wanted = 30 * u.min
    for speed, ages in AGES.items():
        for age in ages:
            begun = time.perf_counter()
            nights = {name: execute(plan, speed, age * u.min) for name, plan in cases}
            kept = [
                night
                for night in nights.values()
                if night.smallest_gap is None or night.smallest_gap >= wanted.to_value(u.min) - 1e-6
            ]
            gaps = [each.smallest_gap for each in nights.values() if each.smallest_gap is not None]
            planned = sum(each.planned for each in nights.values())
            executed = sum(each.executed for each in nights.values())
            stopped = {name: night.stops for name, night in nights.items() if night.stops}
            print(
                f"speed {speed:g}, sent {age:g} min after the first exposure was planned:"
                f" {len(cases)} plans in {sum(each.queues for each in nights.values())} queues;"
                f" gaps kept in {len(kept)} of {len(cases)}, the smallest {min(gaps):.2f} min;"
                f" {executed} of {planned} exposures executed ({executed / planned:.1%});"
                f" {len(stopped)} would stop a rule ({time.perf_counter() - begun:.0f} s)",
                flush=True,
            )
            for name, stops in stopped.items():
                print(f"   {name}: {'; '.join(stops)}")
    if not cases:
        print("no corpus")


if __name__ == "__main__":
    main()
