from __future__ import annotations

import gzip

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from astropy.time import Time

from planners import (
    PLANNERS,
    ObservingRequest,
    Ranges,
    SkyMap,
    SkyMapInvalid,
    circle_skymap,
    plan,
    read_skymap,
)
from planners.coverage import coverage
from planners.optimal import plan as optimal
from planners.skymaps.summary import finest_order
from telescopes import ZTF
from tests.planners.fits_files import flat_file

SKYMAP = circle_skymap(150 * u.deg, 20 * u.deg, 2 * u.deg, containment=0.9)
REQUEST = ObservingRequest(
    start=Time("2026-02-15T06:00:00"),
    end=Time("2026-02-15T06:20:00"),
    filters=("g", "r"),
    exposure_time={"g": 30 * u.s, "r": 30 * u.s},
    minimum_gap=5 * u.min,
)


def test_a_planner_is_chosen_by_its_name_and_a_telescope_by_its_own():
    made = plan(SKYMAP, "ZTF", REQUEST, "greedy")
    assert made.planner == "greedy"
    assert made.to_table()["field_id"].tolist() == [
        row.field_id for row in PLANNERS["greedy"](SKYMAP, ZTF, REQUEST).exposures
    ]
    assert PLANNERS["optimal"].plan is optimal
    with pytest.raises(LookupError, match="optimal, greedy"):
        plan(SKYMAP, ZTF, REQUEST, "best")
    with pytest.raises(LookupError, match="'ZFT'; known: ZTF"):
        plan(SKYMAP, "ZFT", REQUEST)


def test_a_plan_is_a_table_with_units_that_survives_a_file(tmp_path):
    made = plan(SKYMAP, ZTF, REQUEST, "greedy")
    table = made.to_table()
    assert table["ra"].unit == u.deg
    assert table["exposure_time"].unit == u.s
    assert np.all(np.diff(table["start"].mjd) > 0)
    assert table["start"][0].isot == made.exposures[0].start.utc.isot
    assert table["probability"].tolist() == [row.probability for row in made.exposures]
    table.write(tmp_path / "plan.ecsv")
    reread = QTable.read(tmp_path / "plan.ecsv")
    assert reread.meta["planner"] == "greedy"
    assert reread["limiting_magnitude"].unit == u.ABmag
    assert reread["filter"].tolist() == [row.filter for row in made.exposures]


def test_an_empty_plan_is_an_empty_table():
    below = circle_skymap(150 * u.deg, -80 * u.deg, 1 * u.deg, containment=0.9)
    made = plan(below, ZTF, REQUEST, "greedy")
    assert len(made.to_table()) == 0
    assert "0 exposures" in repr(made)


def test_what_is_printed_says_what_it_is():
    made = plan(SKYMAP, ZTF, REQUEST, "greedy")
    share = f"{made.statistics['probability_all_filters']:.1%}"
    assert repr(made).startswith("ObservingPlan(ZTF by greedy: ")
    assert f"g, r, 2026-02-15T06:00 to 2026-02-15T06:20, {share} of" in repr(made)
    assert "90 % in 12.59 deg2" in repr(SKYMAP)
    assert "Mpc" not in repr(SKYMAP)
    assert repr(coverage(SKYMAP, ZTF, [])).startswith("Coverage(0 exposures in no filter, 0.0%")


@pytest.mark.parametrize(("cells", "order"), [([7], 5), ([8, 9], 5), ([8, 9, 10, 11], 4)])
def test_the_finest_order_is_that_of_the_cells_and_not_of_their_runs(cells, order):
    region = Ranges.of_cells(5, cells)
    assert finest_order(SkyMap.normalized((region.lo, region.hi), np.ones(len(region)))) == order


def test_a_map_is_read_from_its_path_and_a_fault_names_the_file(tmp_path):
    data = flat_file(np.full(192, 1 / 192))
    for name, content in (("flat.fits", data), ("flat.fits.gz", gzip.compress(data))):
        path = tmp_path / name
        path.write_bytes(content)
        for given in (path, str(path), content):
            assert len(read_skymap(given).lo) == 1
    broken = tmp_path / "broken.fits"
    broken.write_bytes(data[:3000])
    with pytest.raises(SkyMapInvalid, match=f"^{broken}: "):
        read_skymap(broken)
    with pytest.raises(FileNotFoundError, match=r"none\.fits"):
        read_skymap(tmp_path / "none.fits")
