"""The telescope that executes ZTF queues, and what becomes of its exposures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from astropy import units as u

from telescopes.limiting_magnitudes import limiting_magnitudes
from telescopes.preflight.local_sky import ApproximateSky, SeenPosition
from telescopes.simulators.clock import DAY
from telescopes.simulators.ztf_rules import FILTERS, ListQueue, QueueRoster
from telescopes.slews import Pause, turn
from telescopes.ztf.facts import ZTF

TWILIGHT = -12.0
"""No exposure begins while the Sun is above, deg."""

SLOT = 38.0
"""Without a target the scheduler is asked again after this, s: an exposure and a readout."""

N_QUADRANTS = 64

_PAUSE = Pause(ZTF.overheads)


@dataclass(frozen=True)
class Exposure:
    """One exposure, begun or done."""

    request_id: int
    program_id: int
    program_pi: str
    subprogram_name: str
    queue_name: str
    field_id: int
    ra: float
    dec: float
    filter_id: int
    exposure_mjd: float
    exposure_time: float
    airmass: float

    @property
    def end(self) -> float:
        """Shutter closed (MJD)."""
        return self.exposure_mjd + self.exposure_time / DAY

    @property
    def exposure_id(self) -> int:
        """Number in the processing system: 1e-5 days since 2017-01-01, as in ZTF's pid."""
        return _exposure_id(self.exposure_mjd)


@dataclass
class ZTFRobot:
    """Executes what the roster says, in simulated time.

    An exposure leaves its queue when the shutter opens and enters the history when it has
    closed; in between it is in neither, as on the mountain.
    """

    roster: QueueRoster
    sky: ApproximateSky
    free_at: float
    """The next slot (MJD): the last shutter closed, or the robot looked in vain."""

    seed: int = 0
    quadrant_failures: float = 0.05
    """Fraction of quadrants that processing loses."""

    exposure_failures: float = 0.0
    """Fraction of exposures that the camera loses: they never enter the history."""

    processing_latency: float = 600.0
    """From shutter closed to the processed table, s."""

    history: list[Exposure] = field(default_factory=list)
    pending: Exposure | None = None
    pointing: tuple[float, float] | None = None
    filter_id: int = 2
    _tables: dict[int, list[dict[str, Any]]] = field(default_factory=dict, repr=False)

    def run(self, until: float) -> None:
        """Let time pass until `until` (MJD)."""
        self._close_shutter(until)
        while self.pending is None and self.free_at < until:
            if self.sky.sun_altitude(self.free_at) > TWILIGHT:
                self.free_at += 60 / DAY
                continue
            chosen = self.roster.next_target(self.free_at)
            if chosen is None:
                self.free_at += SLOT / DAY
                continue
            if self._open_shutter(*chosen, until):
                self._close_shutter(until)
            else:
                break
        self.roster.remove_over(until)

    def skip_to(self, now: float) -> None:
        """Move to another time without living through what lies between."""
        if self.pending is not None:
            self._close_shutter(self.pending.end)
        self.free_at = now

    def busy_until(self) -> float:
        """When the last exposure was or will be processed (MJD); 0 if there is none."""
        last = self.pending or (self.history[-1] if self.history else None)
        return 0.0 if last is None else last.end + (self.processing_latency + 1) / DAY

    def _open_shutter(self, queue: ListQueue, target: dict[str, Any], until: float) -> bool:
        start = self._unused(self.free_at + self._gap(target) / DAY)
        if start > until:
            return False
        if target["n_repeats"] > 1:
            target["n_repeats"] -= 1
        else:
            queue.targets.remove(target)
        self.pending = Exposure(
            int(target.get("request_id") or 0),
            int(target["program_id"]),
            str(target["program_pi"]),
            str(target["subprogram_name"]),
            queue.name,
            int(target["field_id"]),
            float(target["ra"]),
            float(target["dec"]),
            int(target["filter_id"]),
            start,
            float(target["exposure_time"]),
            float(self.sky.airmass(target["ra"], target["dec"], start)),
        )
        self.pointing = (self.pending.ra, self.pending.dec)
        self.filter_id = self.pending.filter_id
        return True

    def _unused(self, start: float) -> float:
        """First moment from `start` on whose number no exposure has.

        A rehearsal may live through a night twice, and a number stands for one exposure.
        """
        if self.history and start <= max(each.exposure_mjd for each in self.history):
            taken = {each.exposure_id for each in self.history}
            while _exposure_id(start) in taken:
                start += 1 / DAY
        return start

    def _close_shutter(self, until: float) -> None:
        exposure = self.pending
        if exposure is None or exposure.end > until:
            return
        self.pending, self.free_at = None, exposure.end
        lost = np.random.default_rng([self.seed, exposure.exposure_id, 1]).random()
        if lost >= self.exposure_failures:
            self.history.append(exposure)

    def _gap(self, target: dict[str, Any]) -> float:
        """Time from the last shutter closed to the next opened, s.

        The exchange of a filter comes on top, as in the state machine of the real scheduler
        (ztf_sim, TelescopeStateMachine.py: ``process_filter_change`` and ``process_slew``).
        """
        ra, dec = self.pointing or (target["ra"], target["dec"])
        return _PAUSE.time(
            turn(ra, target["ra"]),
            abs(dec - target["dec"]),
            exchanges=target["filter_id"] != self.filter_id,
        )

    def processed(self, night: int, now: float) -> list[dict[str, Any]]:
        """Rows of the depot's table for the UT date `night` (integer MJD), as of `now`."""
        latency = self.processing_latency / DAY
        return [
            row
            for exposure in self.history
            if int(exposure.exposure_mjd) == night and exposure.end + latency <= now
            for row in self._table(exposure)
        ]

    def _table(self, exposure: Exposure) -> list[dict[str, Any]]:
        """Rows of one exposure, made once: the night's table is asked for again and again."""
        if exposure.exposure_id not in self._tables:
            self._tables[exposure.exposure_id] = self._quadrants(exposure)
        return self._tables[exposure.exposure_id]

    def _quadrants(self, exposure: Exposure) -> list[dict[str, Any]]:
        """Rows of one exposure: of the quadrants lost, half are marked and half are missing."""
        random = np.random.default_rng([self.seed, exposure.exposure_id])
        depth = self._depth(exposure) + random.normal(0, 0.1)
        # Kolmogorov: full width grows as airmass to the power 0.6; pixels are 1.01 arcsec.
        width = 2.0 * random.lognormal(0, 0.1) * exposure.airmass**0.6 / 1.01
        magnitudes = depth + random.normal(0, 0.05, N_QUADRANTS)
        widths = width * random.lognormal(0, 0.02, N_QUADRANTS)
        fate = random.random(N_QUADRANTS) / max(self.quadrant_failures, 1e-12)
        return [
            {
                "exposure_id": exposure.exposure_id,
                "field_id": exposure.field_id,
                "filter_id": exposure.filter_id,
                "programid": exposure.program_id,
                "obsjd": exposure.exposure_mjd + 2400000.5,
                "exposure_time": exposure.exposure_time,
                "qid": quadrant,
                "maglim": round(float(magnitudes[quadrant]), 4),
                "fwhm": round(float(widths[quadrant]), 4),
                "status": int(fate[quadrant] < 1),
            }
            for quadrant in range(N_QUADRANTS)
            if fate[quadrant] >= 0.5
        ]

    def _depth(self, exposure: Exposure) -> float:
        """What the conditions allow: clear and of usual seeing, as plans predict it."""
        middle = exposure.exposure_mjd + exposure.exposure_time / 2 / DAY
        seen = SeenPosition(self.sky, exposure.ra, exposure.dec, middle)
        name, exposure_time = FILTERS[exposure.filter_id], exposure.exposure_time * u.s
        limits = limiting_magnitudes(ZTF, name, exposure_time, seen)
        assert limits is not None, f"ZTF has no reference magnitude in {name}"
        return float(limits)

    def state(self) -> dict[str, Any]:
        """Everything that changes, as plain JSON."""
        return {
            "free_at": self.free_at,
            "pointing": self.pointing,
            "filter_id": self.filter_id,
            "current": self.roster.current,
            "queues": [asdict(queue) for queue in self.roster.queues.values()],
            "history": [asdict(exposure) for exposure in self.history],
            "pending": None if self.pending is None else asdict(self.pending),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`."""
        self.free_at = state["free_at"]
        self.pointing = None if state["pointing"] is None else tuple(state["pointing"])
        self.filter_id = state["filter_id"]
        self.history = [Exposure(**exposure) for exposure in state["history"]]
        self.pending = None if state["pending"] is None else Exposure(**state["pending"])
        self.roster.queues = {}
        for queue in state["queues"]:
            window = None if queue["window"] is None else tuple(queue["window"])
            self.roster.put(ListQueue(**{**queue, "window": window}))
        self.roster.current = state["current"]


def _exposure_id(start: float) -> int:
    return int((start - 57754) * 1e5)
