"""The ZTF queue against its simulator."""

import contextlib
import json

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time

from telescopes.errors import PlanUnsuitable, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport
from telescopes.simulators import ztf
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.ztf.executed import dates_between
from telescopes.ztf.messages import dump, read_messages, request_of
from telescopes.ztf.queue import ZTFQueue
from telescopes.ztf.scheduler import TunnelledScheduler
from tests.telescopes.contract import (
    NAME,
    Bench,
    ExecutionContract,
    HTTPFaultContract,
    QueueContract,
)
from tests.telescopes.plans import START, make_plan


class Wall:
    """Real time, as far as the simulator knows."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def open_transport(url, patience):
    """A transport that waits `patience` (s)."""
    return HTTPTransport(
        url, timeout=patience * u.s, deadline=2 * patience * u.s, largest_answer=4 * 2**20
    )


class ZTFBench(Bench):
    """ZTF's scheduler, a minute before `START`."""

    def __init__(self, stack, **settings):
        self.wall = Wall()
        clock = SimulatedClock((START - 5 * u.min).mjd, 1.0, self.wall)
        self._stack = stack
        self.server, self.simulator = stack.enter_context(ztf.serve(clock=clock, **settings))
        self.queue = self.connect(10)

    def connect(self, patience):
        url = self.server.url
        return ZTFQueue(
            TunnelledScheduler(open_transport(url, patience)),
            open_transport(url + "/depot", patience),
            lambda: Time(self.simulator.clock.now(), format="mjd"),
        )

    def held(self, name):
        queues = [
            queue
            for queue in self.simulator.robot.roster.queues.values()
            if name in {queue.name, request_of(queue.name, queue.targets)}
        ]
        return sum(len(queue.targets) for queue in queues) if queues else None

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
        yield ZTFBench(stack)


class TestContract(QueueContract, ExecutionContract, HTTPFaultContract):
    """One that replaces a queue of the same name."""

    ways = (("ZTF", "scheduler"),)


class TestContractOfTheOtherWebLayer(QueueContract, ExecutionContract):
    """One that keeps the queue that it has."""

    @pytest.fixture
    def bench(self):
        with contextlib.ExitStack() as stack:
            yield ZTFBench(stack, replace_existing=False)


class TestMessage:
    def prepare(self, plan, name=NAME, program="Caltech"):
        queue = ZTFQueue(TunnelledScheduler(HTTPTransport("http://127.0.0.1:9")))
        (message,) = json.loads(queue.prepare(plan, name, program, "Kulkarni/jdoe").body)["queues"]
        return message

    def test_is_the_payload_of_the_scheduler(self):
        plan = make_plan(1, "r", airmass_limit=1.8)
        message = self.prepare(plan)
        exposure = plan.exposures[0]
        window = message.pop("validity_window_mjd")
        assert message == {
            "queue_name": NAME,
            "queue_type": "list",
            "targets": [
                {
                    "request_id": 1,
                    "program_id": 3,
                    "field_id": exposure.field_id,
                    "ra": pytest.approx(exposure.ra.deg, abs=1e-6),
                    "dec": pytest.approx(exposure.dec.deg, abs=1e-6),
                    "filter_id": 2,
                    "exposure_time": 30.0,
                    "program_pi": "Kulkarni/jdoe",
                    "subprogram_name": NAME,
                    "mode_num": 0,
                    "ewr_num_images": 1,
                    "n_repeats": 1,
                    "max_airmass": 1.8,
                }
            ],
        }
        assert window == pytest.approx(
            [(START - 135 * u.s).mjd, (START + 30 * u.s + 30 * u.min).mjd], abs=1e-9
        )

    def test_targets_are_in_the_order_of_time(self):
        plan = make_plan(3, "gr", minimum_gap=0 * u.min)
        shuffled = type(plan)(
            plan.telescope, plan.planner, plan.request, plan.exposures[::-1], plan.statistics
        )
        assert self.prepare(shuffled) == self.prepare(plan)
        assert [target["filter_id"] for target in self.prepare(plan)["targets"]] == [1] * 3 + [
            2
        ] * 3

    def test_the_window_ends_with_the_request(self):
        end = START + 5 * u.min
        assert self.prepare(make_plan(2, "g", end=end))["validity_window_mjd"][1] == pytest.approx(
            end.mjd, abs=1e-9
        )

    def test_the_airmass_limit_is_never_above_the_robot_s(self):
        targets = self.prepare(make_plan(1, "g", airmass_limit=4.0))["targets"]
        assert {target["max_airmass"] for target in targets} == {2.5}

    @pytest.mark.parametrize(
        ("program", "number"), [("MSIP", 1), ("Partnership", 2), ("Caltech", 3), ("2", 2)]
    )
    def test_programs_by_name_or_number(self, program, number):
        assert (
            self.prepare(make_plan(1, "g"), program=program)["targets"][0]["program_id"] == number
        )

    @pytest.mark.parametrize(
        "plan",
        [
            make_plan(1, exposure_time=601 * u.s),
            make_plan(1, exposure_time=0 * u.s),
            make_plan(1, "z"),
            make_plan(1, start=Time("2016-03-02T05:00:00")),
            make_plan(1, end=START - 4 * u.min),
        ],
        ids=["too long", "no time", "no such filter", "before 2017", "ends before it begins"],
    )
    def test_what_the_robot_cannot_take_is_unsuitable(self, plan):
        with pytest.raises(PlanUnsuitable):
            self.prepare(plan)

    def test_an_unknown_program_is_unsuitable(self):
        with pytest.raises(PlanUnsuitable, match="no program 'GROWTH'"):
            self.prepare(make_plan(1), program="GROWTH")

    def test_a_name_that_the_history_could_not_show_is_unsuitable(self):
        with pytest.raises(PlanUnsuitable, match="begin with"):
            self.prepare(make_plan(1), name="S260302a_1")


class TestSubmission:
    def test_a_proxy_that_answers_200_for_everything_is_not_believed(self, bench):
        bench.fail(Fault(FaultKind.HTML, method="PUT"))
        with pytest.raises(QueueUnconfirmed, match="does not hold it"):
            bench.queue.submit(bench.prepare())

    def test_an_accepted_queue_that_cannot_be_read_back_is_unconfirmed(self, bench):
        request = bench.prepare()
        bench.fail(Fault(FaultKind.STATUS, method="GET", path="/queues", skip=1))
        with pytest.raises(QueueUnconfirmed, match="cannot be read back"):
            bench.queue.submit(request)
        assert bench.queue.find(request) is True

    def test_a_name_taken_between_the_look_and_the_put(self, bench):
        own, other = bench.prepare(4), bench.prepare(3)

        class Raced(TunnelledScheduler):
            def put_queue(self, body):
                (message,) = read_messages(other.body)
                super().put_queue(dump(message))
                return super().put_queue(body)

        queue = ZTFQueue(Raced(bench.queue.scheduler.transport))
        receipt = queue.submit(own)
        # The library replaces: what we hold is ours, and the receipt shows the 200.
        assert receipt.answer.startswith("200")
        assert bench.held(own.name) == 4

    def test_another_window_is_another_queue(self, bench):
        request = bench.prepare()
        bench.queue.submit(request)
        later = make_plan(4, "g", end=START + 5 * u.min)
        assert bench.queue.find(bench.queue.prepare(later, NAME, "Caltech", "Kulkarni")) is None

    def test_a_list_that_lost_its_tail_before_the_window_is_not_ours(self, bench):
        request = bench.prepare(4)
        bench.queue.submit(request)
        del bench.simulator.robot.roster.queues[NAME].targets[-1]
        assert bench.queue.find(request) is None


class TestExecuted:
    def test_quadrants_arrive_after_processing(self, bench):
        request = bench.prepare(3)
        bench.queue.submit(request)
        bench.pass_time(10 * u.min)
        early = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.hour))
        assert len(early) == 3
        assert all(len(exposure.detectors) == 64 for exposure in early)
        assert all(exposure.limiting_magnitude is None for exposure in early)
        bench.pass_time(20 * u.min)
        late = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.hour))
        assert [a.exposure_id for a in late] == [a.exposure_id for a in early]
        for exposure in late:
            rows = bench.simulator.robot.processed(61101, 62000.0)
            good = [
                row["qid"]
                for row in rows
                if str(row["exposure_id"]) == exposure.exposure_id and row["status"] == 0
            ]
            np.testing.assert_array_equal(exposure.detectors, good)
            assert 45 <= len(good) <= 64
            # A night before full Moon: a magnitude less than the median.
            assert 19.5 < exposure.limiting_magnitude < 20.3
            assert 1 * u.arcsec < exposure.seeing < 4 * u.arcsec
            assert exposure.airmass == pytest.approx(1.0, abs=0.1)

    def test_the_limits_are_those_of_the_robot_s_clock(self, bench):
        bench.queue.submit(bench.prepare(3))
        bench.pass_time(1 * u.hour)
        late = START + 10 * u.hour
        assert list(bench.queue.executed(late, late + 1 * u.day)) == []

    def test_odd_rows_are_put_aside_and_the_others_count(self, bench, caplog):
        bench.queue.submit(bench.prepare(4))
        bench.pass_time(1 * u.hour)
        span = START - 1 * u.hour, START + 2 * u.hour
        whole = list(bench.queue.executed(*span))
        answer = bench.queue.scheduler.transport.exchange(
            "GET", "/obs_history", query={"date": "2026-03-02"}, body="{}"
        ).json()
        history = answer["history"]
        history = json.loads(history) if isinstance(history, str) else history
        history[1]["filter_id"] = 7
        depot = bench.simulator.robot.processed(61101, 62000.0)
        depot[0]["maglim"] = None
        depot[1] = {"exposure_id": 3}
        depot[2]["obsjd"] += 0.5
        # The first that is left of its exposure is the odd one.
        assert depot[2]["exposure_id"] == depot[3]["exposure_id"]
        day = "/depot/20260302/ztf_recentproc_20260302.json"
        for path, page in (("/obs_history", {**answer, "history": history}), (day, depot)):
            body = json.dumps(page)
            bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body, path=path, count=None))
        table = bench.queue.executed_table(*span)
        assert len(table.rejected) == 4
        assert sum("maglim" in row.reason for row in table.rejected) == 1
        assert sum("another field, filter or time" in row.reason for row in table.rejected) == 1
        # Its quadrants still tell of the exposure that the history lost.
        assert {each.exposure_id for each in table.exposures} >= {
            each.exposure_id for n, each in enumerate(whole) if n != 1
        }
        assert len(table.exposures) == 4
        caplog.clear()
        assert len(list(bench.queue.executed(*span))) == 4
        assert len(caplog.records) == 4
        # What is in doubt about our own queue is not passed over.
        with pytest.raises(QueueUnreachable, match="history of ToO_S260302a_1 cannot be read"):
            bench.queue.find(bench.prepare(4))
        assert bench.queue.find(bench.prepare(4, "ToO_other")) is False

    def test_an_exposure_of_no_field_is_put_aside(self, bench):
        row = {
            "exposure_id": 334400001,
            "field_id": 950,
            "filter_id": 1,
            "obsjd": START.jd,
            "exposure_time": 30.0,
            "qid": 0,
            "maglim": 20.5,
            "fwhm": 2.0,
            "status": 0,
        }
        day = "/depot/20260302/ztf_recentproc_20260302.json"
        rows = [row, {**row, "qid": 1}, {**row, "exposure_id": 334400100, "field_id": 600}]
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=json.dumps(rows), path=day))
        table = bench.queue.executed_table(START - 1 * u.min, START + 1 * u.hour)
        assert [exposure.field_id for exposure in table.exposures] == [600]
        assert [rejected.reason for rejected in table.rejected] == [
            "exposure 334400001: ZTF has no field 950"
        ]

    @pytest.mark.parametrize("body", [b"[{}]", b'{"a": 1}', b"3", b"null"])
    def test_a_strange_table_is_not_swallowed(self, bench, body):
        bench.queue.submit(bench.prepare(1))
        bench.pass_time(1 * u.hour)
        fault = Fault(FaultKind.STATUS, status=200, body=body.decode(), path="/obs_history")
        bench.fail(fault)
        with pytest.raises(QueueUnreachable, match="cannot be read"):
            bench.queue.executed(START, START + 1 * u.hour)


@pytest.mark.parametrize(
    ("start", "end", "dates"),
    [
        (61101.0, 61101.5, ["2026-03-02"]),
        (61101.9, 61102.0, ["2026-03-02"]),
        (61101.9, 61102.1, ["2026-03-02", "2026-03-03"]),
        (61101.0, 61101.0, []),
    ],
)
def test_ut_dates_of_an_interval(start, end, dates):
    assert dates_between(start, end) == dates
