"""Las Cumbres Observatory: its queue against a simulated portal, and its facts."""

import contextlib
import json

import pytest
from astropy import units as u

from telescopes.errors import PlanUnsuitable, QueueRefused, QueueUnreachable
from telescopes.las_cumbres.facts import LAS_CUMBRES, SITES
from telescopes.las_cumbres.queue import LCOQueue
from telescopes.protocols.http import HTTPTransport
from telescopes.protocols.readback import contains
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.lco import LCOSimulator
from telescopes.simulators.service import running
from tests.telescopes.contract import (
    NAME,
    Bench,
    ExecutionContract,
    HTTPFaultContract,
    QueueContract,
)
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_queue import Wall

GROUPS = "/api/requestgroups/"


class LCOBench(Bench):
    """The portal, five minutes before `START`."""

    write_method = "POST"

    def __init__(self, stack):
        self.wall = Wall()
        self.simulator = LCOSimulator(
            SimulatedClock((START - 5 * u.min).mjd, 1.0, self.wall), "secret"
        )
        self._stack = stack
        self.server = stack.enter_context(running(self.simulator))
        self.queue = self.connect(10)

    def connect(self, patience, token="secret"):
        transport = HTTPTransport(
            self.server.url,
            {"Authorization": f"Token {token}"},
            timeout=patience * u.s,
            deadline=2 * patience * u.s,
            largest_answer=4 * 2**20,
        )
        return LCOQueue(transport, "elp")

    def held(self, name):
        self.simulator.pass_time()
        groups = [
            group
            for group in self.simulator.groups
            if group["name"] == name and group["state"] == "PENDING"
        ]
        if not groups:
            return None
        return sum(len(group["requests"]) for group in groups)

    def add_fault(self, fault):
        path = GROUPS if fault.method == "POST" else fault.path
        self.server.faults.add(Fault.from_message({**vars(fault), "path": path}))

    def let_go(self):
        self.server.faults.clear()

    def pass_time(self, duration):
        self.wall.seconds += duration.to_value(u.s)

    def close(self):
        self._stack.close()


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield LCOBench(stack)


class TestContract(QueueContract, ExecutionContract, HTTPFaultContract):
    ways = tuple((f"LCO-1m-{code}", "portal") for code in SITES)

    @staticmethod
    def on_withdrawal(bench, fault):
        # A withdrawal is a POST here, to a path that has the group's number in it.
        ids = [group["id"] for group in bench.simulator.groups]
        path = f"{GROUPS}{ids[-1]}/cancel/"
        return Fault.from_message({**vars(fault), "method": None, "path": path})


class TestMessage:
    def write(self, plan, **settings):
        queue = LCOQueue(HTTPTransport("http://127.0.0.1:9"), "elp", **settings)
        return json.loads(queue.prepare(plan, NAME, "Caltech", "Kulkarni").body)

    def test_is_the_payload_of_the_portal(self):
        plan = make_plan(1, "r", exposure_time=300 * u.s, airmass_limit=1.6)
        exposure = plan.exposures[0]
        assert self.write(plan) == {
            "name": NAME,
            "proposal": "Caltech",
            "ipp_value": 1.05,
            "operator": "SINGLE",
            "observation_type": "TIME_CRITICAL",
            "requests": [
                {
                    "configurations": [
                        {
                            "type": "EXPOSE",
                            "instrument_type": "1M0-SCICAM-SINISTRO",
                            "target": {
                                "name": f"field {exposure.field_id}",
                                "type": "ICRS",
                                "ra": pytest.approx(exposure.ra.deg, abs=1e-6),
                                "dec": pytest.approx(exposure.dec.deg, abs=1e-6),
                                "epoch": 2000.0,
                            },
                            "constraints": {"max_airmass": 1.6, "min_lunar_distance": 20.0},
                            "acquisition_config": {},
                            "guiding_config": {},
                            "instrument_configs": [
                                {
                                    "exposure_time": 300.0,
                                    "exposure_count": 1,
                                    "optical_elements": {"filter": "rp"},
                                }
                            ],
                        }
                    ],
                    "windows": [{"start": "2026-03-02T05:00:00Z", "end": "2026-03-02T11:00:00Z"}],
                    "location": {"telescope_class": "1m0", "site": "elp"},
                }
            ],
        }

    def test_several_requests_are_many(self):
        message = self.write(make_plan(2, "gr"))
        assert message["operator"] == "MANY"
        starts = [request["windows"][0]["start"] for request in message["requests"]]
        assert starts == sorted(starts)
        assert len(starts) == 4

    @pytest.mark.parametrize(
        "plan", [make_plan(1, "J"), make_plan(1, exposure_time=4000 * u.s)], ids=["filter", "time"]
    )
    def test_what_the_telescope_cannot_do_is_unsuitable(self, plan):
        with pytest.raises(PlanUnsuitable):
            self.write(plan)

    def test_a_name_of_more_than_50_letters_is_unsuitable(self):
        queue = LCOQueue(HTTPTransport("http://127.0.0.1:9"), "elp")
        with pytest.raises(PlanUnsuitable, match="50 letters"):
            queue.prepare(make_plan(1), "ToO_" + "a" * 50, "Caltech", "K")

    @pytest.mark.parametrize(
        ("held", "sent", "same"),
        [
            ({"a": 1, "b": 2}, {"a": 1}, True),
            ({"a": 1}, {"a": 1, "b": 2}, False),
            ([{"a": 1}, {"a": 2}], [{"a": 1}], False),
            ([{"a": 1.000001}], [{"a": 1}], True),
            ([{"a": 1.1}], [{"a": 1}], False),
            ({"a": "x"}, {"a": {"b": 1}}, False),
        ],
    )
    def test_contains(self, held, sent, same):
        assert contains(held, sent) is same


class TestSubmission:
    def test_the_portal_s_objections_are_told_in_its_words(self, bench):
        request = bench.queue.prepare(make_plan(2), NAME, "NotMine", "Kulkarni")
        with pytest.raises(QueueRefused, match="do not belong to the proposal"):
            bench.queue.submit(request)
        assert bench.held(NAME) is None

    def test_it_is_validated_before_it_is_sent(self, bench):
        bench.server.faults.add(Fault(FaultKind.RESET, method="POST", path=GROUPS + "validate/"))
        with pytest.raises(QueueUnreachable, match="not validated"):
            bench.queue.submit(bench.prepare())
        assert bench.held(NAME) is None

    def test_two_groups_of_one_name_are_never_taken_for_one(self, bench):
        request = bench.prepare()
        for _ in range(2):
            assert bench.queue.portal.exchange("POST", GROUPS, body=request.body).status == 201
        assert bench.queue.find(request) is None
        bench.queue.withdraw(request.name)
        assert bench.queue.find(request) is False

    def test_a_name_within_another_is_another(self, bench):
        bench.queue.submit(bench.prepare(2, NAME + "0"))
        assert bench.queue.find(bench.prepare(2)) is False

    def test_many_groups_are_read_page_after_page(self, bench):
        for number in range(230):
            request = bench.prepare(1, f"ToO_{number}")
            bench.simulator._create(json.loads(request.body))
        assert len(bench.queue.queued()) == 230
        assert bench.queue.find(bench.prepare(1, "ToO_0")) is True

    def test_an_expired_group_was_there(self, bench):
        request = bench.queue.prepare(
            make_plan(4, "g", end=START + 5 * u.min), NAME, "Caltech", "Kulkarni"
        )
        bench.queue.submit(request)
        bench.pass_time(1 * u.day)
        assert bench.queue.find(request) is True
        assert bench.queue.queued() == ()
        assert 1 <= len(list(bench.queue.executed(START, START + 1 * u.day))) < 4

    def test_a_wrong_token(self, bench):
        queue = bench.connect(10, "wrong")
        with pytest.raises(QueueRefused):
            queue.queued()
        with pytest.raises(QueueUnreachable, match="does not let us in"):
            queue.ping()


class TestFacts:
    @pytest.mark.parametrize("code", SITES)
    def test_each_site_has_a_telescope(self, code):
        telescope = LAS_CUMBRES[code]
        assert telescope.name == f"LCO-1m-{code}"
        assert 1000 < telescope.site.location.height.to_value(u.m) < 2500
        corners = telescope.footprint.corners.to_value(u.arcmin)
        assert corners.max() == pytest.approx(13.25)
