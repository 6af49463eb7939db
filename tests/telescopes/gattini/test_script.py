"""Palomar Gattini-IR: its facts and its queue file."""

import contextlib
import json

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from telescopes.errors import PlanUnsuitable
from telescopes.gattini.facts import GATTINI, WIDTH, read_grid
from telescopes.gattini.script import QueueScript
from tests.telescopes.contract import NAME
from tests.telescopes.drop_bench import DropBench, DropContract
from tests.telescopes.plans import START, make_plan


class GattiniBench(DropBench):
    def plan(self, n_fields=4):
        return make_plan(n_fields, "J")


class TestContract(DropContract):
    ways = (("Gattini", "sftp"),)

    @pytest.fixture
    def bench(self, tmp_path):
        with contextlib.ExitStack() as stack:
            yield GattiniBench(stack, tmp_path, QueueScript())


class TestScript:
    def test_is_the_queue_of_the_first_marshal(self):
        plan = make_plan(1, "J", exposure_time=65 * u.s)
        text = QueueScript().write(plan, NAME, "Caltech", "Kasliwal")
        exposure = plan.exposures[0]
        message = json.loads(text)
        assert message == {
            "queue_name": NAME,
            "validity_window_mjd": pytest.approx(
                [START.mjd, (START + 65 * u.s + 30 * u.min).mjd], abs=1e-8
            ),
            "targets": [
                {
                    "request_id": 1,
                    "program_id": 3,
                    "field_id": exposure.field_id,
                    "ra": pytest.approx(exposure.ra.deg, abs=1e-6),
                    "dec": pytest.approx(exposure.dec.deg, abs=1e-6),
                    "filter_id": 5,
                    "exposure_time": 65.0,
                    "program_pi": "Kasliwal",
                    "subprogram_name": NAME,
                }
            ],
        }
        assert text == json.dumps(message, indent=4, sort_keys=True)

    @pytest.mark.parametrize(
        ("plan", "program"),
        [
            (make_plan(1, "r"), "Caltech"),
            (make_plan(0, "J"), "Caltech"),
            (make_plan(1, "J", exposure_time=2000 * u.s), "Caltech"),
            (make_plan(1, "J"), "GROWTH"),
        ],
        ids=["filter", "empty", "time", "program"],
    )
    def test_what_the_telescope_cannot_take_is_unsuitable(self, plan, program):
        with pytest.raises(PlanUnsuitable):
            QueueScript().write(plan, NAME, program, "Kasliwal")


class TestFacts:
    def test_the_camera_sees_25_square_degrees(self):
        assert WIDTH.to_value(u.deg) ** 2 == pytest.approx(24.5, abs=0.1)
        corners = GATTINI.footprint.corners.to_value(u.deg)
        assert np.ptp(corners, axis=1).tolist() == [[pytest.approx(4.95, abs=0.01)] * 2]

    def test_the_grid_covers_the_survey(self):
        grid = read_grid()
        random = np.random.default_rng(0)
        dec = np.degrees(np.arcsin(random.uniform(np.sin(np.radians(-28.9)), 1, 4000)))
        sky = SkyCoord(random.uniform(0, 360, 4000), dec, unit=u.deg)
        _, distance, _ = sky.match_to_catalog_sky(grid.coord)
        assert distance.deg.max() < 0.98 * WIDTH.to_value(u.deg) / np.sqrt(2) + 1e-6
        assert 1300 < len(grid.field_id) < 1700
