"""A night of 800 ZTF exposures of 64 quadrants: ingested, and its coverage recomputed.

What is timed is what the `track` job does once the robot has answered: the exposures are written
to PostgreSQL, and the coverage of the event's map is computed and stored.
"""

import argparse
import gzip
import tempfile
import time
from datetime import timedelta
from importlib import resources
from pathlib import Path
from statistics import median

import numpy as np
from astropy import units as u
from astropy.time import Time

from planners.skymaps.files import read_skymap
from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure
from tests.too_marshal.factories import add_event, add_localization, add_plan, add_submission
from too_marshal.db.base import now, open_engine, session_factory
from too_marshal.db.observing.exposures import Coverage
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.store import store_exposures

MAP = "bns_00507deg2_10102.multiorder.fits.gz"


def night(queue_name: str, n_exposures: int, seed: int) -> list[ExecutedExposure]:
    """Two visits to each of the fields nearest to the map's peak; a few quadrants fail."""
    random = np.random.default_rng(seed)
    skymap = read_skymap(original())
    grid = TELESCOPES["ZTF"].read_grid()
    near = np.argsort(grid.coord.separation(skymap.peak()).deg)[: n_exposures // 2]
    begin = Time(now() - timedelta(hours=9))
    return [
        ExecutedExposure(
            exposure_id=f"{seed}-{k}",
            field_id=int(grid.field_id[index]),
            ra=grid.coord.ra[index],
            dec=grid.coord.dec[index],
            filter="gr"[k // len(near)],
            start=begin + 40 * k * u.s,
            exposure_time=30 * u.s,
            detectors=np.sort(random.choice(64, 64 if k % 10 else 60, replace=False)),
            queue_name=queue_name,
            limiting_magnitude=20.5 + 0.3 * random.normal(),
        )
        for k, index in enumerate([*near, *near])
    ]


def original() -> bytes:
    return gzip.decompress((resources.files("too_marshal") / "data" / MAP).read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exposures", type=int, default=800)
    parser.add_argument("--nights", type=int, default=5)
    options, _ = parser.parse_known_args()
    with embedded_database(Path(tempfile.mkdtemp(prefix="coverage-"))) as url:
        engine = open_engine(url)
        migrate(engine)
        with session_factory(engine)() as session:
            totals = []
            for seed in range(options.nights):
                event = add_event(session, f"S26010{seed}x")
                add_localization(session, event, read_skymap(original()), original())
                submission = add_submission(session, add_plan(session, event))
                exposures = night(submission.queue_name, options.exposures, seed)
                begun = time.perf_counter()
                added = store_exposures(session, "ZTF", exposures).added
                session.commit()
                kept = time.perf_counter()
                cover(session, event.id, "ZTF")
                done = time.perf_counter()
                row = session.get_one(Coverage, (event.current_localization_id, "ZTF"))
                totals.append(done - begun)
                print(
                    f"night {seed + 1}: {added} exposures kept in {kept - begun:.2f} s, coverage"
                    f" {100 * row.probability:.1f} % / {100 * row.probability_twice:.1f} % in"
                    f" {done - kept:.2f} s; together {done - begun:.2f} s"
                )
        engine.dispose()
    print(f"median {median(totals):.2f} s, worst {max(totals):.2f} s; budget 1 s")


if __name__ == "__main__":
    main()
