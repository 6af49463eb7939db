"""DECam: its facts and its script."""

import contextlib
import json
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from telescopes.decam.facts import DECAM, read_grid
from telescopes.decam.script import DECamScript
from telescopes.errors import PlanUnsuitable
from tests.telescopes.contract import NAME
from tests.telescopes.drop_bench import DropBench, DropContract
from tests.telescopes.plans import START, make_plan


class TestContract(DropContract):
    ways = (("DECam", "sftp"),)

    @pytest.fixture
    def bench(self, tmp_path):
        with contextlib.ExitStack() as stack:
            yield DropBench(stack, tmp_path, DECamScript())


class TestScript:
    def write(self, plan, **settings):
        return json.loads(DECamScript(**settings).write(plan, NAME, "2019B-0353", "Andreoni"))

    def test_is_what_the_instrument_reads(self):
        plan = make_plan(2, "z", exposure_time=90 * u.s)
        first, second = self.write(plan, title="GROWTH DECam GW")
        exposure = plan.exposures[0]
        assert first == {
            "count": 1,
            "comment": f"{NAME}: 1 of 2, planned 2026-03-02T05:00:00.000Z",
            "seqtot": 2,
            "seqnum": 1,
            "expType": "object",
            "object": f"{NAME}: 1 of 2",
            "filter": "z",
            "program": "GROWTH DECam GW (Andreoni)",
            "RA": pytest.approx(exposure.ra.deg, abs=1e-6),
            "dec": pytest.approx(exposure.dec.deg, abs=1e-6),
            "exptime": 90.0,
            "seqid": NAME,
            "propid": "2019B-0353",
            "wait": "False",
        }
        assert second["seqnum"] == 2

    def test_no_value_is_a_list(self):
        for row in self.write(make_plan(3)):
            assert all(isinstance(value, str | int | float) for value in row.values())

    def test_a_dither_splits_the_time_and_moves_by_its_angle_on_the_sky(self):
        plan = make_plan(3, "g", exposure_time=90 * u.s)
        rows = self.write(plan, dither=60 * u.arcsec)
        assert len(rows) == 6
        assert [row["seqnum"] for row in rows] == list(range(1, 7))
        assert {row["exptime"] for row in rows} == {45.0}
        for first, second in zip(rows[::2], rows[1::2], strict=True):
            a, b = (SkyCoord(row["RA"], row["dec"], unit=u.deg) for row in (first, second))
            east, north = a.spherical_offsets_to(b)
            assert east.arcsec == pytest.approx(60, abs=0.05)
            assert north.arcsec == pytest.approx(60, abs=0.05)

    @pytest.mark.parametrize(
        ("wish", "proposal", "offset"),
        [
            ({"dithers": 1}, 60 * u.arcsec, None),
            ({"dithers": 2}, None, 60),
            ({"dithers": 2}, 30 * u.arcsec, 30),
            ({"dither_distance": 45 * u.arcsec}, 30 * u.arcsec, 45),
            ({}, None, None),
        ],
    )
    def test_a_request_says_whether_and_how_far_it_dithers(self, wish, proposal, offset):
        plan = make_plan(1, "g", exposure_time=90 * u.s)
        plan = replace(plan, request=replace(plan.request, **wish))
        rows = self.write(plan, dither=proposal)
        assert len(rows) == (1 if offset is None else 2)
        if offset is not None:
            north = 3600 * (rows[1]["dec"] - rows[0]["dec"])
            assert north == pytest.approx(offset, abs=0.05)

    def test_reads_itself(self):
        text = DECamScript().write(make_plan(3, "gz"), NAME, "2019B-0353", "Andreoni")
        plan = DECamScript().read(NAME, text)
        assert len(plan.targets) == 6
        assert abs(plan.start - START) < 1 * u.s
        assert plan.end > plan.start + 5 * u.min

    @pytest.mark.parametrize(
        "plan",
        [make_plan(1, "VR"), make_plan(1, exposure_time=1000 * u.s), make_plan(0)],
        ids=["no such filter", "too long", "empty"],
    )
    def test_what_the_camera_cannot_do_is_unsuitable(self, plan):
        with pytest.raises(PlanUnsuitable):
            self.write(plan)


class TestFacts:
    def test_the_camera_has_61_chips_within_a_circle_of_2_2_degrees(self):
        corners = DECAM.footprint.corners.to_value(u.deg)
        assert corners.shape == (61, 4, 2)
        assert 61 not in DECAM.footprint.detector_id
        assert np.hypot(*corners.T).max() == pytest.approx(1.1, abs=0.05)
        x, y = corners[..., 0], corners[..., 1]
        area = 0.5 * np.abs(np.sum(x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1), axis=1))
        # About 3 square degrees (Flaugher et al. 2015) for 62 chips and gaps.
        assert area.sum() == pytest.approx(2.75, abs=0.1)

    def test_chips_do_not_overlap(self):
        corners = DECAM.footprint.corners.to_value(u.deg)
        low, high = corners.min(axis=1), corners.max(axis=1)
        overlap = np.all(
            (low[:, None] < high[None] - 1e-9) & (low[None] < high[:, None] - 1e-9), axis=-1
        )
        assert np.array_equal(overlap, np.eye(61, dtype=bool))

    def test_the_site_is_where_astropy_has_it(self):
        # Cerro Tololo of astropy's site list: 70.815 W, 30.16527778 S, 2215 m.
        location = DECAM.site.location
        assert location.lon.deg == pytest.approx(-70.815, abs=0.02)
        assert location.lat.deg == pytest.approx(-30.165, abs=0.02)
        assert location.height.to_value(u.m) == pytest.approx(2215, abs=20)

    def test_every_position_between_the_limits_is_in_a_field(self):
        grid = read_grid()
        random = np.random.default_rng(0)
        dec = np.degrees(np.arcsin(random.uniform(-1, np.sin(np.radians(35)), 4000)))
        sky = SkyCoord(random.uniform(0, 360, 4000), dec[:4000], unit=u.deg)
        sky = sky[sky.dec.deg > -89]
        nearest, distance, _ = sky.match_to_catalog_sky(grid.coord)
        assert distance.deg.max() < np.hypot(1.55, 1.35) / 2 + 1e-6
        assert len(set(grid.field_id)) == len(grid.field_id)
        assert len(nearest) > 3900
