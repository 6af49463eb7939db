"""WINTER: its queue against a simulated observatory, and its facts."""

import contextlib
import json
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u

from telescopes.errors import PlanUnsuitable, QueueRefused, QueueUnreachable
from telescopes.protocols.http import HTTPTransport, basic_authorization
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.service import running
from telescopes.simulators.winter import WINTERSimulator
from telescopes.winter.facts import WINTER, read_grid
from telescopes.winter.messages import read_rows
from telescopes.winter.queue import WINTERQueue
from tests.telescopes.contract import NAME, Bench, HTTPFaultContract, QueueContract
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_queue import Wall


class WINTERBench(Bench):
    write_method = "POST"

    def __init__(self, stack):
        self.wall = Wall()
        self.simulator = WINTERSimulator(SimulatedClock((START - 5 * u.min).mjd, 1.0, self.wall))
        self._stack = stack
        self.server = stack.enter_context(running(self.simulator))
        self.queue = self.connect(10)

    def connect(self, patience, password="secret", key="key"):
        transport = HTTPTransport(
            self.server.url,
            basic_authorization("observer", password),
            timeout=patience * u.s,
            deadline=2 * patience * u.s,
            largest_answer=4 * 2**20,
        )
        return WINTERQueue(transport, "2026A000", key)

    def held(self, name):
        waiting = [
            row
            for rows in self.simulator.schedules.values()
            for row in rows
            if row["targName"] == name and not row["observed"]
        ]
        return len(waiting) or None

    def plan(self, n_fields=4):
        return make_plan(n_fields, "J")

    def add_fault(self, fault):
        self.server.faults.add(fault)

    def let_go(self):
        self.server.faults.clear()

    def pass_time(self, duration):
        self.wall.seconds += duration.to_value(u.s)

    def close(self):
        self._stack.close()


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield WINTERBench(stack)


class TestContract(QueueContract, HTTPFaultContract):
    """Exposures are uploaded: the observatory does not say when it took them."""

    ways = (("WINTER", "http"),)


class TestMessage:
    def write(self, plan, name=NAME):
        queue = WINTERQueue(HTTPTransport("http://127.0.0.1:9"), "2026A000", "key")
        return json.loads(queue.prepare(plan, name, "2026A000", "Kasliwal").body)

    def test_is_the_observatory_s_request(self):
        plan = make_plan(1, ("Hs",), exposure_time=900 * u.s, airmass_limit=2.0)
        exposure = plan.exposures[0]
        assert self.write(plan) == [
            {
                "ra_deg": pytest.approx(exposure.ra.deg, abs=1e-6),
                "dec_deg": pytest.approx(exposure.dec.deg, abs=1e-6),
                "use_field_grid": False,
                "filters": ["Hs"],
                "target_priority": 50.0,
                "target_name": NAME,
                "total_exposure_time": 900.0,
                "n_dither": 15,
                "n_repetitions": 1,
                "dither_distance": 90.0,
                "start_time_mjd": pytest.approx(START.mjd, abs=1e-9),
                "end_time_mjd": pytest.approx((START + 6 * u.hour).mjd, abs=1e-9),
                "max_airmass": 2.0,
                "use_best_detector": False,
            }
        ]

    def test_a_request_says_how_it_dithers(self):
        plan = make_plan(1, ("J",), exposure_time=900 * u.s)
        wish = replace(plan.request, dithers=5, dither_distance=1 * u.arcmin)
        (target,) = self.write(replace(plan, request=wish))
        assert (target["n_dither"], target["dither_distance"]) == (5, pytest.approx(60.0))

    @pytest.mark.parametrize(
        ("plan", "reason"),
        [
            (make_plan(1, "r"), "no filter 'r'"),
            (make_plan(1, "J", exposure_time=2 * u.s), "2 s in 8 dithers"),
            (make_plan(1, "J", exposure_time=2500 * u.s), "2500 s; the longest is 2400 s"),
        ],
    )
    def test_what_winter_cannot_do_is_unsuitable(self, plan, reason):
        with pytest.raises(PlanUnsuitable, match=reason):
            self.write(plan)

    def test_a_name_of_more_than_30_letters_is_unsuitable(self):
        with pytest.raises(PlanUnsuitable, match="30 letters"):
            self.write(make_plan(1, "J"), "ToO_" + "a" * 30)


class TestQueue:
    def test_the_observatory_s_objections_are_told_in_its_words(self, bench):
        request = bench.prepare()
        body = request.body.replace('"n_dither": 8', '"n_dither": 8, "camera": 3')
        with pytest.raises(QueueRefused, match="extra fields not permitted: camera"):
            bench.queue.submit(type(request)(request.name, body))

    def test_two_schedules_of_the_same_targets_are_a_doubling(self, bench):
        request = bench.prepare()
        for _ in range(2):
            bench.queue._exchange("POST", "/too/winter", request.body, submit_trigger="true")
        assert bench.queue.find(request) is None
        bench.queue.withdraw(request.name)
        assert bench.queue.find(request) is False

    def test_what_is_done_is_found_but_no_longer_queued(self, bench):
        request = bench.prepare(4)
        bench.queue.submit(request)
        bench.pass_time(1 * u.hour)
        assert bench.queue.find(request) is True
        assert bench.queue.queued() == ()
        assert bench.held(request.name) is None

    def test_what_is_half_done_is_queued_with_what_is_left(self, bench):
        bench.queue.submit(bench.prepare(4))
        bench.pass_time(7.5 * u.min)
        (plan,) = bench.queue.queued()
        assert 0 < len(plan.targets) < 4

    def test_credentials(self, bench):
        assert "secret" not in repr(bench.queue)
        assert "key=" not in repr(bench.queue)
        for queue in (bench.connect(10, password="wrong"), bench.connect(10, key="wrong")):
            with pytest.raises(QueueRefused, match="401"):
                queue.submit(bench.prepare())
            with pytest.raises(QueueUnreachable, match="does not let us in"):
                queue.ping()

    def test_a_schedule_that_vanishes_while_it_is_read(self, bench):
        bench.queue.submit(bench.prepare())
        bench.add_fault(Fault(FaultKind.STATUS, status=404, path="/too/details"))
        with pytest.raises(QueueRefused):
            bench.queue.queued()

    @pytest.mark.parametrize(
        "body",
        ['{"body": 3}', '{"msg": "x"}', '{"body": [3]}', '{"body": {"a": [1], "b": [1, 2]}}', "3"],
    )
    def test_a_strange_table_is_not_swallowed(self, bench, body):
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body))
        with pytest.raises(QueueUnreachable, match="cannot be read"):
            bench.queue.queued()


def test_tables_come_in_three_forms():
    rows = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert read_rows(rows) == rows
    assert read_rows({"a": [1, 3], "b": [2, 4]}) == rows
    assert read_rows({"a": {"0": 1, "1": 3}, "b": {"0": 2, "1": 4}}) == rows
    assert read_rows({}) == read_rows([]) == []


class TestFacts:
    def test_the_camera_sees_1_2_square_degrees(self):
        corners = WINTER.footprint.corners.to_value(u.deg)
        sides = np.ptp(corners, axis=1)
        assert sides.prod(axis=-1).sum() == pytest.approx(1.2, abs=0.05)
        flat = corners.reshape(-1, 2)
        assert np.ptp(flat[:, 0]) * np.ptp(flat[:, 1]) == pytest.approx(
            sides.prod(axis=-1).sum(), rel=1e-6
        )

    def test_the_grid_is_one_that_a_planner_can_bear(self):
        assert 25_000 < len(read_grid().field_id) < 40_000
