"""A request of several queues is sent, found, withdrawn and counted as one."""

import contextlib
import json
from dataclasses import replace

import pytest
from astropy import units as u

from telescopes.errors import (
    QueueIncomplete,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
)
from telescopes.observing_queue import QueueRequest
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.ztf.messages import dump, read_messages, request_of
from tests.telescopes.plans import START, make_plan
from tests.telescopes.ztf.test_kowalski import KowalskiBench
from tests.telescopes.ztf.test_queue import ZTFBench

NAME = "ToO_S260302a_1"


@pytest.fixture(params=[ZTFBench, KowalskiBench], ids=["tunnel", "Kowalski"])
def bench(request):
    with contextlib.ExitStack() as stack:
        yield request.param(stack)


def prepare(bench, n_fields=4, filters="grg", name=NAME):
    return bench.queue.prepare(make_plan(n_fields, filters), name, "Caltech", "Kulkarni")


def names(bench):
    return list(bench.simulator.robot.roster.queues)


def put(bench, message):
    assert bench.queue.scheduler.put_queue(dump(message)).status == 201


def test_all_its_queues_are_held_and_are_one_submission(bench):
    request = prepare(bench)
    bench.queue.submit(request)
    assert names(bench) == [f"{NAME}_1", f"{NAME}_2", f"{NAME}_3"]
    assert bench.queue.find(request) is True
    assert {each.request_name for each in bench.queue.queued()} == {NAME}
    assert [each.name for each in bench.queue.queued()] == names(bench)
    bench.queue.submit(request)
    assert len(names(bench)) == 3


def test_it_is_withdrawn_whole_and_alone(bench):
    bench.queue.submit(prepare(bench))
    bench.queue.submit(prepare(bench, 2, "gr", "ToO_S260302a"))
    bench.queue.withdraw("ToO_S260302a")
    assert len(names(bench)) == 3
    bench.queue.withdraw(NAME)
    assert names(bench) == []


def test_a_single_queue_is_named_by_a_person(bench):
    request = prepare(bench)
    bench.queue.submit(request)
    bench.queue.withdraw(f"{NAME}_2")
    assert names(bench) == [f"{NAME}_1", f"{NAME}_3"]
    with pytest.raises(QueueIncomplete, match="2 of 3 queues are there"):
        bench.queue.find(request)


def test_all_is_executed_and_found_to_the_end(bench):
    request = prepare(bench)
    bench.queue.submit(request)
    for _ in range(30):
        bench.pass_time(6 * u.min)
        assert bench.queue.find(request) is True
    taken = list(bench.queue.executed(START - 1 * u.hour, START + 6 * u.hour))
    assert {each.queue_name for each in taken} == {NAME}
    assert len(taken) == 12
    assert names(bench) == []


def test_what_a_broken_connection_left_is_completed(bench):
    request = prepare(bench)
    bench.add_fault(Fault(FaultKind.RESET, method="PUT", skip=1))
    with pytest.raises(QueueUnconfirmed):
        bench.queue.submit(request)
    with pytest.raises(QueueIncomplete, match=f"1 of 3 queues are there, and not {NAME}_2"):
        bench.queue.find(request)
    bench.queue.submit(request)
    assert bench.queue.find(request) is True
    assert set(bench.simulator.describe()["received"].values()) == {1}


def test_what_a_broken_connection_left_is_withdrawn(bench):
    bench.add_fault(Fault(FaultKind.ACCEPT_THEN_RESET, method="PUT", skip=1))
    with pytest.raises(QueueUnconfirmed):
        bench.queue.submit(prepare(bench))
    assert len(names(bench)) == 2
    bench.queue.withdraw(NAME)
    assert names(bench) == []


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_one_refused_is_all_refused(bench, skip):
    body = json.dumps({"status": "error", "message": "ZTF trigger attempt rejected: no"})
    bench.add_fault(Fault(FaultKind.STATUS, method="PUT", status=400, body=body, skip=skip))
    with pytest.raises(QueueRefused, match="400"):
        bench.queue.submit(prepare(bench))
    assert names(bench) == []


def test_one_refused_and_others_that_stay_are_unconfirmed(bench):
    body = json.dumps({"status": "error", "message": "ZTF trigger attempt rejected: no"})
    bench.add_fault(Fault(FaultKind.STATUS, method="PUT", status=400, body=body, skip=1))
    bench.add_fault(Fault(FaultKind.STATUS, method="DELETE", count=None))
    with pytest.raises(QueueUnconfirmed, match="not taken back"):
        bench.queue.submit(prepare(bench))
    assert names(bench) == [f"{NAME}_1"]


def test_a_connection_that_cannot_be_made_again_leaves_a_part(bench):
    request = prepare(bench)

    class Broken:
        """A way that ends after one queue."""

        def __init__(self, scheduler):
            self.scheduler, self.sent = scheduler, 0

        def __getattr__(self, name):
            return getattr(self.scheduler, name)

        def put_queue(self, body):
            self.sent += 1
            if self.sent > 1:
                raise QueueUnreachable("no connection")
            return self.scheduler.put_queue(body)

    queue = replace(bench.queue, scheduler=Broken(bench.queue.scheduler))
    with pytest.raises(QueueUnconfirmed, match="1 of 3 were sent"):
        queue.submit(request)


def test_one_of_a_name_that_differs_is_another_s(bench):
    request = prepare(bench)
    put(bench, read_messages(prepare(bench, 3).body)[1])
    assert bench.queue.find(request) is None
    with pytest.raises(QueueRefused, match="another queue"):
        bench.queue.submit(request)
    assert names(bench) == [f"{NAME}_2"]


def test_a_queue_that_is_over_is_not_missed_and_not_sent(bench):
    request = prepare(bench)
    first, *others = read_messages(request.body)
    for message in others:
        put(bench, message)
    with pytest.raises(QueueIncomplete):
        bench.queue.find(request)
    bench.pass_time((float(first["validity_window_mjd"][1]) - START.mjd) * u.day + 6 * u.min)
    assert bench.queue.find(request) is True
    bench.queue.submit(request)
    assert bench.simulator.describe()["received"].get(f"{NAME}_1") is None


def test_a_request_of_before_there_were_several_is_still_read(bench):
    request = prepare(bench, 4, "g")
    (message,) = read_messages(request.body)
    old = QueueRequest(NAME, dump(message))
    assert read_messages(old.body) == [message]
    assert bench.queue.confirmation_delay(old) == bench.queue.confirmation_delay(request)
    assert bench.queue.find(old) is False
    bench.queue.submit(old)
    assert bench.queue.find(old) is True
    assert names(bench) == [NAME]
    bench.queue.withdraw(NAME)
    assert bench.queue.find(old) is False


@pytest.mark.parametrize(
    ("name", "subprogram", "request_name"),
    [
        ("ToO_a_2", "ToO_a", "ToO_a"),
        ("ToO_a_2", "ToO_a_2", "ToO_a_2"),
        ("ToO_a_b", "ToO_a", "ToO_a_b"),
        ("ToO_a_2", "ToO_b", "ToO_a_2"),
        ("ToO", "ToO", "ToO"),
    ],
)
def test_a_part_is_told_by_its_subprogram(name, subprogram, request_name):
    assert request_of(name, [{"subprogram_name": subprogram}]) == request_name
