"""The Kitt Peak EMCCD Demonstrator: its facts and its queue file."""

import contextlib
import json
from dataclasses import replace

import pytest
from astropy import units as u
from astropy.table import Table

from planners.problem.requests import RequestInvalid
from planners.registry import PLANNERS
from planners.skymaps.circles import circle_skymap
from telescopes.errors import PlanUnsuitable
from telescopes.gattini.script import QueueScript
from telescopes.kped.facts import KPED
from telescopes.observing_plan import ObservingRequest
from tests.telescopes.contract import NAME
from tests.telescopes.drop_bench import DropBench, DropContract
from tests.telescopes.plans import START, make_plan


class TestContract(DropContract):
    ways = (("KPED", "sftp"),)

    @pytest.fixture
    def bench(self, tmp_path):
        with contextlib.ExitStack() as stack:
            yield DropBench(stack, tmp_path, QueueScript(KPED))


def test_the_file_is_gattini_s_with_its_own_filters():
    text = QueueScript(KPED).write(make_plan(2, "gr"), NAME, "Partnership", "Coughlin")
    message = json.loads(text)
    assert [target["filter_id"] for target in message["targets"]] == [1, 1, 2, 2]
    assert "queue_type" not in message
    with pytest.raises(PlanUnsuitable, match="KPED has no filter 'J'"):
        QueueScript(KPED).write(make_plan(1, "J"), NAME, "Partnership", "Coughlin")


def test_it_is_pointed_at_galaxies_and_has_no_fields():
    galaxies = Table({"ra": [118.0, 118.5], "dec": [33.0, 33.1], "distance": [40.0, 41.0]})
    request = ObservingRequest(
        START, START + 2 * u.hour, ("g",), {"g": 300 * u.s}, airmass_limit=2.0, galaxies=galaxies
    )
    skymap = circle_skymap(118 * u.deg, 33 * u.deg, 6 * u.deg, 0.9)
    made = PLANNERS["galaxies"](skymap, KPED, request)
    assert len(made.exposures) == 2
    with pytest.raises(RequestInvalid, match="no grid of fields"):
        PLANNERS["greedy"](skymap, KPED, replace(request, galaxies=None))
