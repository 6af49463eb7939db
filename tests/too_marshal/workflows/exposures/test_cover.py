"""Coverage as it is stored equals that of an independent rasterization, for many nights."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy.orm import Session

from planners.geometry.polygons import unit_vectors
from planners.skymaps.files import read_skymap
from telescopes import TELESCOPES
from telescopes.observing_plan import ExecutedExposure
from tests.planners.oracles import detector_polygons
from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.observing.exposures import ALL_TELESCOPES, Coverage, ExposureImport, Source
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.cover_version import cover_version
from too_marshal.workflows.exposures.store import store_exposures

NIGHTS = 20
ZTF = TELESCOPES["ZTF"]
MAP = "simulated/bns_00507deg2_10102.multiorder.fits"


def night(random: np.random.Generator, peak: SkyCoord, number: int, queue: str):
    """A night of visits around the peak, on shifting fields, with quadrants that fail."""
    grid = ZTF.read_grid()
    near = np.argsort(grid.coord.separation(peak).deg)[:60]
    begin = Time(now() - timedelta(days=number + 1))
    return [
        ExecutedExposure(
            exposure_id=f"{number}-{k}",
            field_id=int(grid.field_id[index]),
            ra=grid.coord.ra[index],
            dec=grid.coord.dec[index],
            filter="gri"[k % 3],
            start=begin + k * u.min,
            exposure_time=30 * u.s,
            detectors=np.sort(random.choice(64, 64 if k % 3 else 55, replace=False)),
            queue_name=queue,
            limiting_magnitude=20.0 + random.normal() / 3,
        )
        for k, index in enumerate(random.choice(near, 12))
    ]


def rasterized(path: Path) -> np.ndarray:
    """Probability of each pixel of NSIDE 1024 (NESTED), by ligo.skymap."""
    from ligo.skymap.bayestar import rasterize  # noqa: PLC0415 - costs seconds
    from ligo.skymap.io import read_sky_map  # noqa: PLC0415

    return np.asarray(rasterize(read_sky_map(path, moc=True), order=10)["PROB"])


def paint(count: np.ndarray, nights: list) -> None:
    """Count each of some exposures in the pixels that it sees."""
    for item in nights:
        good = np.isin(ZTF.footprint.detector_id, item.detectors)
        corners = unit_vectors(detector_polygons(ZTF, item.ra, item.dec)[good])
        seen = [healpy.query_polygon(1024, polygon, nest=True) for polygon in corners]
        count[np.unique(np.concatenate(seen))] += 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_twenty_nights_are_covered_as_an_independent_rasterization_has_it(
    session: Session, corpus: Path
):
    path = corpus / "skymaps" / MAP
    skymap = read_skymap(path.read_bytes())
    event = add_event(session, event_time=now() - timedelta(days=30))
    add_localization(session, event, skymap)
    submission = add_submission(session, add_plan(session, event))
    probability = rasterized(path)
    random = np.random.default_rng(20261122)
    taken: list[ExecutedExposure] = []
    count = np.zeros(len(probability), dtype=np.int16)
    worst = 0.0
    for number in range(NIGHTS):
        new = night(random, skymap.peak(), number, submission.queue_name)
        taken += new
        assert store_exposures(session, "ZTF", new).added == len(new)
        cover(session, event.id, "ZTF")
        row = session.get_one(
            Coverage, (event.current_localization_id, "ZTF"), populate_existing=True
        )
        paint(count, new)
        once, twice = (float(probability[count >= least].sum()) for least in (1, 2))
        worst = max(worst, abs(row.probability - once), abs(row.probability_twice - twice))
        assert row.exposures == len(taken)
        assert row.probability == pytest.approx(once, abs=0.002)
        assert row.probability_twice == pytest.approx(twice, abs=0.002)
    print(f"{NIGHTS} nights, {len(taken)} exposures: worst difference {worst:.5f}")
    assert once > 0.3
    assert row.by_source["planned"]["probability"] == row.probability


def test_any_version_is_covered_by_each_telescope_and_by_all(session: Session):
    event = add_event(session, event_time=now() - timedelta(days=2))
    older = add_localization(session, event, circle_map(150.0, 30.0, 8.0))
    plan = add_plan(session, event, start=now() - timedelta(hours=20))
    submission = add_submission(session, plan)
    newer = add_localization(session, event, circle_map(165.0, 30.0, 8.0))
    peak = SkyCoord(150 * u.deg, 30 * u.deg)
    random = np.random.default_rng(1)
    store_exposures(session, "ZTF", night(random, peak, 0, submission.queue_name))
    brought = ExposureImport(
        event_id=event.id, telescope="DECam", source=Source.UPLOADED, name="x", made_by="ann"
    )
    session.add(brought)
    session.flush()
    other = ExecutedExposure(
        "d1", -1, 150 * u.deg, 30 * u.deg, "i", Time(now() - timedelta(hours=5)), 90 * u.s,
        TELESCOPES["DECam"].footprint.detector_id,
    )  # fmt: skip
    store_exposures(session, "DECam", [other], brought.id)
    session.commit()
    for localization in (older, newer):
        cover_version(session, event.id, localization.id)
    rows = {
        (localization.id, name): session.get_one(Coverage, (localization.id, name)).probability
        for localization in (older, newer)
        for name in ("ZTF", "DECam", ALL_TELESCOPES)
    }
    assert rows[older.id, "ZTF"] > rows[newer.id, "ZTF"] + 0.1
    for localization in (older, newer):
        parts = [rows[localization.id, name] for name in ("ZTF", "DECam")]
        assert max(parts) <= rows[localization.id, ALL_TELESCOPES] + 1e-9
        assert rows[localization.id, ALL_TELESCOPES] <= sum(parts) + 1e-3
