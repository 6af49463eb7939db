"""The observing list of the GROWTH-India Telescope: a CSV table, one line a field.

Columns as the original GROWTH marshal wrote them (`growth/too/views.py`): the observers see
when each field rises and sets in Indian Standard Time, how far the Moon is, and how many
exposures of how many seconds each filter gets, as ``1X300``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord, get_body
from astropy.time import Time

from telescopes.errors import PlanUnsuitable
from telescopes.growth_india.facts import GROWTH_INDIA
from telescopes.observing_plan import ObservingPlan
from telescopes.observing_queue import QueuedPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures

COLUMNS = (
    *("tile_id", "RA", "Dec", "dec", "rise_time_IST", "set_time_IST", "moon_angle", "domesleep"),
    *("Priority", "Target", "x", "u", "g", "r", "i", "z"),
)

MIN_ALTITUDE = 20 * u.deg
"""A field has risen above this altitude."""

IST = timezone(timedelta(hours=5, minutes=30))
"""Indian Standard Time."""

_TIMES = re.compile(r"(\d+)X(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class GrowthIndiaScript:
    """Implements `telescopes.protocols.file_queue.ObservingScript`."""

    @property
    def suffix(self) -> str:
        """End of the file's name."""
        return ".csv"

    def write(self, plan: ObservingPlan, name: str, program: str, pi: str) -> str:  # noqa: ARG002 - the table has no room for them
        """Write a plan down, fields in the order in which they are first planned.

        Raises
        ------
        PlanUnsuitable
            If the telescope could not take it.
        """
        by_field: dict[tuple[int, float, float], list[CheckedExposure]] = {}
        for exposure in checked_exposures(plan, GROWTH_INDIA, name):
            place = exposure.planned.field_id, exposure.ra, exposure.dec
            by_field.setdefault(place, []).append(exposure)
        coord = SkyCoord([ra for _, ra, _ in by_field], [dec for _, _, dec in by_field], unit=u.deg)
        rise, fall = _above(coord, plan.request.start, plan.request.end)
        moon = _moon_angle(coord, plan.request.start)
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for index, ((field, _, _), visits) in enumerate(by_field.items()):
            sexagesimal = coord[index].to_string("hmsdms", sep=":", precision=2).split()
            writer.writerow(
                {
                    "tile_id": field,
                    "RA": sexagesimal[0],
                    "Dec": f"{coord[index].dec.deg:.6f}",
                    "dec": sexagesimal[1],
                    "rise_time_IST": _local(rise[index]),
                    "set_time_IST": _local(fall[index]),
                    "moon_angle": f"{moon[index]:.1f}",
                    "domesleep": 100,
                    "Priority": 10000,
                    "Target": "EMGW",
                    "x": "",
                    **{name: _times(visits, name) for name in GROWTH_INDIA.filters},
                }
            )
        return table.getvalue()

    def read(self, name: str, text: str) -> QueuedPlan:
        """Read a table back, one target an exposure; the window is that of rise and set."""
        targets: list[dict[str, Any]] = []
        rows = list(csv.DictReader(io.StringIO(text)))
        starts = [_utc(row["rise_time_IST"]) for row in rows]
        ends = [_utc(row["set_time_IST"]) for row in rows]
        for row in rows:
            for filter_name in GROWTH_INDIA.filters:
                match = _TIMES.fullmatch(row[filter_name])
                count = int(match[1]) if match else 0
                targets += [{**row, "filter": filter_name}] * count
        return QueuedPlan(name, min(starts), max(ends), is_too=True, targets=tuple(targets))


def _times(visits: Sequence[CheckedExposure], name: str) -> str:
    """Write exposures of one field in one filter, such as ``2X300``; empty if there is none."""
    seconds = [visit.seconds for visit in visits if visit.planned.filter == name]
    if not seconds:
        return ""
    if len(set(seconds)) > 1:
        raise PlanUnsuitable(f"a field has exposures of different length in {name}")
    return f"{len(seconds)}X{seconds[0]:g}"


def _above(coord: SkyCoord, start: Time, end: Time) -> tuple[list[Time], list[Time]]:
    """First and last minute of the window in which each field stands above `MIN_ALTITUDE`.

    Raises
    ------
    PlanUnsuitable
        If one never does.
    """
    minutes = np.arange(0, max(1.0, (end - start).to_value(u.min)))
    times = start + minutes * u.min
    frame = AltAz(obstime=times[None, :], location=GROWTH_INDIA.site.location)
    up = coord[:, None].transform_to(frame).alt >= MIN_ALTITUDE
    if not np.all(np.any(up, axis=1)):
        raise PlanUnsuitable(f"a field never stands {MIN_ALTITUDE:.0f} above the horizon")
    first = np.argmax(up, axis=1)
    last = len(minutes) - 1 - np.argmax(up[:, ::-1], axis=1)
    return [times[index] for index in first], [times[index] for index in last]


def _moon_angle(coord: SkyCoord, time: Time) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Distance of the Moon from each field, deg."""
    moon = get_body("moon", time, GROWTH_INDIA.site.location)
    frame = AltAz(obstime=time, location=GROWTH_INDIA.site.location)
    return np.asarray(coord.transform_to(frame).separation(moon.transform_to(frame)).deg)


def _local(time: Time) -> str:
    """Write a time as observers in India read it."""
    return str(time.to_datetime(IST).strftime("%Y-%m-%d %H:%M:%S"))


def _utc(text: str) -> Time:
    local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=IST)
    return Time(local)
