"""The GROWTH-India Telescope: its observing list."""

import contextlib
import csv
import io

import pytest
from astropy import units as u
from astropy.coordinates import AltAz, SkyCoord, get_body
from astropy.time import Time

from telescopes.errors import PlanUnsuitable
from telescopes.growth_india.facts import GROWTH_INDIA, read_grid
from telescopes.growth_india.script import COLUMNS, GrowthIndiaScript
from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure
from tests.telescopes.contract import NAME
from tests.telescopes.drop_bench import DropBench, DropContract

NIGHT = Time("2026-03-01T15:00:00")
"""20:30 at Hanle."""


def india_plan(fields, filters="r", exposure_time=300 * u.s, dec=30.0, hours=6):
    """Fields that culminate over Hanle early in the night, in each filter."""
    sidereal = NIGHT.sidereal_time("mean", GROWTH_INDIA.site.location.lon).deg
    exposures = tuple(
        PlannedExposure(
            field_id=10 + field,
            ra=((sidereal + 15 + field) % 360) * u.deg,
            dec=dec * u.deg,
            filter=name,
            start=NIGHT + (visit * fields + field) * 330 * u.s,
            exposure_time=exposure_time,
            airmass=1.1,
            probability=0.01,
        )
        for visit, name in enumerate(filters)
        for field in range(fields)
    )
    request = ObservingRequest(
        NIGHT, NIGHT + hours * u.hour, tuple(filters), dict.fromkeys(filters, exposure_time)
    )
    return ObservingPlan("GROWTH-India", "by hand", request, exposures, {})


class IndiaBench(DropBench):
    def plan(self, n_fields=4):
        return india_plan(n_fields)


class TestContract(DropContract):
    ways = (("GROWTH-India", "sftp"),)

    @pytest.fixture
    def bench(self, tmp_path):
        with contextlib.ExitStack() as stack:
            yield IndiaBench(stack, tmp_path, GrowthIndiaScript())

    def test_lists(self, bench):
        bench.queue.submit(bench.prepare(2))
        (plan,) = bench.queue.queued()
        assert len(plan.targets) == 2
        assert plan.start < NIGHT + 1 * u.hour < plan.end


class TestScript:
    def write(self, plan):
        text = GrowthIndiaScript().write(plan, NAME, "EMGW", "Bhalerao")
        return list(csv.DictReader(io.StringIO(text)))

    def test_one_line_a_field_with_its_exposures(self):
        rows = self.write(india_plan(3, "rgr"))
        assert [row["tile_id"] for row in rows] == ["10", "11", "12"]
        assert tuple(rows[0]) == COLUMNS
        for row in rows:
            assert (row["r"], row["g"], row["u"], row["x"]) == ("2X300", "1X300", "", "")
            assert (row["domesleep"], row["Priority"], row["Target"]) == ("100", "10000", "EMGW")

    def test_positions(self):
        plan = india_plan(2)
        for row, exposure in zip(self.write(plan), plan.exposures, strict=True):
            place = SkyCoord(row["RA"], row["dec"], unit=(u.hourangle, u.deg))
            assert place.separation(SkyCoord(exposure.ra, exposure.dec)).arcsec < 0.2
            assert float(row["Dec"]) == pytest.approx(30.0)

    def test_rise_and_set_are_where_astropy_has_20_degrees(self):
        plan = india_plan(2, hours=12)
        for row, exposure in zip(self.write(plan), plan.exposures, strict=True):
            fall = Time(row["set_time_IST"].replace(" ", "T")) - 5.5 * u.hour
            frame = AltAz(obstime=fall, location=GROWTH_INDIA.site.location)
            altitude = SkyCoord(exposure.ra, exposure.dec).transform_to(frame).alt.deg
            assert altitude == pytest.approx(20, abs=0.25)
            assert row["rise_time_IST"] == "2026-03-01 20:30:00"

    def test_the_moon(self):
        plan = india_plan(1)
        moon = get_body("moon", NIGHT, GROWTH_INDIA.site.location)
        exposure = plan.exposures[0]
        separation = moon.separation(
            SkyCoord(exposure.ra, exposure.dec), origin_mismatch="ignore"
        ).deg
        assert float(self.write(plan)[0]["moon_angle"]) == pytest.approx(separation, abs=0.6)

    @pytest.mark.parametrize(
        "plan",
        [
            india_plan(0),
            india_plan(1, "J"),
            india_plan(1, exposure_time=2000 * u.s),
            india_plan(1, dec=-60.0),
        ],
        ids=["empty", "filter", "time", "never rises"],
    )
    def test_what_the_telescope_cannot_take_is_unsuitable(self, plan):
        with pytest.raises(PlanUnsuitable):
            self.write(plan)


def test_the_grid_has_the_camera_s_pitch():
    grid = read_grid()
    assert len(grid.field_id) == len(grid.coord)
    separation = grid.coord[1000].separation(grid.coord[1001]).deg
    assert 0.5 < separation <= 0.672
