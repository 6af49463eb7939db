"""Whatever goes wrong, and in whatever order: no exposure twice, no belief that is not so."""

import contextlib
import json
from collections import Counter

from astropy import units as u
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from telescopes.errors import QueueError, QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.simulators.faults import Fault, FaultKind
from tests.telescopes.test_ztf_queue import ZTFBench

KINDS = [
    FaultKind.STATUS,
    FaultKind.RESET,
    FaultKind.ACCEPT_THEN_RESET,
    FaultKind.ACCEPT_THEN_STATUS,
    FaultKind.HALF,
    FaultKind.HTML,
    FaultKind.TRUNCATED,
]

write_faults = st.none() | st.builds(
    Fault,
    st.sampled_from(KINDS),
    method=st.just("PUT"),
    status=st.sampled_from([400, 401, 409, 429, 500, 502, 503]),
)
read_faults = st.none() | st.builds(
    Fault,
    st.sampled_from([FaultKind.STATUS, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED]),
    method=st.just("GET"),
    skip=st.integers(0, 3),
)


class Marshal(RuleBasedStateMachine):
    """A marshal that keeps to the protocol, and a robot that does not."""

    unclear = Bundle("unclear")

    def __init__(self):
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.bench = ZTFBench(self.stack)
        self.requests = {}
        self.accepted = set()
        self.refused = set()
        self.differing = set()
        self.withdrawn = set()

    def teardown(self):
        self.stack.close()

    @rule(target=unclear, number=st.integers(2, 5), write=write_faults, read=read_faults)
    def submit(self, number, write, read):
        name = f"ToO_{len(self.requests)}"
        self.requests[name] = self.bench.prepare(number, name)
        return self.send(name, write, read)

    @rule(target=unclear, name=consumes(unclear), write=write_faults, read=read_faults)
    def ask_then_perhaps_repeat(self, name, write, read):
        request = self.requests[name]
        found = self.bench.queue.find(request)
        if found is False:
            self.live_on(self.bench.queue.settle_time(request).to_value(u.min))
            found = self.bench.queue.find(request)
        if found:
            self.accepted.add(name)
            return multiple()
        if found is None:
            self.differing.add(name)
            return multiple()
        return self.send(name, write, read)

    def send(self, name, write, read):
        for fault in (write, read):
            if fault is not None:
                self.bench.add_fault(fault)
        try:
            self.bench.queue.submit(self.requests[name])
        except QueueUnconfirmed:
            return name
        except QueueUnreachable:
            assert not self.has_begun(name)
            return name
        except QueueRefused:
            self.refused.add(name)
            return multiple()
        finally:
            self.bench.server.faults.clear()
        self.accepted.add(name)
        return multiple()

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def submit_again_by_mistake(self, data):
        name = data.draw(st.sampled_from(sorted(self.accepted)))
        with contextlib.suppress(QueueError):
            self.bench.queue.submit(self.requests[name])

    @precondition(lambda self: self.accepted)
    @rule(data=st.data(), read=read_faults)
    def withdraw(self, data, read):
        name = data.draw(st.sampled_from(sorted(self.accepted)))
        if read is not None:
            self.bench.add_fault(read)
        try:
            self.bench.queue.withdraw(name)
        except QueueError:
            return
        finally:
            self.bench.server.faults.clear()
            self.accepted.discard(name)
        self.withdrawn.add(name)

    @rule(minutes=st.sampled_from([0.5, 2, 5, 10]))
    def live_on(self, minutes):
        self.bench.pass_time(minutes * u.min)
        self.bench.simulator.pass_time()

    def exposed(self, name):
        """Number of exposures, an open shutter included."""
        robot = self.bench.simulator.robot
        exposures = [*robot.history, *([robot.pending] if robot.pending else [])]
        return sum(exposure.queue_name == name for exposure in exposures)

    def has_begun(self, name):
        return self.bench.held(name) is not None or self.exposed(name) > 0

    @invariant()
    def nothing_is_exposed_twice(self):
        history = self.bench.simulator.robot.history
        taken = Counter((exposure.queue_name, exposure.field_id) for exposure in history)
        assert not taken or max(taken.values()) == 1

    @invariant()
    def what_was_accepted_is_whole(self):
        for name in self.accepted:
            message = json.loads(self.requests[name].body)
            asked, left = len(message["targets"]), self.bench.held(name)
            if left is not None:
                assert self.exposed(name) + left == asked
            elif self.bench.simulator.clock.now() <= message["validity_window_mjd"][1]:
                # Part of a list that was executed is told from the whole by its exposures only.
                assert 1 <= self.exposed(name) <= asked

    @invariant()
    def what_was_refused_is_not(self):
        for name in self.refused:
            assert not self.has_begun(name)

    @invariant()
    def what_was_withdrawn_is_gone(self):
        for name in self.withdrawn:
            assert self.bench.held(name) is None

    @invariant()
    def a_person_is_asked_only_about_what_differs(self):
        for name in self.differing:
            assert self.has_begun(name)


Marshal.TestCase.settings = settings(
    max_examples=35, stateful_step_count=25, deadline=None, report_multiple_bugs=False
)
TestMarshal = Marshal.TestCase
