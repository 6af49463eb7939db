"""A telescope is added by a module, a grid and two lines, as `docs/telescopes.md` says."""

import contextlib
import importlib
import sys
import textwrap

import pytest
from astropy import units as u

import telescopes
from planners.greedy import plan as plan_greedily
from planners.skymaps.circles import circle_skymap
from telescopes import queues
from telescopes.observing_plan import ObservingRequest
from telescopes.simulators.drop import ACCOUNT, PASSWORD, DropServer, running_drop
from tests.telescopes.drop_bench import HOST_KEY
from tests.telescopes.plans import START

MODULE = '''
"""A telescope that was not there before."""

import json
from dataclasses import dataclass, replace
from functools import cache

from astropy import units as u
from astropy.time import Time

from telescopes.grids import declination_rings
from telescopes.observing_queue import QueuedPlan
from telescopes.protocols.drop_endpoint import DropEndpoint
from telescopes.ztf.facts import ZTF


@cache
def read_grid():
    return declination_rings(6.8 * u.deg, 6.8 * u.deg, -30 * u.deg, 90 * u.deg)


NEW = replace(ZTF, name="New", filters=("w",), default_filters=("w",), read_grid=read_grid,
              reference_magnitudes={"w": 21.0})


@dataclass(frozen=True)
class NewScript:
    suffix: str = ".new"

    def write(self, plan, name, program, pi):
        rows = [[each.start.utc.isot, each.field_id, each.filter] for each in plan.exposures]
        return json.dumps(rows)

    def read(self, name, text):
        rows = json.loads(text)
        return QueuedPlan(name, Time(rows[0][0]), Time(rows[-1][0]), True, tuple(rows))


class NewEndpoint(DropEndpoint):
    def open(self, telescope):
        return self.queue(NewScript())
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    package = tmp_path / "observatory"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "new.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("observatory.new")
    monkeypatch.setitem(telescopes.TELESCOPES, module.NEW.name, module.NEW)
    way = (module.NEW.name, "sftp")
    monkeypatch.setitem(queues.QUEUES, way, "observatory.new:NewEndpoint")
    yield module
    for name in ("observatory.new", "observatory"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("added")
def test_it_is_planned_for_and_reached(tmp_path):
    request = ObservingRequest(START, START + 3 * u.hour, ("w",), {"w": 30 * u.s})
    skymap = circle_skymap(118 * u.deg, 33 * u.deg, 6 * u.deg, 0.9)
    made = plan_greedily(skymap, telescopes.TELESCOPES["New"], request)
    assert made.telescope == "New"
    assert made.exposures
    assert {exposure.filter for exposure in made.exposures} == {"w"}
    (tmp_path / "too").mkdir()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running_drop(DropServer(tmp_path, HOST_KEY)))
        endpoint = {
            "host": "127.0.0.1",
            "port": server.port,
            "username": ACCOUNT,
            "password": PASSWORD,
            "host_key": server.known_host,
            "directory": "too",
        }
        queue = queues.open_queue("New", endpoint)
        message = queue.prepare(made, "ToO_new", "none", "nobody")
        queue.submit(message)
        assert queue.find(message) is True
        assert [plan.name for plan in queue.queued()] == ["ToO_new"]
        assert len(queue.queued()[0].targets) == len(made.exposures)
