"""What every robotic queue owes the marshal, whatever its protocol.

A test module subclasses `QueueContract`, gives it a `bench`, and runs under this one law:
after each submission, however the exchange went, the caller knows what to believe.

=====================  ==================================================================
outcome                truth
=====================  ==================================================================
`QueueReceipt`         the robot holds exactly what was sent
`QueueRefused`         the robot holds nothing of it
`QueueUnreachable`     the robot holds nothing of it
`QueueUnconfirmed`     anything; `find` then tells: True, all; False, nothing; None, part
=====================  ==================================================================
"""

import itertools
import time
from abc import ABC, abstractmethod
from dataclasses import replace

import pytest
from astropy import units as u

from telescopes.errors import (
    PlanUnsuitable,
    QueueError,
    QueuePickedUp,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnknowable,
    QueueUnreachable,
)
from telescopes.observing_queue import QueueReceipt
from telescopes.preflight.preflight import preflight
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.ztf.facts import ZTF
from tests.telescopes.plans import START, make_plan

NAME = "ToO_S260302a_1"

ANY = replace(ZTF, off_grid=True, filters=("g", "r", "J"))
"""Facts of a telescope that can take the plans of every bench."""

IMPATIENT = {FaultKind.HANG, FaultKind.LATE, FaultKind.ACCEPT_THEN_HANG, FaultKind.DRIP}

REFUSALS = [400, 401, 403, 404, 409, 422, 429]

FAULTS = [
    *[
        pytest.param(Fault(FaultKind.STATUS, status=status), QueueRefused, id=str(status))
        for status in REFUSALS
    ],
    *[
        pytest.param(Fault(FaultKind.STATUS, status=status), QueueUnconfirmed, id=str(status))
        for status in (408, 500, 502, 503, 504)
    ],
    pytest.param(
        Fault(FaultKind.STATUS, status=302, headers={"Location": "http://elsewhere.invalid/"}),
        QueueRefused,
        id="redirect",
    ),
    pytest.param(Fault(FaultKind.HANG), QueueUnconfirmed, id="hang"),
    pytest.param(Fault(FaultKind.LATE), QueueUnconfirmed, id="late"),
    pytest.param(Fault(FaultKind.RESET), QueueUnconfirmed, id="reset"),
    pytest.param(Fault(FaultKind.ACCEPT_THEN_HANG), QueueUnconfirmed, id="accept, then hang"),
    pytest.param(Fault(FaultKind.ACCEPT_THEN_RESET), QueueUnconfirmed, id="accept, then reset"),
    pytest.param(
        Fault(FaultKind.ACCEPT_THEN_STATUS, status=502), QueueUnconfirmed, id="accept, then 502"
    ),
    pytest.param(Fault(FaultKind.HALF), QueueUnconfirmed, id="half a list"),
    pytest.param(Fault(FaultKind.HTML), QueueUnconfirmed, id="HTML instead of JSON"),
    pytest.param(Fault(FaultKind.TRUNCATED), QueueUnconfirmed, id="truncated answer"),
    pytest.param(Fault(FaultKind.DRIP), QueueUnconfirmed, id="answer a byte at a time"),
    pytest.param(Fault(FaultKind.ENDLESS), QueueUnconfirmed, id="answer without end"),
]

READ_FAULTS = [
    pytest.param(Fault(FaultKind.STATUS, status=401), QueueRefused, id="401"),
    pytest.param(Fault(FaultKind.STATUS, status=429), QueueRefused, id="429"),
    pytest.param(Fault(FaultKind.STATUS, status=500), QueueUnreachable, id="500"),
    pytest.param(Fault(FaultKind.HANG), QueueUnreachable, id="hang"),
    pytest.param(Fault(FaultKind.RESET), QueueUnreachable, id="reset"),
    pytest.param(Fault(FaultKind.HTML), QueueUnreachable, id="HTML"),
    pytest.param(Fault(FaultKind.TRUNCATED), QueueUnreachable, id="truncated"),
    pytest.param(Fault(FaultKind.DRIP), QueueUnreachable, id="drip"),
    pytest.param(Fault(FaultKind.ENDLESS), QueueUnreachable, id="endless"),
]


class Bench(ABC):
    """A queue and its simulator, side by side."""

    queue = None
    """The `ObservingQueue` under test."""

    write_method = "PUT"
    """HTTP method of a submission."""

    @abstractmethod
    def held(self, name):
        """Number of exposures that the robot holds under `name`, past all faults; None if none."""

    @abstractmethod
    def let_go(self):
        """Let requests that hang go on."""

    @abstractmethod
    def connect(self, patience):
        """Make the queue, with transports that wait so long (s)."""

    @abstractmethod
    def add_fault(self, fault):
        """Let `fault` befall the next request that it matches."""

    def fail(self, fault):
        """As `add_fault`; be impatient where nothing but patience is at stake."""
        if fault.kind in IMPATIENT:
            self.queue = self.connect(0.2)
        self.add_fault(fault)

    def recover(self):
        """Be patient again: a busy machine is no fault."""
        self.queue = self.connect(10)

    def expected(self, _fault, usual):
        """What a submission under a fault raises, where this protocol differs from the `usual`."""
        return usual

    @abstractmethod
    def pass_time(self, duration):
        """Let the robot live on."""

    @abstractmethod
    def close(self):
        """Take the robot away: nothing listens any more."""

    def plan(self, n_fields=4):
        """Plan `n_fields` exposures."""
        return make_plan(n_fields, "g")

    def prepare(self, n_fields=4, name=NAME):
        """Write a message of `n_fields` exposures."""
        return self.queue.prepare(self.plan(n_fields), name, "Caltech", "Kulkarni")


class QueueContract:
    """Inherit, and define the fixture `bench`."""

    def test_submits(self, bench):
        request = bench.prepare(4)
        receipt = bench.queue.submit(request)
        assert isinstance(receipt, QueueReceipt)
        assert receipt.name == request.name
        assert receipt.answer
        assert bench.held(request.name) == 4
        assert bench.queue.find(request) is True

    def test_submitting_again_is_harmless(self, bench):
        request = bench.prepare(4)
        bench.queue.submit(request)
        bench.queue.submit(request)
        assert bench.held(request.name) == 4
        assert [plan.name for plan in bench.queue.queued()].count(request.name) == 1

    def test_another_queue_of_the_same_name_is_kept(self, bench):
        first, second = bench.prepare(4), bench.prepare(3)
        bench.queue.submit(first)
        assert bench.queue.find(second) is None
        with pytest.raises(QueueRefused):
            bench.queue.submit(second)
        assert bench.held(first.name) == 4
        assert bench.queue.find(first) is True

    def test_prepare_sends_nothing(self, bench):
        request = bench.prepare()
        assert bench.held(request.name) is None
        assert bench.queue.find(request) is False
        assert bench.prepare() == request

    def test_an_empty_plan_is_unsuitable(self, bench):
        with pytest.raises(PlanUnsuitable):
            bench.queue.prepare(make_plan(0), NAME, "Caltech", "Kulkarni")

    @pytest.mark.parametrize(
        "name", ["", "ToO_a b", "ToO_a/b", "ToO_\n", "ToO_" + "a" * 80, "../x"]
    )
    def test_a_strange_name_is_unsuitable(self, bench, name):
        with pytest.raises(PlanUnsuitable):
            bench.queue.prepare(make_plan(), name, "Caltech", "Kulkarni")

    def test_lists(self, bench):
        for index in (1, 2):
            bench.queue.submit(bench.prepare(index, f"ToO_S260302a_{index}"))
        plans = {plan.name: plan for plan in bench.queue.queued()}
        assert {"ToO_S260302a_1", "ToO_S260302a_2"} <= set(plans)
        plan = plans["ToO_S260302a_2"]
        assert len(plan.targets) == 2
        assert plan.is_too
        assert plan.start - 1 * u.s < START < plan.end

    def test_withdraws(self, bench):
        request = bench.prepare()
        bench.queue.submit(request)
        bench.queue.withdraw(request.name)
        assert bench.held(request.name) is None
        assert bench.queue.find(request) is False

    def test_withdrawing_what_is_not_there_is_fine_unless_it_may_have_been_picked_up(self, bench):
        if bench.queue.lists_until_done:
            bench.queue.withdraw("ToO_never_sent")
        else:
            with pytest.raises(QueuePickedUp, match="picked it up"):
                bench.queue.withdraw("ToO_never_sent")

    def test_withdrawing_leaves_others_alone(self, bench):
        own, other = bench.prepare(4), bench.prepare(3, "ToO_other")
        bench.queue.submit(own)
        bench.queue.submit(other)
        bench.queue.withdraw(own.name)
        assert bench.held(other.name) == 3

    def test_is_held_against_the_queue_before_it_is_sent(self, bench):
        plan, request = bench.plan(4), bench.prepare(4)
        before = plan.exposures[0].start - 5 * u.min
        findings = preflight(bench.queue, plan, request, ANY, before)
        assert {finding.level for finding in findings} == {"note"}
        assert findings[0].message == f"the name {request.name} is free"
        assert plan.exposures[0].start.iso[:13] in findings[-1].message
        bench.queue.submit(bench.prepare(3))
        findings = preflight(bench.queue, plan, request, ANY, before)
        assert "error" in {finding.level for finding in findings}
        assert bench.held(request.name) == 3
        bench.queue.submit(bench.prepare(2, "ToO_other"))
        findings = preflight(bench.queue, plan, bench.prepare(4, "ToO_third"), ANY, before)
        warnings = [finding.message for finding in findings if finding.level == "warning"]
        assert len(warnings) == 2
        for name in (NAME, "ToO_other"):
            assert any(name in each for each in warnings)

    def test_a_plan_for_yesterday_is_not_to_be_sent(self, bench):
        plan = bench.plan(4)
        after = plan.exposures[0].start + 1 * u.day
        findings = preflight(bench.queue, plan, bench.prepare(4), ANY, after)
        assert any(
            finding.level == "error" and "all exposures are past" in finding.message
            for finding in findings
        )

    def test_pings(self, bench):
        bench.queue.ping()

    def test_is_unreachable_when_nothing_listens(self, bench):
        request = bench.prepare()
        bench.close()
        for ask in (
            bench.queue.ping,
            bench.queue.queued,
            lambda: preflight(bench.queue, bench.plan(), request, ANY, START),
            lambda: bench.queue.find(request),
            lambda: bench.queue.submit(request),
            lambda: bench.queue.withdraw(request.name),
            lambda: list(bench.queue.executed(START, START + 1 * u.day)),
        ):
            with pytest.raises(QueueUnreachable):
                ask()


class UnlistedContract:
    """Inherit instead where the robot can neither be looked at nor read back.

    The law of outcomes holds as ever, but for half a list that is confirmed; and what is in
    doubt can only be told by a person.
    """

    def test_submits(self, bench):
        request = bench.prepare(4)
        receipt = bench.queue.submit(request)
        assert receipt.name == request.name
        assert receipt.answer
        assert bench.held(request.name) == 4

    test_a_plan_for_yesterday_is_not_to_be_sent = (
        QueueContract.test_a_plan_for_yesterday_is_not_to_be_sent
    )
    test_an_empty_plan_is_unsuitable = QueueContract.test_an_empty_plan_is_unsuitable
    test_a_strange_name_is_unsuitable = QueueContract.test_a_strange_name_is_unsuitable
    test_withdrawing_leaves_others_alone = QueueContract.test_withdrawing_leaves_others_alone
    test_pings = QueueContract.test_pings

    def test_is_unreachable_when_nothing_listens(self, bench):
        request = bench.prepare()
        bench.close()
        for ask in (
            bench.queue.ping,
            bench.queue.queued,
            lambda: preflight(bench.queue, bench.plan(), request, ANY, START),
            lambda: bench.queue.submit(request),
            lambda: bench.queue.withdraw(request.name),
            lambda: list(bench.queue.executed(START, START + 1 * u.day)),
        ):
            with pytest.raises(QueueUnreachable):
                ask()

    def test_says_that_it_cannot_be_asked(self, bench):
        request = bench.prepare()
        bench.queue.submit(request)
        for ask in (bench.queue.queued, lambda: bench.queue.find(request)):
            with pytest.raises(QueueUnknowable):
                ask()
        plan = bench.plan()
        findings = preflight(
            bench.queue, plan, bench.prepare(), ANY, plan.exposures[0].start - 5 * u.min
        )
        assert [finding.level for finding in findings] == ["warning", "note"]
        assert "its queue is not known" in findings[0].message
        assert list(bench.queue.executed(START, START + 1 * u.day)) == []

    def test_withdraws(self, bench):
        request = bench.prepare()
        bench.queue.submit(request)
        bench.queue.withdraw(request.name)
        assert bench.held(request.name) is None

    @pytest.mark.parametrize(
        ("fault", "expected"), [case for case in FAULTS if case.id != "half a list"]
    )
    def test_a_submission_that_goes_wrong(self, bench, fault, expected):
        request = bench.prepare(4)
        bench.fail(with_method(fault, bench.write_method))
        with pytest.raises(expected) as caught:
            bench.queue.submit(request)
        assert str(caught.value)
        bench.recover()
        if expected is not QueueUnconfirmed:
            assert bench.held(request.name) is None

    @pytest.mark.parametrize(("fault", "expected"), READ_FAULTS)
    def test_nothing_is_sent_when_it_does_not_describe_itself(self, bench, fault, expected):
        request = bench.prepare(4)
        bench.fail(with_method(fault, "GET"))
        with pytest.raises(expected):
            bench.queue.submit(request)
        assert bench.held(request.name) is None
        bench.fail(with_method(fault, "GET"))
        with pytest.raises(QueueUnreachable):
            bench.queue.ping()

    @pytest.mark.parametrize(
        ("fault", "expected"), [case for case in FAULTS if case.id != "half a list"]
    )
    def test_a_withdrawal_that_goes_wrong(self, bench, fault, expected):
        request = bench.prepare()
        bench.queue.submit(request)
        bench.fail(with_method(fault, bench.write_method))
        with pytest.raises(expected):
            bench.queue.withdraw(request.name)
        bench.recover()
        if expected is not QueueUnconfirmed:
            assert bench.held(request.name) == 4


class ExecutionContract:
    """Inherit too where the robot tells what it has done."""

    def test_executed(self, bench):
        request = bench.prepare(4)
        bench.queue.submit(request)
        bench.pass_time(1 * u.hour)
        exposures = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.day))
        assert len(exposures) == 4
        assert len({exposure.exposure_id for exposure in exposures}) == 4
        assert all(a.start < b.start for a, b in itertools.pairwise(exposures))
        planned = make_plan(4, "g").exposures
        assert {exposure.field_id for exposure in exposures} == {
            exposure.field_id for exposure in planned
        }
        for exposure in exposures:
            assert exposure.queue_name == request.name
            assert exposure.filter == "g"
            assert exposure.exposure_time == 30 * u.s
        # All done: the robot has begun it, and nothing is left.
        assert bench.queue.find(request) is True
        assert bench.held(request.name) is None

    def test_executed_is_limited_to_the_interval(self, bench):
        bench.queue.submit(bench.prepare(4))
        bench.pass_time(1 * u.hour)
        exposures = list(bench.queue.executed(START - 1 * u.hour, START + 1 * u.day))
        first, last = exposures[0].start, exposures[-1].start
        between = list(bench.queue.executed(first, last))
        assert [exposure.exposure_id for exposure in between] == [
            exposure.exposure_id for exposure in exposures[:-1]
        ]
        assert list(bench.queue.executed(START + 2 * u.day, START + 3 * u.day)) == []

    def test_is_found_while_it_is_executed(self, bench):
        request = bench.prepare(4)
        bench.queue.submit(request)
        for _ in range(40):
            bench.pass_time(10 * u.s)
            assert bench.queue.find(request) is True


class HTTPFaultContract:
    """Inherit too where the robot is reached by HTTP."""

    @pytest.mark.parametrize(("fault", "expected"), FAULTS)
    def test_a_submission_that_goes_wrong(self, bench, fault, expected):
        request = bench.prepare(4)
        expected = bench.expected(fault, expected)
        bench.fail(self.on_write(bench, fault))
        with pytest.raises(expected) as caught:
            bench.queue.submit(request)
        assert str(caught.value)
        bench.recover()
        held = bench.held(request.name)
        if expected is not QueueUnconfirmed:
            assert held is None
        assert bench.queue.find(request) is {None: False, 4: True}.get(held)
        if fault.kind is FaultKind.HALF:
            assert held == 2
        if fault.kind is FaultKind.STATUS:
            assert str(fault.status) in str(caught.value)

    @pytest.mark.parametrize(("fault", "expected"), FAULTS)
    def test_one_that_may_have_arrived_is_found_before_it_is_repeated(self, bench, fault, expected):
        request = bench.prepare(4)
        expected = bench.expected(fault, expected)
        bench.fail(self.on_write(bench, fault))
        with pytest.raises(expected):
            bench.queue.submit(request)
        bench.recover()
        if bench.held(request.name) in {None, 4}:
            bench.queue.submit(request)
            assert bench.held(request.name) == 4
        else:
            with pytest.raises(QueueRefused):
                bench.queue.submit(request)

    def test_one_that_arrives_after_all_is_found_then(self, bench):
        request = bench.prepare(4)
        bench.fail(self.on_write(bench, Fault(FaultKind.LATE)))
        with pytest.raises(QueueUnconfirmed):
            bench.queue.submit(request)
        bench.recover()
        assert bench.queue.find(request) is False
        bench.let_go()
        # This is what `confirmation_delay` is for: one False is not the last word.
        assert bench.queue.confirmation_delay(request) >= 30 * u.s
        wait_until(lambda: bench.held(request.name) == 4)
        assert bench.queue.find(request) is True

    @pytest.mark.parametrize(("fault", "expected"), READ_FAULTS)
    def test_nothing_is_sent_when_the_look_before_fails(self, bench, fault, expected):
        request = bench.prepare(4)
        bench.fail(self.on_read(bench, fault))
        with pytest.raises(expected):
            bench.queue.submit(request)
        assert bench.held(request.name) is None

    @pytest.mark.parametrize(("fault", "expected"), READ_FAULTS)
    def test_a_list_that_cannot_be_read(self, bench, fault, expected):
        bench.fail(self.on_read(bench, fault))
        with pytest.raises(expected):
            bench.queue.queued()
        bench.fail(self.on_read(bench, fault))
        with pytest.raises(QueueUnreachable):
            bench.queue.ping()

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(FaultKind.ACCEPT_THEN_HANG),
            Fault(FaultKind.ACCEPT_THEN_RESET),
            Fault(FaultKind.ACCEPT_THEN_STATUS, status=502),
            Fault(FaultKind.TRUNCATED),
        ],
        ids=lambda fault: str(fault.kind),
    )
    def test_a_withdrawal_whose_answer_is_lost(self, bench, fault):
        request = bench.prepare()
        bench.queue.submit(request)
        bench.fail(self.on_withdrawal(bench, fault))
        bench.queue.withdraw(request.name)
        assert bench.held(request.name) is None

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(FaultKind.HANG),
            Fault(FaultKind.RESET),
            Fault(FaultKind.STATUS, status=500),
            Fault(FaultKind.STATUS, status=403),
            Fault(FaultKind.HTML),
        ],
        ids=lambda fault: str(fault.kind),
    )
    def test_a_withdrawal_that_does_nothing_is_not_believed(self, bench, fault):
        request = bench.prepare()
        bench.queue.submit(request)
        bench.fail(self.on_withdrawal(bench, fault))
        with pytest.raises(QueueError):
            bench.queue.withdraw(request.name)
        bench.recover()
        assert bench.held(request.name) == 4
        bench.queue.withdraw(request.name)
        assert bench.held(request.name) is None

    @staticmethod
    def on_write(bench, fault):
        return with_method(fault, bench.write_method)

    @staticmethod
    def on_read(_bench, fault):
        return with_method(fault, "GET")

    @staticmethod
    def on_withdrawal(_bench, fault):
        return with_method(fault, "DELETE")


def wait_until(happened, seconds=300):
    """Poll what another thread brings about, and fail if it does not."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def with_method(fault, method):
    """`fault`, for requests of one method."""
    return Fault.from_message({**vars(fault), "method": method})
