"""Whatever goes wrong, and in whatever order: no exposure twice, no belief that is not so."""

import contextlib
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

from telescopes.errors import (
    QueueError,
    QueueIncomplete,
    QueueRefused,
    QueueUnconfirmed,
    QueueUnreachable,
)
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.ztf.messages import read_messages
from tests.telescopes.plans import make_plan
from tests.telescopes.ztf.test_queue import ZTFBench

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
    skip=st.integers(0, 1),
    status=st.sampled_from([400, 401, 409, 429, 500, 502, 503]),
)
read_faults = st.none() | st.builds(
    Fault,
    st.sampled_from([FaultKind.STATUS, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED]),
    method=st.just("GET"),
    skip=st.integers(0, 4),
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
        self.withdrawn = set()

    def teardown(self):
        self.stack.close()

    @rule(
        target=unclear,
        n_fields=st.integers(2, 5),
        filters=st.sampled_from(["g", "gr"]),
        write=write_faults,
        read=read_faults,
    )
    def submit(self, n_fields, filters, write, read):
        name = f"ToO_{len(self.requests)}"
        plan = make_plan(n_fields, filters, minimum_gap=5 * u.min)
        self.requests[name] = self.bench.queue.prepare(plan, name, "Caltech", "Kulkarni")
        assert len(read_messages(self.requests[name].body)) == len(filters)
        return self.send(name, write, read)

    @rule(target=unclear, name=consumes(unclear), write=write_faults, read=read_faults)
    def ask_then_perhaps_repeat(self, name, write, read):
        request = self.requests[name]
        is_held = self.find(name)
        if is_held is False:
            self.live_on(self.bench.queue.confirmation_delay(request).to_value(u.min))
            is_held = self.find(name)
        if is_held:
            self.accepted.add(name)
            return multiple()
        if is_held is None:
            # A person is asked only about what differs, and not about what is not there. Later it
            # may be gone: its window ends.
            assert self.has_begun(name)
            return multiple()
        return self.send(name, write, read)

    def find(self, name):
        """What is found; a part of it counts as nothing: it may be sent again."""
        try:
            return self.bench.queue.find(self.requests[name])
        except QueueIncomplete:
            return False

    def send(self, name, write, read):
        had_begun = self.has_begun(name)
        for fault in (write, read):
            if fault is not None:
                self.bench.add_fault(fault)
        try:
            self.bench.queue.submit(self.requests[name])
        except QueueUnconfirmed:
            return name
        except QueueUnreachable:
            assert self.has_begun(name) == had_begun
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

    def exposures(self):
        """All of them, an open shutter included."""
        robot = self.bench.simulator.robot
        return [*robot.history, *([robot.pending] if robot.pending else [])]

    def has_begun(self, name):
        is_exposed = any(each.subprogram_name == name for each in self.exposures())
        return self.bench.held(name) is not None or is_exposed

    @invariant()
    def nothing_is_exposed_twice(self):
        taken = Counter(
            (each.subprogram_name, each.field_id, each.filter_id) for each in self.exposures()
        )
        assert not taken or max(taken.values()) == 1

    @invariant()
    def what_was_accepted_is_whole(self):
        for name in self.accepted:
            for message in read_messages(self.requests[name].body):
                self.is_whole(message)

    def is_whole(self, message):
        held = self.bench.simulator.robot.roster.queues.get(message["queue_name"])
        exposed = sum(each.queue_name == message["queue_name"] for each in self.exposures())
        asked = len(message["targets"])
        if held is not None:
            assert exposed + len(held.targets) == asked
        elif self.bench.simulator.clock.now() <= message["validity_window_mjd"][1]:
            # Part of a list that was executed is told from the whole by its exposures only.
            assert 1 <= exposed <= asked

    @invariant()
    def what_was_refused_is_not(self):
        for name in self.refused:
            assert self.bench.held(name) is None

    @invariant()
    def what_was_withdrawn_is_gone(self):
        for name in self.withdrawn:
            assert self.bench.held(name) is None


Marshal.TestCase.settings = settings(
    max_examples=35, stateful_step_count=25, deadline=None, report_multiple_bugs=False
)
TestMarshal = Marshal.TestCase
