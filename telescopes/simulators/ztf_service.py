"""The paths of a simulated ZTF: the scheduler's web interface and IPAC's depot.

====================================================  ====================================
path                                                  real service
====================================================  ====================================
``PUT, GET, DELETE /queues``, ``GET /current_queue``  the scheduler at Palomar, reached
``GET /obs_history``                                  through a tunnel to port 9999
``GET /depot/<date>/ztf_recentproc_<date>.json``      ``https://ztfweb.ipac.caltech.edu/
                                                      ztf/depot`` (basic authentication)
====================================================  ====================================
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from astropy.time import Time

from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.simulators.service import Answer, Request
from telescopes.simulators.ztf_rehearsal import Rehearsal, next_work
from telescopes.simulators.ztf_robot import ZTFRobot
from telescopes.simulators.ztf_rules import ListQueue, QueueMalformed, read_queue
from telescopes.ztf.facts import ZTF

logger = logging.getLogger(__name__)

MJD_ZERO = dt.date(1858, 11, 17)

DEPOT_FILE = re.compile(r"/depot/(\d{8})/ztf_recentproc_(\d{8})\.json")


class ZTFSimulator:
    """The robot behind the scheduler's paths.

    Parameters
    ----------
    clock
        Simulated time. The robot lives through the time since the last request when the
        next one comes; the outcome does not depend on how often it is asked.
    robot
        Telescope and roster; see `make_robot`.
    rehearsal
        How to leap over idle time, or None for a clock that only runs.
    replace_existing
        What ``PUT`` of an existing name does: the scheduler library replaces the queue,
        some versions of its web layer keep the old one. Both answer 200.
    state
        File that carries the state over a restart.
    """

    def __init__(
        self,
        clock: SimulatedClock,
        robot: ZTFRobot,
        *,
        rehearsal: Rehearsal | None = None,
        replace_existing: bool = True,
        state: Path | None = None,
    ) -> None:
        self.clock = clock
        self.robot = robot
        self._rehearsal = rehearsal
        self._replace_existing = replace_existing
        self._state = state
        self._saved: tuple[Any, ...] = ()
        self._received: Counter[str] = Counter()
        self._grid = ZTF.read_grid()
        if state is not None and state.exists():
            saved = json.loads(state.read_text())
            clock.set(saved["now"])
            robot.restore(saved["robot"])

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        self.pass_time()
        route: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("PUT", "/queues"): self._put_queue,
            ("GET", "/queues"): self._get_queues,
            ("DELETE", "/queues"): self._delete_queue,
            ("GET", "/current_queue"): self._get_current_queue,
            ("GET", "/obs_history"): self._get_history,
        }
        act = route.get((request.method, request.path))
        try:
            if act is not None:
                answer = act(request)
            elif request.method in {"GET", "HEAD"} and request.path.startswith("/depot/"):
                answer = self._get_processed(request)
            else:
                answer = Answer.text(404, "404: Not Found")
        except (QueueMalformed, json.JSONDecodeError) as err:
            answer = Answer.text(400, str(err))
        except (TypeError, ValueError, KeyError) as err:
            # As the scheduler's web layer does with an exception that nobody caught.
            logger.exception("a request was beyond the scheduler")
            answer = Answer.text(500, f"500 Internal Server Error: {type(err).__name__}")
        self._save()
        return answer

    def pass_time(self) -> None:
        """Live through the time since the last request."""
        now = self.clock.now()
        self.robot.run(now)
        if self._rehearsal is None or self.robot.pending is not None:
            return
        if next_work(self.robot, now) is not None:
            self._leap()
        elif self.clock.rate != 1 and now >= self.robot.busy_until():
            # Not from now on but from the moment of the last event: nobody may have asked since.
            self.clock.change_rate_from(self.robot.busy_until(), 1.0)
            self.robot.skip_to(self.clock.now())

    def _leap(self) -> None:
        """Set the clock to the next moment with something to do."""
        if self._rehearsal is None:
            return
        now = self.clock.now()
        work = next_work(self.robot, now)
        if work is None:
            return
        start = work - self._rehearsal.lead / DAY
        if work > now + self._rehearsal.patience / DAY or work < now:
            self.clock.set(start)
            self.robot.skip_to(start)
        self.clock.set(rate=self._rehearsal.rate)

    def _put_queue(self, request: Request) -> Answer:
        queue = read_queue(request.json(), self._grid)
        roster = self.robot.roster
        existed = queue.name in roster.queues
        if existed and not self._replace_existing:
            return Answer.text(200, f"Submitted queue {queue.name} already exists")
        roster.put(queue)
        self._received[queue.name] += 1
        if self.robot.pending is None:
            self._leap()
        if existed:
            return Answer.text(200, f"queue {queue.name} replaced")
        return Answer.text(201, f"queue {queue.name} accepted")

    def _get_queues(self, request: Request) -> Answer:
        # The scheduler reads a JSON body on GET too and fails without one.
        message = request.json()
        roster = self.robot.roster
        if "queue_name" in message:
            name = message["queue_name"]
            if name not in roster.queues and name != "default":
                return Answer.text(404, f"Queue {name} not in queues.")
            return Answer.json(200, self._describe_queue(roster.queues.get(name)))
        return Answer.json(
            200, [self._describe_queue(queue) for queue in (None, *roster.queues.values())]
        )

    def _get_current_queue(self, _request: Request) -> Answer:
        roster = self.robot.roster
        return Answer.json(200, self._describe_queue(roster.queues.get(roster.current or "")))

    def _delete_queue(self, request: Request) -> Answer:
        name = request.json().get("queue_name")
        if name is None:
            return Answer.text(400, "Error deleting queue: no queue_name")
        if name in {"default", "fallback"}:
            return Answer.text(403, f"Deleting queue {name} is forbidden")
        if name not in self.robot.roster.queues:
            return Answer.text(400, f"Error deleting queue {name}")
        self.robot.roster.delete(name)
        return Answer.text(200, f"queue {name} deleted")

    def _get_history(self, request: Request) -> Answer:
        """One UT date. The records are JSON within JSON, as the scheduler writes them."""
        message = request.json() if request.body else {}
        date = message.get("date") or request.query.get("date")
        night = (
            int(self.clock.now()) if date is None else (dt.date.fromisoformat(date) - MJD_ZERO).days
        )
        rows = [
            {
                "program_id": exposure.program_id,
                "field_id": exposure.field_id,
                "filter_id": f'"{" gri"[exposure.filter_id]}"',
                "exposure_mjd": exposure.exposure_mjd,
                "exposure_time": exposure.exposure_time,
                "airmass": exposure.airmass,
                "subprogram_name": f'"{exposure.subprogram_name}"',
                "field_ra": exposure.ra,
                "field_dec": exposure.dec,
            }
            for exposure in self.robot.history
            if int(exposure.exposure_mjd) == night
        ]
        return Answer.json(200, {"history": json.dumps(rows) if rows else []})

    def _get_processed(self, request: Request) -> Answer:
        match = DEPOT_FILE.fullmatch(request.path)
        if match is None or match[1] != match[2]:
            return Answer.text(404, "Not Found")
        date = match[1]
        night = int(Time(f"{date[:4]}-{date[4:6]}-{date[6:]}").mjd)
        rows = self.robot.processed(night, self.clock.now())
        return Answer.json(200, rows) if rows else Answer.text(404, "Not Found")

    def _describe_queue(self, queue: ListQueue | None) -> dict[str, Any]:
        """One queue as the scheduler shows it; None is the default queue."""
        current = self.robot.roster.current
        if queue is None:
            queue, kind = ListQueue("default", [], None, is_too=False), "gurobi"
        else:
            kind = "list"
        rows = [
            {**target, "num_images": target["ewr_num_images"], "ordered": True}
            for target in queue.targets
        ]
        return {
            "queue_name": queue.name,
            "queue_type": kind,
            "is_current": (current or "default") == queue.name,
            "validity_window_mjd": queue.window,
            "is_valid": queue.is_valid(self.clock.now()),
            "is_TOO": queue.is_too,
            "queue": json.dumps(rows),
        }

    def truncated(self, request: Request) -> Request:
        """The same request after half of its list was lost."""
        message = request.json()
        message["targets"] = message["targets"][: len(message["targets"]) // 2]
        return replace(request, body=json.dumps(message).encode())

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        self.pass_time()
        self._save()
        return {
            "telescope": ZTF.name,
            "now": Time(self.clock.now(), format="mjd").isot,
            "rate": self.clock.rate,
            "queues": {
                queue.name: len(queue.targets) for queue in self.robot.roster.queues.values()
            },
            "current_queue": self.robot.roster.current or "default",
            "exposures": len(self.robot.history),
            "exposing": self.robot.pending is not None,
            "received": dict(self._received),
        }

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """Set the clock; what lies between the old and the new time does not happen."""
        self.pass_time()
        if now is not None:
            reading = float(now) if isinstance(now, int | float) else float(Time(now).mjd)
            self.clock.set(reading)
            self.robot.skip_to(reading)
        if rate is not None:
            self.clock.set(rate=float(rate))
        self._save()

    def _save(self) -> None:
        """Write the state file, if there is one and something has happened."""
        if self._state is None:
            return
        robot = self.robot
        happened = (
            len(robot.history),
            robot.pending,
            self.clock.rate,
            [(name, len(queue.targets)) for name, queue in robot.roster.queues.items()],
        )
        if happened == self._saved:
            return
        self._saved = happened
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps({"now": self.clock.now(), "robot": robot.state()}))
        draft.replace(self._state)
