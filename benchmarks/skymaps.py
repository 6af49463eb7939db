"""Sky maps, footprints and coverage: how fast, beside ligo.skymap, and how true.

Imports are excluded everywhere. Times are the best of several; memory is what a fresh process
gains while it reads, on top of the bytes of the file.
"""

import io
import multiprocessing
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import healpy
import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.time import Time

from benchmarks.maps import CORPUS, peak_memory
from planners.coverage.sky_coverage import coverage
from planners.footprints.atoms import Layer, atoms_of
from planners.footprints.cameras import camera_cells, focal_plane
from planners.footprints.candidates import probability_nearby
from planners.footprints.field_cells import customary_order
from planners.footprints.layers import layers_near
from planners.geometry.polygons import unit_vectors
from planners.skymaps.circles import circle_skymap
from planners.skymaps.contours import contours
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from telescopes.observing_plan import ExecutedExposure
from telescopes.ztf.facts import ZTF
from tests.planners.oracles import detector_polygons

MAPS = {
    "multi-order, 19 200 cells, 3-D": "gw/MS220722v_bayestar.multiorder.fits",
    "flat NSIDE 256, 3-D, gzip": "gw/S190425z_bayestar.fits.gz",
    "flat NSIDE 512, 3-D, gzip": "gw/S240422ed_bayestar.fits.gz",
    "flat NSIDE 1024, 3-D, gzip": "gw/S190814bv_5_LALInference.v1.fits.gz",
    "flat NSIDE 2048, RING, gzip": "ipn/GRB220617A_IPN_map_hpx.fits.gz",
}


def best_of(repeats: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """Shortest time (s) of some runs, and the last result."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begun)
    return min(times), result


def _measured(data: bytes, pipe: Any) -> None:
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_memory()
    begun = time.perf_counter()
    skymap = read_skymap(data)
    spent = time.perf_counter() - begun
    pipe.send((spent, peak_memory() - before, len(skymap.lo)))


def read_alone(data: bytes) -> tuple[float, float, int]:
    """Time (s), memory gained (MiB) and ranges, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_measured, args=(data, there))
    child.start()
    measured = here.recv()
    child.join()
    return measured


def read_by_ligo(path: Path) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ligo.skymap.io import read_sky_map  # noqa: PLC0415 - its import is excluded

        return best_of(1, lambda: read_sky_map(str(path), moc=True))[0]


def all_different(nside: int, ordering: str, *, distances: bool) -> bytes:
    """A flat map in which no two pixels are equal: the worst that a file can hold."""
    n_pixels = healpy.nside2npix(nside)
    center = healpy.ang2vec(1.0, 2.0)
    kind = "f8" if distances else "f4"
    pixels = np.empty(n_pixels, dtype=kind)
    for first in range(0, n_pixels, 1 << 22):
        index = np.arange(first, min(first + (1 << 22), n_pixels))
        direction = np.array(healpy.pix2vec(nside, index, nest=ordering == "NESTED"))
        pixels[index] = np.exp(5 * (center @ direction - 1))
    pixels /= pixels.sum(dtype="f8")
    names = ["PROB", *(["DISTMU", "DISTSIGMA", "DISTNORM"] if distances else [])]
    columns = [
        fits.Column(name, "D" if distances else "E", array=pixels + 100 * (name != "PROB"))
        for name in names
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header["ORDERING"] = ordering
    out = io.BytesIO()
    table.writeto(out)
    return out.getvalue()


def report_reading() -> None:
    print(f"{'read a sky map':45s} {'ours':>8s} {'memory':>9s} {'ranges':>8s} {'ligo.skymap':>12s}")
    for name, file in MAPS.items():
        path = CORPUS / "skymaps" / file
        if not path.is_file():
            print(f"{name:45s} no corpus at {CORPUS}")
            continue
        data = path.read_bytes()
        spent, gained, ranges = read_alone(data)
        spent = min(spent, best_of(3, lambda data=data: read_skymap(data))[0])
        theirs = read_by_ligo(path)
        print(f"{name:45s} {spent:6.3f} s {gained:5.0f} MiB {ranges:8d} {theirs:10.2f} s")
    for nside, ordering, distances in (
        (1024, "NESTED", True),
        (1024, "RING", True),
        (2048, "NESTED", False),
        (2048, "RING", False),
    ):
        data = all_different(nside, ordering, distances=distances)
        spent, gained, ranges = read_alone(data)
        name = f"all pixels differ, {nside} {ordering}{', 3-D' if distances else ''}"
        print(f"{name:45s} {spent:6.3f} s {gained:5.0f} MiB {ranges:8d} {'-':>12s}")


def examples() -> dict[str, SkyMap]:
    """Maps of every kind: from the corpus, and circles."""
    skymaps = {
        name: read_skymap((CORPUS / "skymaps" / file).read_bytes())
        for name, file in MAPS.items()
        if (CORPUS / "skymaps" / file).is_file()
    }
    for radius in (5 * u.arcsec, 5 * u.deg, 60 * u.deg):
        name = f"circle of {radius}"
        skymaps[name] = circle_skymap(150 * u.deg, 30 * u.deg, radius, 0.9)
    return skymaps


def report_queries(skymaps: dict[str, SkyMap]) -> None:
    print(
        f"\n{'':45s} {'A90 deg2':>9s} {'prepare':>8s} {'load':>8s} {'kB':>6s} "
        f"{'contours':>9s} {'ZTF cells':>10s} {'probability':>12s}"
    )
    for name, skymap in skymaps.items():
        packing, prepared = best_of(2, skymap.to_bytes)
        loading, loaded = best_of(3, lambda prepared=prepared: SkyMap.from_bytes(prepared))
        drawing, _ = best_of(2, lambda loaded=loaded: contours(loaded))
        near, layers = best_of(2, lambda loaded=loaded: layers_near_map(loaded))
        summing, _ = best_of(3, lambda m=skymap, layers=layers: atoms_of(m, layers))
        print(
            f"{name:45s} {skymap.area(0.9).to_value(u.deg**2):9.3g} {packing:6.3f} s "
            f"{loading:6.4f} s {len(prepared) / 1e3:6.0f} {drawing:7.2f} s "
            f"{near:8.3f} s {summing * 1e3:9.1f} ms"
        )
    order = customary_order(ZTF)
    fields = ZTF.read_grid().coord
    building, (_, cell, _) = best_of(1, lambda: camera_cells(ZTF.footprint, fields, order))
    print(
        f"\nall {len(fields)} ZTF fields x 64 quadrants at order {order}: built in "
        f"{building:.2f} s, {len(cell) / 1e6:.1f} M cells"
    )


def layers_near_map(skymap: SkyMap) -> list[Layer]:
    """Cells of the fields that a planner looks at."""
    coord = ZTF.read_grid().coord
    most = probability_nearby(skymap, coord, focal_plane(ZTF.footprint).radius)
    return layers_near(skymap, ZTF.footprint, coord[most >= 1e-6])


def night(skymap: SkyMap, n_fields: int, seed: int) -> list[ExecutedExposure]:
    """800 exposures of fields near a map, some with dead quadrants."""
    grid, random = ZTF.read_grid(), np.random.default_rng(seed)
    near = np.argsort(grid.coord.separation(skymap.peak()).deg)[:n_fields]
    start = Time("2026-11-22T02:00:00", scale="utc")
    return [
        ExecutedExposure(
            exposure_id=str(i),
            field_id=int(grid.field_id[field]),
            ra=grid.coord.ra[field],
            dec=grid.coord.dec[field],
            filter="gr"[i % 2],
            start=start + 40 * i * u.s,
            exposure_time=30 * u.s,
            detectors=random.choice(64, 64 if i % 4 else 61, replace=False),
        )
        for i, field in enumerate(np.resize(random.permutation(near), 800))
    ]


def painted(skymap: SkyMap, exposures: list[ExecutedExposure]) -> tuple[float, float]:
    """Probability seen once and twice, pixel by pixel with healpy at NSIDE 1024."""
    weight = skymap.rasterize(10)
    count = np.zeros(len(weight), dtype=np.int16)
    for exposure in exposures:
        good = np.isin(ZTF.footprint.detector_id, exposure.detectors)
        for corners in unit_vectors(detector_polygons(ZTF, exposure.ra, exposure.dec)[good]):
            count[healpy.query_polygon(1024, corners, nest=True)] += 1
    return float(weight[count >= 1].sum()), float(weight[count >= 2].sum())


def report_coverage(skymaps: dict[str, SkyMap]) -> None:
    print()
    worst = 0.0
    # The pixels that are painted for comparison are too coarse for smaller maps.
    large = {name: m for name, m in skymaps.items() if m.area(0.9) > 10 * u.deg**2}
    for i, (name, skymap) in enumerate(list(large.items())[:5]):
        for n_fields in (20, 60, 150, 400):
            exposures = night(skymap, n_fields, seed=10 * i + n_fields)
            spent, covered = best_of(2, lambda m=skymap, e=exposures: coverage(m, ZTF, e))
            # Each pointing in each filter once is enough to compare, and much quicker to paint.
            few = exposures[:80]
            ours, theirs = coverage(skymap, ZTF, few), painted(skymap, few)
            worst = max(
                worst,
                abs(ours.probability - theirs[0]),
                abs(ours.probability_twice - theirs[1]),
            )
            if n_fields == 400:
                print(
                    f"coverage of 800 exposures x 64 quadrants, {n_fields} pointings, "
                    f"{name}: {spent:.2f} s ({100 * covered.probability:.1f} % once)"
                )
    print(f"largest difference to healpy's polygons at NSIDE 1024 in 20 nights: {worst:.4f}")


def main() -> None:
    report_reading()
    skymaps = examples()
    report_queries(skymaps)
    report_coverage(skymaps)


if __name__ == "__main__":
    main()
