"""The ZTF queue through Kowalski."""

import contextlib

import pytest
from astropy import units as u
from astropy.time import Time

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport
from telescopes.queues import open_queue
from telescopes.simulators.clock import SimulatedClock
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.kowalski import HISTORY_PATH, KowalskiSimulator
from telescopes.simulators.service import running
from telescopes.simulators.ztf import make_robot
from telescopes.simulators.ztf_service import ZTFSimulator
from telescopes.ztf.kowalski import KowalskiScheduler
from telescopes.ztf.messages import dump, read_messages
from telescopes.ztf.queue import ZTFQueue
from tests.telescopes.contract import (
    NAME,
    ExecutionContract,
    HTTPFaultContract,
    QueueContract,
)
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_queue import Wall, ZTFBench


class KowalskiBench(ZTFBench):
    """Kowalski in front of ZTF."""

    def __init__(self, stack, history_path=HISTORY_PATH):
        self.wall = Wall()
        clock = SimulatedClock((START - 5 * u.min).mjd, 1.0, self.wall)
        self.simulator = ZTFSimulator(clock, make_robot(clock.now()))
        self.kowalski = KowalskiSimulator(self.simulator, "secret")
        self.server = stack.enter_context(running(self.kowalski))
        self._stack = stack
        self._history_path = history_path
        self.queue = self.connect(10)

    def connect(self, patience, token="secret"):
        transport = HTTPTransport(
            self.server.url,
            {"Authorization": f"Bearer {token}"},
            timeout=patience * u.s,
            deadline=2 * patience * u.s,
            largest_answer=4 * 2**20,
        )
        return ZTFQueue(
            KowalskiScheduler(transport, "observer", self._history_path),
            HTTPTransport(self.server.url + "/depot", transport.headers),
            lambda: Time(self.simulator.clock.now(), format="mjd"),
        )

    def expected(self, fault, usual):
        # A 400 in other words than Kowalski's own may mean anything.
        return QueueUnconfirmed if fault.status == 400 else usual


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield KowalskiBench(stack)


class TestContract(QueueContract, ExecutionContract, HTTPFaultContract):
    """As the scheduler itself."""

    ways = (("ZTF", "kowalski"),)


def test_each_message_is_signed(bench):
    assert read_messages(bench.prepare().body)[0]["user"] == "observer"


def test_the_scheduler_refuses(bench):
    bench.kowalski.tunnel.add(Fault(FaultKind.STATUS, method="PUT", status=400))
    with pytest.raises(QueueRefused, match="rejected"):
        bench.queue.submit(bench.prepare())


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.ACCEPT_THEN_HANG])
def test_a_400_for_a_time_out_at_palomar_is_no_refusal(bench, kind):
    request = bench.prepare()
    bench.kowalski.tunnel.add(Fault(kind, method="PUT"))
    with pytest.raises(QueueUnconfirmed, match="TimeoutError"):
        bench.queue.submit(request)
    assert bench.queue.find(request) is (kind is FaultKind.ACCEPT_THEN_HANG)


def test_a_time_out_on_the_way_to_a_list_is_unreachable(bench):
    bench.kowalski.tunnel.add(Fault(FaultKind.HANG, method="GET"))
    with pytest.raises(QueueUnreachable, match="TimeoutError"):
        bench.queue.queued()


def test_a_name_that_exists_is_compared(bench):
    request = bench.prepare()
    bench.queue.submit(request)
    answer = bench.queue.scheduler.put_queue(dump(read_messages(request.body)[0]))
    assert answer.status == 409
    assert bench.held(NAME) == 4


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_wrong_token_is_a_refusal(bench, token):
    queue = bench.connect(10, token)
    for ask in (queue.queued, lambda: queue.submit(bench.prepare())):
        with pytest.raises(QueueRefused):
            ask()
    with pytest.raises(QueueUnreachable, match="does not let us in"):
        queue.ping()


class TestWithoutHistory:
    @pytest.fixture
    def bench(self):
        with contextlib.ExitStack() as stack:
            yield KowalskiBench(stack, history_path=None)

    def test_a_vanished_queue_is_in_doubt_once_its_window_has_opened(self, bench):
        request = bench.prepare()
        bench.pass_time(10 * u.min)
        with pytest.raises(QueueUnconfirmed, match="may have been executed"):
            bench.queue.find(request)

    def test_a_queue_whose_window_is_yet_to_come_is_certainly_absent(self, bench):
        start = Time.now() + 1 * u.day
        plan = make_plan(2, "g", start=start)
        request = bench.queue.prepare(plan, NAME, "Caltech", "Kulkarni")
        assert bench.queue.find(request) is False
        bench.queue.submit(request)
        assert bench.queue.find(request) is True

    def test_exposures_come_from_the_depot(self, bench):
        plan = make_plan(4, "g", start=START)
        (message,) = read_messages(bench.queue.prepare(plan, NAME, "Caltech", "Kulkarni").body)
        assert bench.queue.scheduler.put_queue(dump(message)).status == 201
        bench.pass_time(1 * u.hour)
        exposures = list(bench.queue.executed(START, START + 1 * u.day))
        assert sorted(each.field_id for each in exposures) == sorted(
            each.field_id for each in plan.exposures
        )
        assert all(each.queue_name is None for each in exposures)
        assert all(each.limiting_magnitude is not None for each in exposures)
        assert {each.exposure_id for each in exposures} == {
            str(each.exposure_id) for each in bench.simulator.robot.history
        }


def test_opens_from_settings(bench):
    queue = open_queue(
        "ZTF",
        {"protocol": "kowalski", "url": bench.server.url, "token": "secret", "user": "observer"},
    )
    queue.ping()
    assert "secret" not in repr(queue)
