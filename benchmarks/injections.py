"""Sources drawn from maps, and how many of them plans detect as a robot executes them.

Each plan is sent to the simulated scheduler of ZTF and executed there; a source is detected where
it is brighter than the depth of an exposure in each filter of one field, on a detector. Positions,
distances and magnitudes are drawn from the map and from the kind of source, with seeds; what the
plan itself predicts stands beside. Maps without distances are given some.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from ligo.skymap import distance
from numpy.typing import NDArray

from benchmarks.gaps import executed
from benchmarks.maps import fifty_maps
from planners import plan
from planners.detection import source_model
from planners.detection.dust import DustLayer
from planners.detection.sources import EXTINCTION, days_from
from planners.footprints.cameras import camera_cells
from planners.geometry.directions import sky_coord
from planners.geometry.polygons import cell_centers
from planners.geometry.ranges import HIGHEST_ORDER, Ranges
from planners.skymaps.skymap import SkyMap
from planners.visibility.depth import limiting_magnitudes
from planners.visibility.local_sky import Circumstances, LocalSky
from telescopes import ZTF, ObservingRequest
from telescopes.observing_plan import ExecutedExposure, ObservingPlan

MAPS, SOURCES_DRAWN = 20, 100_000

HOURS = (1, 3, 12)
"""Windows: of the first two, and of the whole night."""

ORDER = 10
"""Of the cells that say which detector a source falls on: 3.4 arcmin."""

REACH = 6.0
"""No detector is farther from the boresight, deg."""

KIND = "kilonova"

FARTHEST = 500.0
"""Where no source is nearer, Mpc, none is detected: black holes are not drawn from."""

NIGHT = ObservingRequest(
    start=Time("2026-11-28T02:00"),
    end=Time("2026-11-28T14:00"),
    filters=("g", "r"),
    exposure_time={"g": 30 * u.s, "r": 30 * u.s},
    source=KIND,
)
CHOICES = tuple(time * u.s for time in (30, 60, 120, 300))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Sources of one map."""

    cell: NDArray[np.int64]
    """Order-29 cell of each, shape (n,)."""

    direction: NDArray[np.float64]
    """Unit vectors, shape (n, 3)."""

    fainter: NDArray[np.float64]
    """Apparent magnitude less the usual absolute one, before extinction, shape (n,)."""

    reddening: NDArray[np.float64]
    """E(B-V) toward each, shape (n,)."""


def maps() -> Iterator[tuple[str, SkyMap]]:
    """Maps with distances, near enough for a kilonova to be seen."""
    for number, (name, skymap) in enumerate(fifty_maps()):
        moments = skymap.distance_moments()
        if moments is None:
            yield f"{name}, distances made", with_distances(skymap, number)
        elif moments[0].to_value(u.Mpc) < FARTHEST:
            yield name, skymap


def with_distances(skymap: SkyMap, seed: int) -> SkyMap:
    """A map whose distances change over the sky, as those of mergers do."""
    random = np.random.default_rng(seed)
    x, y, z = cell_centers(HIGHEST_ORDER, (skymap.lo + skymap.hi) // 2).T
    tilt = random.normal(size=3)
    near = random.uniform(80, 200)
    distmu = near * (1 + 0.5 * (tilt @ np.stack([x, y, z])) / np.linalg.norm(tilt))
    return SkyMap.normalized(
        (skymap.lo, skymap.hi), skymap.density, (distmu, 0.3 * distmu, np.ones_like(distmu))
    )


def draw(skymap: SkyMap, seed: int) -> Drawn:
    """Draw sources: where, how far, and how bright."""
    random = np.random.default_rng(seed)
    source = source_model(KIND)
    n = SOURCES_DRAWN
    ranges = random.choice(len(skymap.lo), n, p=skymap.probability / skymap.probability.sum())
    offset = random.uniform(0, 1, n) * (skymap.hi - skymap.lo)[ranges]
    cell = skymap.lo[ranges] + offset.astype(np.int64)
    assert skymap.distmu is not None
    assert skymap.distsigma is not None
    distmu, distsigma = skymap.distmu[ranges], skymap.distsigma[ranges]
    norm = distance.parameters_to_moments(distmu, distsigma)[2]
    r = distance.conditional_ppf(random.uniform(0, 1, n), distmu, distsigma, norm)
    fainter = 5 * np.log10(np.where(np.isfinite(r) & (r > 0), r, 1e6)) + 25
    direction = cell_centers(HIGHEST_ORDER, cell)
    coord = sky_coord(direction)
    return Drawn(
        cell, direction, fainter + random.normal(0, source.spread, n), DustLayer().at(coord)
    )


def detected(drawn: Drawn, exposures: tuple[ExecutedExposure, ...]) -> float:
    """Part of the sources that some field shows in every filter."""
    source = source_model(KIND)
    by_field: dict[int, list[ExecutedExposure]] = defaultdict(list)
    for each in exposures:
        by_field[each.field_id].append(each)
    found = np.zeros(len(drawn.cell), dtype=bool)
    for visits in by_field.values():
        center = SkyCoord(visits[0].ra, visits[0].dec).reshape((1,))
        near = np.flatnonzero(
            drawn.direction @ center[0].cartesian.xyz.value > np.cos(np.radians(REACH))
        )
        _, cell, detector = camera_cells(ZTF.footprint, center, ORDER)
        seen = {name: np.zeros(len(near), dtype=bool) for name in NIGHT.filters}
        for visit in visits:
            good = np.isin(ZTF.footprint.detector_id, visit.detectors)[detector]
            inside = Ranges.of_cells(ORDER, cell[good]).contains(drawn.cell[near])
            middle = visit.start + visit.exposure_time / 2
            days = days_from(0.0, (middle - NIGHT.start).to_value(u.s))
            dimmed = EXTINCTION[visit.filter] * drawn.reddening[near]
            magnitude = source.magnitude(visit.filter, days) + drawn.fainter[near] + dimmed
            seen[visit.filter] |= inside & (magnitude < depth_of(visit))
        found[near] |= np.logical_and.reduce(list(seen.values()))
    return float(found.mean())


def as_planned(made: ObservingPlan) -> tuple[ExecutedExposure, ...]:
    """The exposures of a plan as if every one had been taken at its time."""
    return tuple(
        ExecutedExposure(
            exposure_id=str(number),
            field_id=each.field_id,
            ra=each.ra,
            dec=each.dec,
            filter=each.filter,
            start=each.start,
            exposure_time=each.exposure_time,
            detectors=ZTF.footprint.detector_id,
        )
        for number, each in enumerate(made.exposures)
    )


def depth_of(exposure: ExecutedExposure) -> float:
    """5-sigma limit by the depth model, at the time at which the exposure was really taken."""
    sky = LocalSky(ZTF.site, NIGHT.start, NIGHT.end)
    middle = sky.seconds(exposure.start + exposure.exposure_time / 2)
    position = sky.positions(SkyCoord(exposure.ra, exposure.dec).reshape((1,)))
    seen = Circumstances(sky, position, np.array([middle]))
    depth = limiting_magnitudes(ZTF, exposure.filter, exposure.exposure_time, seen)
    assert depth is not None
    return float(depth[0])


def plans_of(skymap: SkyMap, hours: int) -> Iterator[tuple[str, ObservingPlan, float]]:
    """Plans of several planners, and the processor time that each took, s."""
    covering = replace(NIGHT, end=NIGHT.start + hours * u.h)
    looking = replace(covering, objective="detection")
    for name, planner, request in (
        ("greedy, coverage", "greedy", covering),
        ("coverage", "optimal", covering),
        ("detection, 30 s", "optimal", looking),
        ("detection, 30 to 300 s", "optimal", replace(looking, exposure_times=CHOICES)),
    ):
        begun = time.process_time()
        made = plan(skymap, "ZTF", request, planner)
        yield name, made, time.process_time() - begun


def main() -> None:
    """Print, for each window and kind of plan, how many sources are detected."""
    warnings.simplefilter("ignore")
    rows: dict[tuple[int, str], list[tuple[float, float, float]]] = defaultdict(list)
    worse = []
    for number, (name, skymap) in enumerate(islice(maps(), MAPS)):
        drawn = draw(skymap, number)
        for hours in HOURS:
            found: dict[str, float] = {}
            for kind, made, seconds in plans_of(skymap, hours):
                taken = executed(made, 60.0, 1 * u.min).exposures if made.exposures else ()
                found[kind] = detected(drawn, taken)
                predicted = made.statistics["detection_probability"]
                off = np.nan if predicted is None else detected(drawn, as_planned(made)) - predicted
                rows[hours, kind].append((found[kind], off, seconds))
            if found["detection, 30 to 300 s"] < found["coverage"] - 0.002:
                worse.append(f"{name}, {hours} h: {found}")
            print(f"{name[:44]:44s}{hours:3d} h " + "  ".join(
                f"{kind} {part:.1%}" for kind, part in found.items()
            ), file=sys.stderr, flush=True)  # fmt: skip
    print(
        f"{'window':>8s} {'plan':24s} maps  detected     gain  time"
        "  prediction off by, if executed as planned"
    )
    for (hours, kind), values in rows.items():
        part, off, seconds = np.array(values).T
        base = np.array(rows[hours, "coverage"])[:, 0]
        line = (
            f"{hours:6d} h {kind:25s}{len(part):4d}{part.mean():10.2%}"
            f"{part.mean() / base.mean() - 1:9.1%}{seconds.mean():6.1f} s"
        )
        if not np.isnan(off).all():
            line += f"{np.abs(off).mean():9.2%}, at most {np.abs(off).max():.2%}"
        print(line)
    print(f"{len(worse)} plans to detect find fewer than the plan that covers most")
    for line in worse:
        print("  ", line)


if __name__ == "__main__":
    main()
