"""ZTF's scheduler without a socket: the real client and the real simulator, an exchange a step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import READS, HTTPAnswer
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.service import Request
from telescopes.simulators.ztf import make_robot
from telescopes.simulators.ztf_service import ZTFSimulator
from telescopes.ztf.queue import SLACK, ZTFQueue
from telescopes.ztf.scheduler import TunnelledScheduler
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import Robot

FAULTS = ("lost", "accepted, unanswered", "late", "unreachable")
"""What can become of the next message: it is never read; read and not answered; read only when
nobody waits any more; or there is no connection at all."""


@dataclass
class Wire:
    """Everything that goes to and from the robot."""

    now: Callable[[], float]
    """MJD."""

    hold: Callable[[str], None]
    """Called before each exchange; what follows one is before the next, or before a lock."""

    fault: str = ""
    """What becomes of the next message that changes something, or of the next question."""

    late: list[tuple[float, Request]] = field(default_factory=list)
    """Messages that are still under way, with the time at which each is read (MJD)."""

    sent: list[Callable[[str], None]] = field(default_factory=list)
    """Told of the name in each message that the robot has read with a queue in it."""

    def __post_init__(self) -> None:
        self.clock = SimulatedClock(self.now(), wall=lambda: 0.0)
        self.simulator = ZTFSimulator(self.clock, make_robot(self.now()))

    def pass_time(self) -> None:
        """Let the robot live until now, and read what was under way."""
        self.clock.set(self.now())
        due = [request for at, request in self.late if at <= self.now()]
        self.late = [item for item in self.late if item[0] > self.now()]
        for request in due:
            self._read(request)
        self.simulator.pass_time()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: str | None = None,
        content_type: str = "application/json",  # noqa: ARG002 - of the protocol
    ) -> HTTPAnswer:
        """Do as `telescopes.protocols.http.HTTPTransport.exchange`."""
        self.hold(f"{method} {urlsplit(path).path}")
        self.pass_time()
        request = Request(method, path, query or {}, {}, (body or "").encode())
        fault, self.fault = self.fault, ""
        return self._with_fault(request, fault) if fault else self._read(request)

    def _with_fault(self, request: Request, fault: str) -> HTTPAnswer:
        if fault == "unreachable" or request.method in READS:
            raise QueueUnreachable("no connection")
        if fault == "accepted, unanswered":
            self._read(request)
        if fault == "late":
            # As late as the driver says that a message can be.
            delay = float((SLACK / 2).to_value(u.day))
            self.late.append((self.now() + delay, request))
        raise QueueUnconfirmed("the connection broke")

    def _read(self, request: Request) -> HTTPAnswer:
        answer = self.simulator.answer(request)
        if request.method == "PUT":
            for listener in self.sent:
                listener(json.loads(request.body)["queue_name"])
        return HTTPAnswer(answer.status, "", {}, answer.body)

    def held(self) -> list[str]:
        """Names of the queues that it holds."""
        return list(self.simulator.robot.roster.queues)

    def done(self) -> list[tuple[str, int]]:
        """Subprogram and exposure number of all that it has exposed to the end."""
        return [(item.subprogram_name, item.exposure_id) for item in self.simulator.robot.history]


class WiredRobots(Robots):
    """One ZTF at the end of a wire; to be reset for each history."""

    def __init__(self) -> None:
        super().__init__(
            {
                "ZTF": Robot(
                    {},
                    is_simulated=True,
                    program="Caltech",
                    pi="T",
                    nightly_budget=9 * u.h,
                    allows_automatic=True,
                )
            }
        )
        self.wire: Any = None

    def queue(self, telescope: str) -> ZTFQueue:
        """A client of the wire."""
        assert telescope == "ZTF"
        return ZTFQueue(
            TunnelledScheduler(self.wire), None, lambda: Time(self.wire.now(), format="mjd")
        )
