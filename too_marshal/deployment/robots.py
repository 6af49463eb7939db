"""The robots that this deployment can reach, by its settings."""

from __future__ import annotations

from pathlib import Path

from astropy import units as u

from telescopes.observing_queue import ObservingQueue
from telescopes.queues import open_queue
from too_marshal.deployment.robots_file import Robot, read_robot, read_robots
from too_marshal.deployment.settings import SettingInvalid, Settings


class Robots:
    """All robots of a deployment, by the telescope's name."""

    def __init__(self, robots: dict[str, Robot]) -> None:
        self._robots = robots

    @classmethod
    def from_settings(cls, settings: Settings) -> Robots:
        """Those of the robots file, and those that variables describe.

        Raises
        ------
        SettingInvalid
            If a robot cannot be used as it is set; the message says where and why.
        """
        robots = read_robots(Path(settings.robots_file)) if settings.robots_file else {}
        for name, entry in settings.robots.items():
            variables = f"TOO_{name.upper()}_URL"
            if name in robots:
                raise SettingInvalid(
                    f"{variables} is set, and {settings.robots_file} has a table {name}: keep one"
                )
            robots[name] = read_robot(f"variables beside {variables}", name, entry)
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

    def nightly_budget(self, telescope: str) -> u.Quantity[u.physical.time] | None:
        """Telescope time that may be asked for in one night; None: no limit."""
        return self._robots[telescope].nightly_budget

    def allows_automatic(self, telescope: str) -> bool:
        """Whether a rule may submit to it without a person."""
        return telescope in self._robots and self._robots[telescope].allows_automatic

    def queue(self, telescope: str) -> ObservingQueue:
        """A new client of its queue."""
        return open_queue(telescope, self._robots[telescope].endpoint)
