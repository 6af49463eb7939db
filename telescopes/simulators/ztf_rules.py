"""What the ZTF scheduler does with a list queue.

The rules are those of the public scheduler library (github.com/ZwickyTransientFacility/
ztf_sim: `QueueManager.py`, `Scheduler.py`); the mountain may carry local changes. Sky maps
(``/mma_skymaps``), from which the scheduler makes queues of its own, are not simulated: the
marshal sends lists only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from telescopes.preflight.local_sky import ApproximateSky
from telescopes.telescope import FieldGrid

REQUIRED = ("field_id", "program_id", "subprogram_name", "filter_id", "program_pi")
"""Without one of these in each target the whole queue is rejected."""

DEFAULTS: Mapping[str, float] = {
    "exposure_time": 30.0,
    "max_airmass": 2.5,
    "n_repeats": 1,
    "mode_num": 0,
    "ewr_num_images": 1,
}
"""Given to targets that do not say."""

FILTERS = {1: "g", 2: "r", 3: "i"}
"""Filter by number."""

EARLIEST, LATEST = 57754.0, 62502.0
"""A window lies between 2017-01-01 and 2030-01-01 (MJD), ends excluded."""


class QueueMalformed(ValueError):
    """The whole queue is rejected, for the reason given."""


@dataclass
class ListQueue:
    """Targets that are observed in the order of the list."""

    name: str
    """Queue name."""

    targets: list[dict[str, Any]]
    """What is left to do."""

    window: tuple[float, float] | None
    """Validity window (MJD), or None for always."""

    is_too: bool
    """Whether the first target's subprogram named it a target of opportunity."""

    def is_valid(self, mjd: float) -> bool:
        """Whether the window is open."""
        return self.window is None or self.window[0] <= mjd <= self.window[1]

    def is_over(self, mjd: float) -> bool:
        """Whether nothing is left, or the window has closed."""
        return not self.targets or (self.window is not None and self.window[1] < mjd)


def read_queue(message: Any, grid: FieldGrid) -> ListQueue:
    """Read the body of ``PUT /queues``.

    Raises
    ------
    QueueMalformed
        If the scheduler would not take it.
    """
    if not isinstance(message, dict):
        raise QueueMalformed("the message is not an object")
    name = message.get("queue_name")
    if not isinstance(name, str) or not name:
        raise QueueMalformed("no queue_name")
    if message.get("queue_type") != "list":
        raise QueueMalformed(f"queue {name}: only list queues are taken")
    targets = message.get("targets")
    if not isinstance(targets, list) or not targets:
        raise QueueMalformed(f"queue {name}: no targets")
    read = [_read_target(index, target) for index, target in enumerate(targets)]
    _place(read, grid)
    return ListQueue(
        name,
        read,
        _read_window(message.get("validity_window_mjd")),
        str(read[0]["subprogram_name"]).startswith("ToO"),
    )


def _read_target(index: int, target: Any) -> dict[str, Any]:
    if not isinstance(target, dict):
        raise QueueMalformed(f"target {index} is not an object")
    missing = [column for column in REQUIRED if column not in target]
    if missing:
        raise QueueMalformed(f"target {index} lacks {', '.join(missing)}")
    if target["filter_id"] not in FILTERS:
        raise QueueMalformed(f"target {index}: bad filter {target['filter_id']}")
    if ("ra" in target) != ("dec" in target):
        raise QueueMalformed(f"target {index}: ra and dec come both or neither")
    if "ra" in target and not (0 <= target["ra"] <= 360 and -90 <= target["dec"] <= 90):
        raise QueueMalformed(f"target {index}: position {target['ra']}, {target['dec']}")
    return {**DEFAULTS, **target}


def _place(targets: list[dict[str, Any]], grid: FieldGrid) -> None:
    """Give positions to a list that names fields only."""
    placed = ["ra" in target for target in targets]
    if all(placed):
        return
    if any(placed):
        raise QueueMalformed("some targets have a position and some have none")
    centers = {int(field): index for index, field in enumerate(grid.field_id)}
    bad = [target["field_id"] for target in targets if target["field_id"] not in centers]
    if bad:
        raise QueueMalformed(f"one or more field ids are malformed: {bad}")
    for target in targets:
        center = grid.coord[centers[target["field_id"]]]
        target["ra"], target["dec"] = float(center.ra.deg), float(center.dec.deg)


def _read_window(window: Any) -> tuple[float, float] | None:
    if window is None:
        return None
    if not isinstance(window, list) or len(window) != 2:
        raise QueueMalformed("validity_window_mjd is a pair")
    start, end = (float(edge) for edge in window)
    if not start < end:
        raise QueueMalformed("the validity window must start before it ends")
    if not (start > EARLIEST and end < LATEST and math.isfinite(end)):
        raise QueueMalformed(f"MJD likely out of range: {start} to {end}")
    return start, end


def blocked(
    targets: list[dict[str, Any]], mjd: float, sky: ApproximateSky
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each target cannot be observed now, shape (n_targets,)."""
    ra = np.array([target["ra"] for target in targets], dtype=float)
    dec = np.array([target["dec"] for target in targets], dtype=float)
    limit = np.array([target["max_airmass"] for target in targets], dtype=float)
    hour_angle = sky.hour_angle(ra, mjd)
    return np.asarray(
        (sky.airmass(ra, dec, mjd) >= limit)
        # Hour angle: matters for circumpolar fields.
        | (np.abs(hour_angle) >= 5.95 * 15)
        # The flat-field illuminator stands east of the meridian in the south.
        | ((hour_angle <= -17.6) & (dec <= -22))
        # The service platform.
        | ((hour_angle >= -17.6) & (dec <= -45))
        # The 'ears' of the shutter.
        | ((np.abs(hour_angle) >= 3) & (dec <= -46))
        | (dec > 87.5)
    )


class QueueRoster:
    """The queues that the scheduler knows, and the one that it follows.

    The default queue (the survey) always exists, is empty here, and is meant where
    `current` is None.
    """

    def __init__(self, sky: ApproximateSky) -> None:
        self._sky = sky
        self.queues: dict[str, ListQueue] = {}
        self.current: str | None = None

    def put(self, queue: ListQueue) -> None:
        """Take a queue; one of the same name is replaced in its place."""
        self.queues[queue.name] = queue
        if queue.window is None:
            self.current = queue.name

    def delete(self, name: str) -> None:
        """Forget a queue; KeyError if there is none of that name."""
        del self.queues[name]
        if self.current == name:
            self.current = None

    def remove_over(self, mjd: float) -> None:
        """Forget what is empty or expired."""
        for name in [name for name, queue in self.queues.items() if queue.is_over(mjd)]:
            self.delete(name)

    def next_target(self, mjd: float) -> tuple[ListQueue, dict[str, Any]] | None:
        """The target to observe now; it stays in its queue. None if there is none."""
        self.remove_over(mjd)
        self._switch(mjd)
        if self.current is None:
            return None
        queue = self.queues[self.current]
        free = np.flatnonzero(~blocked(queue.targets, mjd, self._sky))
        if not len(free):
            # This slot goes to the survey; at the next one the queue is asked again.
            self.current = None
            return None
        return queue, queue.targets[int(free[0])]

    def _switch(self, mjd: float) -> None:
        """Leave a queue whose window is not open; a target of opportunity goes first."""
        following = self.queues.get(self.current or "")
        if following is not None and not following.is_valid(mjd):
            following = self.current = None
        if following is None or not following.is_too:
            for name, queue in self.queues.items():
                if queue.is_too and queue.is_valid(mjd):
                    self.current = name
                    return
        if following is None:
            self.current = next(
                (name for name, queue in self.queues.items() if queue.is_valid(mjd)), None
            )
