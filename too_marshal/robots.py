"""The robots that this deployment can reach, by its settings."""

from __future__ import annotations

from dataclasses import dataclass

from telescopes.observing import ObservingQueue
from telescopes.queues import Endpoint, open_queue
from too_marshal.settings import Settings


@dataclass(frozen=True)
class Robot:
    """How one telescope's robot is reached, and whose time it charges."""

    endpoint: Endpoint
    """Address and credentials."""

    is_simulated: bool
    """Whether it is a simulator."""

    program: str
    """Observing program, unless a rule says another."""

    pi: str
    """Principal investigator."""


class Robots:
    """All robots of a deployment, by the telescope's name."""

    def __init__(self, robots: dict[str, Robot]) -> None:
        self._robots = robots

    @classmethod
    def from_settings(cls, settings: Settings) -> Robots:
        """Those whose address is set."""
        robots = {}
        if settings.ztf_url:
            robots["ZTF"] = Robot(
                _ztf_endpoint(settings),
                settings.ztf_simulated,
                settings.ztf_program,
                settings.ztf_pi,
            )
        return cls(robots)

    def names(self) -> list[str]:
        """Telescopes that have a robot."""
        return sorted(self._robots)

    def has(self, telescope: str) -> bool:
        """Whether a robot of that telescope is configured."""
        return telescope in self._robots

    def is_simulated(self, telescope: str) -> bool:
        """Whether its robot is a simulator."""
        return self._robots[telescope].is_simulated

    def program(self, telescope: str) -> str:
        """Program to charge by default."""
        return self._robots[telescope].program

    def pi(self, telescope: str) -> str:
        """Principal investigator to name."""
        return self._robots[telescope].pi

    def queue(self, telescope: str) -> ObservingQueue:
        """A new client of its queue."""
        return open_queue(telescope, self._robots[telescope].endpoint)


def _ztf_endpoint(settings: Settings) -> Endpoint:
    return {
        "url": settings.ztf_url,
        "depot_url": settings.ztf_depot_url,
        "depot_username": settings.ztf_depot_username,
        "depot_password": settings.ztf_depot_password,
    }
