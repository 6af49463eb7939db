"""Threads of which one runs at a time, from one named point to the next, as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

PATIENCE = 20.0
"""No step takes so long, s: a thread that does waits for what another holds."""


@dataclass(frozen=True)
class Known:
    """What everybody who commits could have read then."""

    is_retracted: bool = False
    is_stopped: bool = False


class Killed(BaseException):
    """The process is dead: nothing of what follows happens, and nothing handles it."""


class Stuck(Exception):
    """A thread did not come to its next point: it waits for a lock that another holds."""


@dataclass(eq=False)
class Actor:
    """Somebody who does one thing, and is held at every named point on the way."""

    name: str
    """Who, and what."""

    act: Callable[[], None]
    """What is done."""

    at: str = "the beginning"
    """Point at which it is held."""

    is_over: bool = False
    """Whether it has come to its end, of whatever kind."""

    error: BaseException | None = None
    """Why it has failed, if it has."""

    job: int | None = None
    """The job that it does, if it is a worker."""

    is_given_up: bool = False
    """Whether its job was given to others while it slept, or it is dead."""

    session: Session | None = None
    """What it reads and writes with."""

    known: Known = Known()
    """What was so when it last committed."""

    _go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0), repr=False)
    _stopped: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(0), repr=False
    )
    _is_killed: bool = False

    def step(self, *, kill: bool = False) -> None:
        """Let it run to its next point, or kill it where it is held.

        Raises
        ------
        Stuck
            If it does not come to a point.
        """
        self._is_killed = kill
        if self.at == "the beginning":
            if kill:
                self.is_over = True
                return
            self.at = "under way"
            threading.Thread(target=self._run, name=self.name, daemon=True).start()
        else:
            self._go.release()
        if not self._stopped.acquire(timeout=PATIENCE):
            raise Stuck(f"{self.name}, which was held at {self.at}, comes to no point")

    def hold(self, point: str) -> None:
        """Wait here, in the actor's own thread, until it is told to go on."""
        self.at = point
        self._stopped.release()
        self._go.acquire()
        if self._is_killed:
            raise Killed

    def _run(self) -> None:
        _own.actor = self
        try:
            self.act()
        except Killed:
            pass
        except BaseException as err:  # noqa: BLE001 - whatever it is, the explorer judges it
            self.error = err
        finally:
            self.is_over = True
            self._stopped.release()


_own = threading.local()


def present_actor() -> Actor | None:
    """The actor whose thread this is; None in the explorer's own."""
    return getattr(_own, "actor", None)
