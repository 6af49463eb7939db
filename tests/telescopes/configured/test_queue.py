"""A robot that its operator has described."""

import contextlib
import json
import re

import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from telescopes import TELESCOPES, ZTF
from telescopes.configured.queue import ConfiguredQueue
from telescopes.configured.settings import read_configuration
from telescopes.configured.templates import (
    ConfigurationInvalid,
    at,
    check_template,
    fill,
    fill_path,
    places_of,
)
from telescopes.errors import PlanUnsuitable, QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport
from telescopes.queues import open_queue
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.configured import ConfiguredSimulator
from telescopes.simulators.faults import Fault, FaultKind
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

DOCUMENT = """
[headers]
X-Token = "{token}"

[submit]
method = "PUT"
path = "/queues/{name}"
[submit.body.plan]
window = ["{start}", "{end}"]
shots = "{exposures}"
[submit.exposure]
field = "{field_id}"
band = "{filter}"
at = "{start_mjd}"
seconds = "{exposure_time}"

[list]
path = "/queues"
items = "data.queues"
name = "id"
exposures = "shots"
start = "window.0"
end = "window.1"

[delete]
method = "POST"
path = "/drop"
body = {queue = "{name}"}

[ok]
path = "state"
value = "fine"

[filters]
g = "sdss-g"

[executed]
path = "/exposures?from={start}&to={end}"
items = "rows"
"""


class ConfiguredBench(Bench):
    def __init__(self, stack, folder):
        self.wall = Wall()
        self.simulator = ConfiguredSimulator(
            SimulatedClock((START - 5 * u.min).mjd, 1.0, self.wall), "secret"
        )
        self.file = folder / "robot.toml"
        self.file.write_text(DOCUMENT)
        self._stack = stack
        self.server = stack.enter_context(running(self.simulator))
        self.queue = self.connect(10)

    def connect(self, patience, token="secret"):
        transport = HTTPTransport(
            self.server.url,
            {"X-Token": token},
            timeout=patience * u.s,
            deadline=2 * patience * u.s,
            largest_answer=4 * 2**20,
        )
        return ConfiguredQueue(ZTF, transport, read_configuration(self.file))

    def held(self, name):
        self.simulator.pass_time()
        queue = self.simulator.queues.get(name)
        return None if queue is None else len(queue["shots"])

    def add_fault(self, fault):
        self.server.faults.add(fault)

    def let_go(self):
        self.server.faults.clear()

    def pass_time(self, duration):
        self.wall.seconds += duration.to_value(u.s)

    def close(self):
        self._stack.close()


@pytest.fixture
def bench(tmp_path):
    with contextlib.ExitStack() as stack:
        yield ConfiguredBench(stack, tmp_path)


class TestContract(QueueContract, ExecutionContract, HTTPFaultContract):
    ways = tuple((name, "configured") for name in TELESCOPES)

    def test_executed(self, bench):
        bench.queue.submit(bench.prepare(4))
        bench.pass_time(1 * u.hour)
        exposures = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.day))
        planned = bench.plan(4).exposures
        assert [exposure.field_id for exposure in exposures] == [
            exposure.field_id for exposure in planned
        ]
        assert {exposure.queue_name for exposure in exposures} == {NAME}
        assert {exposure.filter for exposure in exposures} == {"g"}

    def test_is_found_while_it_is_executed(self, bench):
        """Such a robot forgets a queue that is done: it then seems absent."""
        request = bench.prepare(4)
        bench.queue.submit(request)
        bench.pass_time(6 * u.min)
        assert bench.queue.find(request) is True
        bench.pass_time(1 * u.hour)
        assert bench.queue.find(request) is False

    @staticmethod
    def on_withdrawal(_bench, fault):
        return Fault.from_message({**vars(fault), "method": "POST"})


class TestBody:
    def test_is_filled_with_numbers_as_numbers(self, bench):
        plan = make_plan(1, "g")
        body = json.loads(bench.queue.prepare(plan, NAME, "p", "pi").body)
        assert body == {
            "plan": {
                "window": ["2026-03-02T05:00:00.000Z", "2026-03-02T11:00:00.000Z"],
                "shots": [
                    {
                        "field": plan.exposures[0].field_id,
                        "band": "sdss-g",
                        "at": pytest.approx(START.mjd),
                        "seconds": 30.0,
                    }
                ],
            }
        }

    @pytest.mark.parametrize(
        "plan", [make_plan(1, "J"), make_plan(1, exposure_time=700 * u.s)], ids=["filter", "time"]
    )
    def test_what_the_telescope_cannot_do_is_unsuitable(self, bench, plan):
        with pytest.raises(PlanUnsuitable):
            bench.queue.prepare(plan, NAME, "p", "pi")


class TestAnswers:
    def test_the_robot_s_objections_are_told_in_its_words(self, bench):
        request = bench.prepare()
        broken = type(request)(request.name, request.body.replace('"at": ', '"at": "x", "was": '))
        with pytest.raises(QueueRefused, match=r"400.*ValueError"):
            bench.queue.submit(broken)

    def test_a_good_status_with_bad_words_is_in_doubt(self, bench):
        bench.add_fault(
            Fault(FaultKind.ACCEPT_THEN_STATUS, method="PUT", status=200, body='{"state": "odd"}')
        )
        with pytest.raises(QueueUnconfirmed, match="state is 'odd'"):
            bench.queue.submit(bench.prepare())
        bench.queue.withdraw(NAME)
        bench.add_fault(
            Fault(FaultKind.ACCEPT_THEN_STATUS, method="PUT", status=200, body='{"was": "odd"}')
        )
        with pytest.raises(QueueUnconfirmed, match="nothing at state"):
            bench.queue.submit(bench.prepare())

    @pytest.mark.parametrize(
        "body",
        [
            "[]",
            '{"data": {}}',
            '{"data": {"queues": 3}}',
            '{"data": {"queues": [{"id": 3, "shots": []}]}}',
            '{"data": {"queues": [{"id": "a"}]}}',
            '{"data": {"queues": [{"id": "a", "shots": 3}]}}',
            '{"data": {"queues": [{"id": "a", "shots": "nothing"}]}}',
            '{"data": {"queues": [{"id": "a", "shots": []}]}}',
            '{"data": {"queues": [{"id": "a", "shots": [], "window": ["x", "y"]}]}}',
            '{"data": {"queues": [{"id": "a", "shots": [], "window": []}]}}',
        ],
    )
    def test_a_strange_list_is_not_swallowed(self, bench, body):
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body))
        with pytest.raises(QueueUnreachable, match="cannot be read"):
            bench.queue.queued()

    @pytest.mark.parametrize("body", ["{}", '{"rows": [{"a": 1}]}', '{"rows": [3]}'])
    def test_strange_exposures_are_not_swallowed(self, bench, body):
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body))
        with pytest.raises(QueueUnreachable, match="cannot be read"):
            bench.queue.executed(START, START + 1 * u.day)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("[list]", "[liste]", "list: a table is wanted"),
            ('name = "id"', "", "list.name: missing"),
            ('name = "id"', "name = 3", "list.name: a text is wanted, not 3"),
            ('items = "rows"', 'item = "rows"', "executed.item: nothing of this name is known"),
            ("[headers]", "[header]", "header: nothing of this name is known"),
            ('method = "PUT"', 'method = "GET"', "submit.method: 'GET' is none of POST, PUT"),
            ('path = "/drop"', 'path = "drop"', "delete.path: 'drop' is no path"),
            (
                "/queues/{name}",
                "/queues/{title}",
                "submit.path: unknown field {title}; known are name",
            ),
            ("/queues/{name}", "/queues/{name", "submit.path: '/queues/{name' is no template"),
            ("/queues/{name}", "/queues/{name!r}", "{name} is no name of a field"),
            ("/queues/{name}", "/queues/{}", "{} is no name of a field"),
            ('"{exposures}"', '"x"', '"{exposures}" must stand in it, and once'),
            ('["{start}", ', '["{exposures}", ', '"{exposures}" must stand in it, and once'),
            ('"{filter}"', '"{band}"', "submit.exposure.band: unknown field {band}"),
            ('"{start}", "{end}"', '"{begin}"', "submit.body.plan.window.0: unknown field {begin}"),
            ('"{token}"', '"{secret}"', "headers.X-Token: unknown field {secret}"),
            ('"{token}"', "3", "headers.X-Token: a text is wanted"),
            ('value = "fine"', "", "ok.value: missing"),
            ("[submit]", "[submit", "is not TOML"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, tmp_path, old, new, reason):
        path = tmp_path / "robot.toml"
        assert DOCUMENT.count(old)
        path.write_text(DOCUMENT.replace(old, new, 1))
        with pytest.raises(ConfigurationInvalid, match=re.escape(reason)) as caught:
            read_configuration(path)
        assert str(path) in str(caught.value)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(ConfigurationInvalid, match="No such file"):
            read_configuration(tmp_path / "robot.toml")

    def test_the_least_that_must_be_said(self, tmp_path, bench):
        path = tmp_path / "least.toml"
        path.write_text(
            '[submit]\npath="/q"\nbody={all="{exposures}"}\nexposure=["{ra}", "{dec}"]\n'
            '[list]\npath="/q"\nname="n"\nexposures="e"\n[delete]\npath="/q/{name}"\n'
        )
        queue = ConfiguredQueue(ZTF, bench.queue.transport, read_configuration(path))
        body = '[{"n": "ToO_x", "e": "[[1, 2]]"}]'
        for _ in range(2):
            bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body))
        (plan,) = queue.queued()
        assert plan.targets == ([1, 2],)
        assert plan.start < START < plan.end
        assert list(queue.executed(START, START)) == []


class TestOpening:
    def test_any_telescope(self, bench):
        endpoint = {
            "protocol": "configured",
            "url": bench.server.url,
            "configuration": str(bench.file),
            "token": "secret",
        }
        queue = open_queue("DECam", endpoint)
        queue.ping()
        assert queue.telescope.name == "DECam"
        assert "secret" not in repr(queue)
        del endpoint["token"]
        with pytest.raises(ConfigurationInvalid, match="the headers want 'token'"):
            open_queue("DECam", endpoint)

    def test_a_wrong_token(self, bench):
        with pytest.raises(QueueUnreachable, match="does not let us in"):
            bench.connect(10, "wrong").ping()


class TestTemplates:
    def test_filling(self):
        fields = {"a": 3, "b": [1], "c": "x/y"}
        assert fill({"p": "{a}", "q": ["{b}", "{{{a}}}"], "r": 7}, fields) == {
            "p": 3,
            "q": [[1], "{3}"],
            "r": 7,
        }
        assert fill_path("/q/{c}?n={a}", fields) == "/q/x%2Fy?n=3"
        assert fill_path("/q", {}) == "/q"
        assert fill("", {}) == ""

    @given(st.text(max_size=30))
    def test_a_template_that_passes_can_be_filled(self, text):
        try:
            check_template("here", text, {"a"})
        except ConfigurationInvalid:
            return
        fill(text, {"a": 1})

    def test_paths_within_documents(self):
        document = {"a": [{"b": 1}], "0": 2}
        assert at(document, "a.0.b") == 1
        assert at(document, "") is document
        assert at(document, "0") == 2
        for path in ("a.1", "a.b", "c", "0.1"):
            with pytest.raises(LookupError):
                at(document, path)
        assert places_of({"a": ["x", {"b": "y"}], "c": "y"}, "y") == ["a.1.b", "c"]
