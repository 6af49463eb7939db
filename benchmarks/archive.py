"""How long the archive of alerts takes to answer, on nights that are made up.

A year of nights, compacted by months, and three nights of a million alerts each beside; the folder
is temporary and is removed. Every question is asked twice and the second time counts: the files are
then in the memory of the system, as far as it reaches.

`python -m benchmarks.archive --rows 100000000`; without it, as many as a tenth of that.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.coordinates import SkyCoord

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.cones import Cone
from counterparts.archive.queries.match import match
from counterparts.archive.queries.positions import Positions
from counterparts.archive.queries.query import Archive
from counterparts.archive.queries.sql import ask
from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.live import live
from counterparts.archive.storage.nights import months_of, span_of
from counterparts.archive.storage.sweep import sweep
from planners import circle_skymap

NIGHTS = 365
FIRST = date(2025, 11, 29)
BATCH = 50_000
BIG_NIGHTS = ("2026-11-29", "2026-11-30", "2026-12-01")
BIG = 1_000_000
REGION = 1000.0
"""deg2 of the 90 % region."""

POSITIONS = 100_000
BYTES_A_ROW = 260
"""On the disk at the worst: a night and the month that is made of it stand beside one another."""


def made(n: int, seed: int, night: str) -> pa.Table:
    """Alerts of a night; a third are of objects that have had some before."""
    random = np.random.default_rng(seed)
    jd = span_of(night)[0] + random.uniform(0.1, 0.9, n)
    number = random.integers(0, 1 << 40, n)
    known = np.random.default_rng(7)
    objects = np.stack([known.uniform(0, 360, 1 << 16), known.uniform(-1, 1, 1 << 16)])
    place = np.stack([random.uniform(0, 360, n), random.uniform(-1, 1, n)])
    again = random.random(n) < 1 / 3
    which = random.integers(0, 1 << 16, n)
    place[:, again] = objects[:, which[again]]
    dec = np.degrees(np.arcsin(place[1])) + np.where(again, random.normal(0, 3e-5, n), 0)
    single = [
        "magnitude", "magnitude_error", "limiting_magnitude", "real_bogus", "ss_distance",
        "ss_magnitude", "star_score", "star_distance",
    ]  # fmt: skip
    return pa.table(
        {
            "survey": pa.array(["ZTF"]).take(pa.array(np.zeros(n, dtype=np.int8))),
            "object_id": pa.array(np.where(again, which, number)).cast(pa.string()),
            "candid": pa.array((seed << 24) + np.arange(n)).cast(pa.string()),
            "ra": place[0],
            "dec": np.clip(dec, -90, 90),
            "jd": jd,
            "filter": pa.array(["g", "r", "i"]).take(pa.array(random.integers(0, 3, n))),
            "is_positive": random.random(n) < 0.7,
            "program_id": random.integers(1, 4, n).astype(np.int32),
            "n_detections": random.integers(1, 99, n).astype(np.int32),
            "first_jd": jd - random.exponential(30, n),
            "last_jd": jd,
            "received_at": pa.array(np.full(n, datetime.now(UTC).timestamp() * 1e6, np.int64)).cast(
                pa.timestamp("us", "UTC")
            ),
            **{name: random.uniform(0, 20, n).astype(np.float32) for name in single},
        }
    )


def fill(folder: Path, rows: int) -> None:
    """Make the year, and the three nights."""
    nights = [(FIRST + timedelta(days=number)).isoformat() for number in range(NIGHTS)]
    for number, night in enumerate(nights):
        put(folder, night, rows // NIGHTS, 1000 + number)
        if number + 1 == NIGHTS or nights[number + 1][:7] != night[:7]:
            compact(folder, night[:7])
            sweep(folder, grace=0)
    assert months_of(nights)[-1] == BIG_NIGHTS[0][:7]
    for number, night in enumerate(BIG_NIGHTS):
        put(folder, night, BIG, 5000 + number)
    sweep(folder, grace=0)


def put(folder: Path, night: str, rows: int, seed: int) -> None:
    table = made(rows, seed, night)
    for first in range(0, rows, BATCH):
        append(folder, f"{night}-{first}", table.slice(first, BATCH))
    close(folder, night)


def timed(what: str, limit: float, question: Callable[[], int]) -> None:
    """Ask twice, and print the time of the second."""
    question()
    began, began_cpu = time.perf_counter(), time.process_time()
    found = question()
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    verdict = "" if wall <= limit else "  MISSED"
    print(
        f"{what:58s}{found:10d} rows {wall:8.3f} s, processor {cpu:8.3f} s (within {limit:g} s)"
        f"{verdict}",
        flush=True,
    )


def ask_all(folder: Path, rows: int) -> None:
    archive, random = Archive(folder), np.random.default_rng(11)
    known = np.random.default_rng(7)
    ra, z = known.uniform(0, 360, 1 << 16), known.uniform(-1, 1, 1 << 16)
    dec = np.degrees(np.arcsin(z))
    for at in (3, 4):
        cone = Where(cone=Cone(float(ra[at]), float(dec[at]), 1.5))
        timed(f"cone of 1.5 arcsec, {rows:.3g} rows", 0.1, lambda w=cone: size(archive.query(w)))
    radius = np.degrees(np.arccos(1 - REGION * (np.pi / 180) ** 2 / (2 * np.pi)))
    skymap = circle_skymap(120 * u.deg, 25 * u.deg, radius * u.deg, 0.9)
    region = skymap.region(0.9)
    print(f"90 % region of {skymap.area(0.9):.0f} in {len(region)} ranges")
    since, until = span_of(BIG_NIGHTS[0])[0], span_of(BIG_NIGHTS[-1])[1]
    where = Where(region=region, since=since, until=until)
    timed("region over three nights of 1e6", 2.0, lambda: size(archive.query(where)))
    again = POSITIONS // 10
    which = random.integers(0, 1 << 16, again)
    coord = SkyCoord(
        np.concatenate([ra[which], random.uniform(0, 360, POSITIONS - again)]),
        np.concatenate(
            [dec[which], np.degrees(np.arcsin(random.uniform(-1, 1, POSITIONS - again)))]
        ),
        unit=u.deg,
    )
    timed(
        f"{POSITIONS:.0e} positions matched within 1.5 arcsec",
        30.0,
        lambda: sum(
            map(len, match(archive, Positions.of(coord, 1.5), ("candid", "jd", "magnitude")))
        ),
    )
    for statement, limit in (
        ("SELECT count(*) FROM alerts WHERE real_bogus > 10", 30.0),
        (f"SELECT count(*), avg(magnitude) FROM alerts WHERE jd > {since}", 5.0),
    ):
        timed(f"SQL: {statement[:50]}", limit, lambda s=statement: size(ask(archive, s)))


def size(batches: object) -> int:
    return sum(len(batch) for batch in batches)  # type: ignore[attr-defined]


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="an archive that stands already, and stays")
    known, _ = parser.parse_known_args()
    folder = known.folder or Path(tempfile.mkdtemp(prefix="archive-"))
    try:
        if known.folder is None or not known.folder.exists():
            free = shutil.disk_usage(folder.parent).free
            rows = min(known.rows, int(0.8 * free / BYTES_A_ROW))
            if rows < known.rows:
                print(f"{known.rows} rows do not fit in {free / 1e9:.0f} GB: {rows} are made.")
            began = time.perf_counter()
            fill(folder, rows)
            print(f"made in {time.perf_counter() - began:.0f} s")
        catalogs = live(folder).manifest.catalogs
        rows = sum(one.rows for one in catalogs)
        space = sum(one.size for one in catalogs)
        files = sum(len(one.parts) for one in catalogs)
        print(f"{rows} rows in {files} files of {len(catalogs)} catalogs, {space / 1e9:.1f} GB")
        ask_all(folder, rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process: {peak:.0f} MB")
    finally:
        if known.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
