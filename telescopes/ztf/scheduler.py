"""The ZTF scheduler's web interface, reached through a tunnel, and its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from telescopes.errors import QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport
from telescopes.ztf.messages import dump
from telescopes.ztf.records import History, read_history


@dataclass(frozen=True)
class SchedulerQueue:
    """One queue as the scheduler shows it."""

    name: str
    window: tuple[float, float] | None
    """MJD."""
    is_too: bool
    is_current: bool
    """Whether the robot follows it now."""
    targets: tuple[Mapping[str, Any], ...]


class Scheduler(Protocol):
    """A way to the scheduler: the tunnel, or a proxy."""

    @property
    def signature(self) -> Mapping[str, str]:
        """What this way adds to each message."""

    @property
    def knows_history(self) -> bool:
        """Whether `history` can tell what was executed."""

    def put_queue(self, body: str) -> HTTPAnswer:
        """Send a queue; the answer's status is the scheduler's own (201 new, 200 existing)."""

    def delete_queue(self, name: str) -> HTTPAnswer:
        """Delete a queue."""

    def queues(self) -> list[SchedulerQueue]:
        """All queues."""

    def history(self, date: str) -> History:
        """Exposures of one UT date (ISO)."""

    def ping(self) -> None:
        """Return if the scheduler answers."""


@dataclass(frozen=True)
class TunnelledScheduler:
    """The scheduler's own interface, reached through a tunnel."""

    transport: HTTPTransport

    @property
    def signature(self) -> Mapping[str, str]:
        """Nothing is added."""
        return {}

    @property
    def knows_history(self) -> bool:
        """The scheduler does."""
        return True

    def put_queue(self, body: str) -> HTTPAnswer:
        """Send a queue."""
        return self.transport.exchange("PUT", "/queues", body=body)

    def delete_queue(self, name: str) -> HTTPAnswer:
        """Delete a queue."""
        return self.transport.exchange("DELETE", "/queues", body=dump({"queue_name": name}))

    def queues(self) -> list[SchedulerQueue]:
        """All queues."""
        # The scheduler fails on a GET without a JSON body.
        return read_queues(self.transport.exchange("GET", "/queues", body="{}").expect().json())

    def history(self, date: str) -> History:
        """Exposures of one UT date."""
        # The date was read from the body in early versions, and is from the query in others.
        answer = self.transport.exchange(
            "GET", "/obs_history", query={"date": date}, body=dump({"date": date})
        )
        return read_history(answer.expect().json())

    def ping(self) -> None:
        """Return if the scheduler answers."""
        answer = self.transport.exchange("GET", "/current_queue", body="{}").expect().json()
        if not isinstance(answer, dict) or "queue_name" not in answer:
            raise QueueUnreachable(f"something else answers for the scheduler: {answer!r:.200}")


def read_queues(rows: Any) -> list[SchedulerQueue]:
    """Read the list of queues.

    Raises
    ------
    QueueUnreachable
        If it is not what the scheduler writes.
    """
    try:
        return [
            SchedulerQueue(
                str(row["queue_name"]),
                None if row["validity_window_mjd"] is None else tuple(row["validity_window_mjd"]),
                bool(row["is_TOO"]),
                bool(row["is_current"]),
                tuple(json.loads(row["queue"])),
            )
            for row in rows
        ]
    except (KeyError, TypeError, ValueError) as err:
        raise QueueUnreachable(f"the list of queues cannot be read: {err!r}") from err
