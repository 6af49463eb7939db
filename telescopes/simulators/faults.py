"""What can go wrong on the way to a robot, on demand."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """How a request goes wrong."""

    STATUS = "status"
    """Answered with a status of choice; nothing is done."""

    HANG = "hang"
    """Read and forgotten: no answer, nothing is done."""

    ACCEPT_THEN_HANG = "accept-then-hang"
    """Done, but never answered."""

    LATE = "late"
    """Done only when nobody waits for the answer any more."""

    RESET = "reset"
    """The connection is reset; nothing is done."""

    ACCEPT_THEN_RESET = "accept-then-reset"
    """Done, then the connection is reset."""

    ACCEPT_THEN_STATUS = "accept-then-status"
    """Done, but answered with a status of choice, as by a gateway that lost patience."""

    HALF = "half"
    """Half of the list is lost on the way; answered as if all were well."""

    HTML = "html"
    """A log-in page, status 200; nothing is done."""

    TRUNCATED = "truncated"
    """Done, but the answer breaks off half-way."""

    DRIP = "drip"
    """Done, but the answer comes a byte at a time and never ends."""

    ENDLESS = "endless"
    """Done, but the answer is longer than any memory."""


@dataclass(frozen=True)
class Fault:
    """A fault in waiting."""

    kind: FaultKind
    """What happens."""

    method: str | None = None
    """Only to this method."""

    path: str | None = None
    """Only to this path."""

    count: int | None = 1
    """How often; None without end."""

    probability: float = 1.0
    """How likely it befalls a request that it matches."""

    skip: int = 0
    """Matching requests that pass unharmed first."""

    status: int = 500
    """For the kinds that answer with one."""

    body: str = "told to fail"
    """Sent with `status`."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with `status`."""

    seconds: float = 60.0
    """Longest silence of the kinds that hang, real seconds."""

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Fault:
        """Read one from a decoded JSON object.

        Raises
        ------
        ValueError
            If a key or the kind is unknown.
        """
        unknown = set(message) - {entry.name for entry in fields(cls)}
        if unknown or "kind" not in message:
            raise ValueError(f"a fault has a kind and no {', '.join(sorted(unknown)) or 'other'}")
        return cls(**{**message, "kind": FaultKind(message["kind"])})


class Faults:
    """Those in waiting, in the order in which they were asked for; safe between threads."""

    def __init__(self, seed: int = 0) -> None:
        self._waiting: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._lock = threading.Lock()
        self.released = threading.Event()
        """Set when hanging requests are to be let go."""

    def add(self, fault: Fault) -> None:
        """Put one in waiting."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget those in waiting and let go of what hangs."""
        with self._lock:
            self._waiting.clear()
        self.released.set()
        self.released = threading.Event()

    def take(self, method: str, path: str) -> Fault | None:
        """Take the one that befalls this request, if any."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.method not in {None, method} or fault.path not in {None, path}:
                    continue
                if fault.probability < 1 and self._random.random() >= fault.probability:
                    continue
                if fault.skip:
                    self._waiting[index] = replace(fault, skip=fault.skip - 1)
                    return None
                if fault.count is not None:
                    self._waiting[index] = replace(fault, count=fault.count - 1)
                    if fault.count <= 1:
                        del self._waiting[index]
                return fault
        return None

    def waiting(self) -> tuple[Fault, ...]:
        """Those not yet used up."""
        with self._lock:
            return tuple(self._waiting)
