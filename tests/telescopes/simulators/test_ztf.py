"""The simulated ZTF behind its web interface, as a server and as a process."""

import contextlib
import json
import subprocess
import sys
import urllib.request

import pytest
from astropy import units as u
from astropy.time import Time

from telescopes.protocols.http import HTTPTransport
from telescopes.queues import open_queue
from telescopes.simulators.clock import DAY, SimulatedClock
from telescopes.simulators.ztf import serve
from telescopes.simulators.ztf_rehearsal import Rehearsal
from telescopes.simulators.ztf_robot import SLOT
from tests.telescopes.plans import START, make_plan
from tests.telescopes.simulators.test_ztf_robot import NIGHT, fields
from tests.telescopes.simulators.test_ztf_rules import message
from tests.telescopes.ztf.test_queue import Wall


class Bench:
    def __init__(self, stack, now=NIGHT - 0.01, rate=1.0, **settings):
        self.wall = Wall()
        clock = SimulatedClock(now, rate, self.wall)
        self.server, self.simulator = stack.enter_context(serve(clock=clock, **settings))
        self.transport = HTTPTransport(self.server.url)
        self.queue = open_queue(
            "ZTF", {"url": self.server.url, "depot_url": self.server.url + "/depot"}
        )

    def ask(self, method, path, value=None, **query):
        body = None if value is None else json.dumps(value)
        return self.transport.exchange(method, path, body=body, query=query)

    def put(self, *targets, window=(NIGHT, NIGHT + 0.2), **changes):
        return self.ask("PUT", "/queues", message(*targets, window=window, **changes))

    @property
    def state(self):
        return self.ask("GET", "/simulator").json()


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:
        yield lambda **settings: Bench(stack, **settings)


@pytest.fixture
def bench(start):
    return start()


class TestStatuses:
    def test_201_for_a_new_name_and_200_for_one_that_exists(self, bench):
        assert bench.put(*fields(3)).status == 201
        assert bench.put(*fields(2)).status == 200
        assert bench.state["queues"] == {"ToO_a": 2}

    def test_a_web_layer_that_keeps_the_old_queue(self, start):
        bench = start(replace_existing=False)
        assert bench.put(*fields(3)).status == 201
        assert bench.put(*fields(2)).status == 200
        assert bench.state["queues"] == {"ToO_a": 3}

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "{}", '{"queue_name": "a", "queue_type": "list"}', '"a"', "null"]
    )
    def test_400_for_what_is_no_queue(self, bench, body):
        answer = bench.transport.exchange("PUT", "/queues", body=body)
        assert answer.status == 400
        assert bench.state["queues"] == {}

    def test_an_overbooked_window_is_taken_without_a_word(self, bench):
        answer = bench.put(*fields(200, spacing=0.1), window=(NIGHT, NIGHT + 60 / DAY))
        assert answer.status == 201
        assert b"many" not in answer.body

    def test_deleting(self, bench):
        bench.put(*fields(3))
        assert bench.ask("DELETE", "/queues", {"queue_name": "ToO_a"}).status == 200
        assert bench.ask("DELETE", "/queues", {"queue_name": "ToO_a"}).status == 400
        assert bench.ask("DELETE", "/queues", {"queue_name": "default"}).status == 403
        assert bench.ask("DELETE", "/queues", {}).status == 400

    def test_unknown_paths(self, bench):
        assert bench.ask("GET", "/elsewhere").status == 404
        assert bench.ask("POST", "/queues", {}).status == 404
        assert bench.ask("GET", "/depot/20260302/ztf_recentproc_20260301.json").status == 404
        assert bench.ask("GET", "/depot/20260302/goodsubs_20260302.txt").status == 404


class TestReading:
    def test_a_queue_is_json_within_json(self, bench):
        bench.put(*fields(3))
        rows = bench.ask("GET", "/queues", {}).json()
        assert [row["queue_name"] for row in rows] == ["default", "ToO_a"]
        queue = rows[1]
        assert queue["is_TOO"] is True
        assert queue["is_current"] is False
        assert queue["is_valid"] is False
        assert queue["validity_window_mjd"] == [NIGHT, NIGHT + 0.2]
        targets = json.loads(queue["queue"])
        assert [target["field_id"] for target in targets] == [0, 1, 2]
        assert targets[0]["max_airmass"] == 2.5

    def test_one_queue_by_name(self, bench):
        bench.put(*fields(3))
        answer = bench.ask("GET", "/queues", {"queue_name": "ToO_a"})
        assert answer.json()["queue_name"] == "ToO_a"
        assert bench.ask("GET", "/queues", {"queue_name": "ToO_b"}).status == 404

    def test_a_get_without_a_body_fails_as_it_does_on_the_mountain(self, bench):
        assert bench.ask("GET", "/queues").status == 400

    def test_the_current_queue(self, bench):
        bench.put(*fields(3))
        assert bench.ask("GET", "/current_queue", {}).json()["queue_name"] == "default"
        bench.wall.seconds += 0.011 * DAY
        assert bench.ask("GET", "/current_queue", {}).json()["queue_name"] == "ToO_a"

    @pytest.mark.parametrize("in_body", [True, False])
    def test_the_history_of_a_date(self, bench, in_body):
        assert bench.ask("GET", "/obs_history", {}).json() == {"history": []}
        bench.put(*fields(3))
        bench.wall.seconds += 0.02 * DAY
        asked = {"date": "2026-03-02"}
        answer = (
            bench.ask("GET", "/obs_history", asked)
            if in_body
            else bench.ask("GET", "/obs_history", **asked)
        )
        rows = json.loads(answer.json()["history"])
        assert [row["field_id"] for row in rows] == [0, 1, 2]
        assert {row["subprogram_name"] for row in rows} == {'"ToO_a"'}
        assert {row["filter_id"] for row in rows} == {'"r"'}
        assert all(NIGHT <= row["exposure_mjd"] <= NIGHT + 0.01 for row in rows)
        other = bench.ask("GET", "/obs_history", {"date": "2026-03-03"})
        assert other.json() == {"history": []}

    def test_the_depot_has_nothing_before_it_has_something(self, bench):
        path = "/depot/20260302/ztf_recentproc_20260302.json"
        assert bench.ask("GET", path).status == 404
        bench.put(*fields(2))
        bench.wall.seconds += 0.1 * DAY
        rows = bench.ask("GET", path).json()
        assert len({row["exposure_id"] for row in rows}) == 2
        assert bench.ask("HEAD", path).status == 200


class TestAdministration:
    def test_the_clock_is_set(self, bench):
        answer = bench.ask("POST", "/simulator/clock", {"now": "2026-07-01T08:00:00", "rate": 60})
        assert answer.json()["now"].startswith("2026-07-01T08:00:00")
        bench.wall.seconds += 60
        assert bench.state["now"].startswith("2026-07-01T09:00:00")

    def test_what_was_leapt_over_did_not_happen(self, bench):
        bench.put(*fields(3))
        bench.ask("POST", "/simulator/clock", {"now": NIGHT + 0.3})
        assert bench.state["exposures"] == 0
        assert bench.state["queues"] == {}

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("/simulator/clock", {"rate": 0}),
            ("/simulator/clock", {"now": "yesterday"}),
            ("/simulator/clock", []),
            ("/simulator/fault", {"kind": "earthquake"}),
            ("/simulator/fault", {"kind": "hang", "where": "here"}),
            ("/simulator/fault", {}),
        ],
    )
    def test_nonsense_is_refused(self, bench, path, value):
        before = bench.state
        assert bench.ask("POST", path, value).status == 400
        after = bench.state
        assert after == before

    def test_a_fault_waits_for_its_request(self, bench):
        fault = {"kind": "status", "status": 503, "method": "PUT", "skip": 1, "count": 2}
        assert bench.ask("POST", "/simulator/fault", fault).status == 201
        assert bench.ask("GET", "/queues", {}).status == 200
        assert [bench.put(*fields(1)).status for _ in range(4)] == [201, 503, 503, 200]

    def test_a_fault_may_be_a_matter_of_luck(self, bench):
        fault = {"kind": "status", "method": "GET", "count": None, "probability": 0.3}
        bench.ask("POST", "/simulator/fault", fault)
        statuses = [bench.ask("GET", "/queues", {}).status for _ in range(200)]
        assert 35 <= statuses.count(500) <= 85

    def test_it_counts_what_it_receives(self, bench):
        for number in (3, 2):
            bench.put(*fields(number))
        bench.put(*fields(1), name="ToO_b")
        assert bench.state["received"] == {"ToO_a": 2, "ToO_b": 1}

    def test_faults_are_forgotten(self, bench):
        bench.ask("POST", "/simulator/fault", {"kind": "status", "count": None})
        assert bench.ask("GET", "/queues", {}).status == 500
        bench.ask("DELETE", "/simulator/fault")
        assert bench.ask("GET", "/queues", {}).status == 200
        assert bench.state["faults"] == []


class TestRehearsal:
    DAYLIGHT = NIGHT - 0.4

    def submit(self, bench, name="ToO_a", n_fields=10, start=START):
        request = bench.queue.prepare(make_plan(n_fields, "gr", start=start), name, "Caltech", "K")
        bench.queue.submit(request)
        return request

    def test_the_clock_leaps_to_the_window(self, start):
        bench = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        assert bench.state["now"].startswith("2026-03-01T19:24")
        request = self.submit(bench)
        assert bench.state["rate"] == 120
        # The filter's exchange before the first exposure opens the window; 5 s before it lands.
        assert abs(Time(bench.state["now"]) - (START - 140 * u.s)) < 1 * u.ms
        bench.wall.seconds += 6
        assert bench.state["exposures"] >= 5
        assert bench.queue.find(request) is True

    def test_it_is_all_over_in_minutes_and_the_clock_slows_down(self, start):
        bench = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        self.submit(bench)
        while bench.state["rate"] != 1:
            bench.wall.seconds += 1
            assert bench.wall.seconds < 60
        assert bench.state["exposures"] == 20
        exposures = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.day))
        assert all(exposure.limiting_magnitude is not None for exposure in exposures)
        assert {exposure.queue_name for exposure in exposures} == {"ToO_a"}

    def test_a_night_that_nobody_watched_ends_no_later(self, start):
        watched = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        unwatched = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        for bench in (watched, unwatched):
            self.submit(bench)
        for _ in range(100):
            watched.wall.seconds += 1
            _ = watched.state
        unwatched.wall.seconds += 100
        _ = unwatched.state
        # Who watches has it leap over the time between two queues: it is idle by other slots.
        histories = [each.simulator.robot.history for each in (watched, unwatched)]
        for one, other in zip(*histories, strict=True):
            assert (one.field_id, one.filter_id) == (other.field_id, other.filter_id)
            assert abs(one.exposure_mjd - other.exposure_mjd) * DAY <= SLOT
        apart = unwatched.simulator.clock.now() - watched.simulator.clock.now()
        assert apart * DAY == pytest.approx(0, abs=125)

    def test_a_second_plan_for_the_same_night_still_finds_it(self, start):
        bench = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        self.submit(bench)
        bench.wall.seconds += 60
        assert bench.state["exposures"] == 20
        self.submit(bench, "ToO_b", 5)
        bench.wall.seconds += 60
        assert bench.state["exposures"] == 30
        ids = [each.exposure_id for each in bench.simulator.robot.history]
        assert len(set(ids)) == 30

    def test_a_plan_whose_window_has_passed_on_this_clock_goes_back(self, start):
        bench = start(now=NIGHT + 3, rehearsal=Rehearsal(120.0))
        self.submit(bench)
        assert abs(Time(bench.state["now"]) - (START - 140 * u.s)) < 1 * u.ms
        bench.wall.seconds += 60
        assert bench.state["exposures"] == 20
        ids = [each.exposure_id for each in bench.simulator.robot.history]
        assert len(set(ids)) == 20

    def test_a_plan_that_can_never_be_observed_makes_no_leap(self, start):
        bench = start(now=self.DAYLIGHT, rehearsal=Rehearsal(120.0))
        before = bench.state["now"]
        noon = START + 15 * u.hour
        request = bench.queue.prepare(
            make_plan(3, "g", start=noon, end=noon + 1 * u.hour), "ToO_noon", "Caltech", "K"
        )
        bench.queue.submit(request)
        assert bench.state["now"] == before
        assert bench.state["rate"] == 1

    def test_without_rehearsal_it_waits(self, start):
        bench = start(now=self.DAYLIGHT)
        self.submit(bench)
        assert bench.state["now"].startswith("2026-03-01T19:24")
        assert bench.state["rate"] == 1


def test_a_restart_continues(start, tmp_path):
    state = tmp_path / "ztf.json"
    bench = start(state=state)
    bench.put(*fields(10))
    bench.wall.seconds += 0.012 * DAY
    before = bench.state
    assert before["exposures"] > 2
    restarted = start(state=state, now=NIGHT + 100)
    after = restarted.state
    # What was received is told of this life only.
    assert {**after, "received": before["received"]} == before
    restarted.wall.seconds += 0.02 * DAY
    assert restarted.state["exposures"] == 10


class TestProcess:
    @pytest.fixture
    def process(self, tmp_path):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "telescopes.simulators.ztf", "--port", "0"),
                *("--clock-rate", "120", "--jump-to-window", "--start", "2026-03-01T20:00:00"),
                *("--state", str(tmp_path / "ztf.json")),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield process
            process.kill()

    def test_serves_until_it_is_told_to_stop(self, process, tmp_path):
        url = process.stdout.readline().split()[-1]
        queue = open_queue("ZTF", url)
        queue.ping()
        queue.submit(queue.prepare(make_plan(2), "ToO_a", "Caltech", "Kulkarni"))
        with urllib.request.urlopen(url + "/simulator") as answer:
            assert json.load(answer)["now"] >= "2026-03-02T04:57:40"
        process.terminate()
        assert process.wait(10) == 0
        assert "ToO_a" in (tmp_path / "ztf.json").read_text()

    def test_a_taken_port_is_one_clear_sentence(self, bench):
        port = bench.server.server_address[1]
        done = subprocess.run(
            [sys.executable, "-m", "telescopes.simulators.ztf", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"cannot listen on 127.0.0.1:{port}")
        assert "Traceback" not in done.stderr
