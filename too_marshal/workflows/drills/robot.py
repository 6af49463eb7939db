"""The robot of a drill: simulated in this process, on the loopback interface, for one exchange."""

from __future__ import annotations

import time
from dataclasses import dataclass

from astropy.time import Time

from telescopes import TELESCOPES
from telescopes.queues import open_queue
from telescopes.simulators.ztf import serve
from telescopes.up_to_date import up_to_date
from too_marshal.db.base import now
from too_marshal.db.observing.plans import Plan
from too_marshal.workflows.plan_document import read_plan

TELESCOPE, PROGRAM = "ZTF", "Caltech"
"""Whose robot is simulated, and which of its programs would be charged."""


@dataclass(frozen=True)
class Exchange:
    """What the simulated robot made of a plan."""

    exposures: int
    """In the queue that it took."""

    accepted_after: float
    """s after it was sent."""

    withdrawn_after: float
    """s after it was asked to forget it; then it held nothing of it."""


def exchange(plan: Plan, name: str) -> Exchange:
    """Send a plan to a simulated robot by the real client, look for it there, and withdraw it.

    Raises
    ------
    RuntimeError
        If the robot does not hold what was sent, or still holds it afterwards.
    """
    wanted = up_to_date(read_plan(plan), TELESCOPES[TELESCOPE], Time(now()))
    with serve() as (server, _):
        queue = open_queue(TELESCOPE, server.url)
        request = queue.prepare(wanted, name, PROGRAM, "drill")
        began = time.monotonic()
        queue.submit(request)
        if not queue.find(request):
            raise RuntimeError("the simulated robot does not hold the queue that it was sent")
        accepted = time.monotonic()
        queue.withdraw(name)
        if queue.find(request) is not False:
            raise RuntimeError("the simulated robot still holds the queue")
        return Exchange(len(wanted.exposures), accepted - began, time.monotonic() - accepted)
