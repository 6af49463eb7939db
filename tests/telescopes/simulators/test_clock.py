import pytest
from hypothesis import given
from hypothesis import strategies as st

from telescopes.simulators.clock import DAY, SimulatedClock


class Wall:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def wall():
    return Wall()


def test_runs_at_its_rate(wall):
    clock = SimulatedClock(60000.0, 60.0, wall)
    wall.seconds += 24 * 60
    assert clock.now() == pytest.approx(60001.0, abs=1e-9)


def test_is_set(wall):
    clock = SimulatedClock(60000.0, 60.0, wall)
    wall.seconds += 5
    clock.set(61000.0)
    assert clock.now() == 61000.0
    clock.set(rate=1.0)
    wall.seconds += DAY
    assert clock.now() == pytest.approx(61001.0, abs=1e-9)


@given(
    before=st.floats(0, 1e4),
    after=st.floats(0, 1e4),
    fast=st.floats(1, 500),
    slow=st.floats(1, 500),
)
def test_a_rate_changed_in_the_past_is_as_if_it_had_been_changed_then(before, after, fast, slow):
    wall = Wall()
    clock = SimulatedClock(60000.0, fast, wall)
    wall.seconds += before
    then = clock.now()
    wall.seconds += after
    clock.change_rate_from(then, slow)
    assert clock.now() == pytest.approx(60000 + (before * fast + after * slow) / DAY, abs=1e-6)


def test_a_rate_cannot_change_before_the_clock_was_set(wall):
    clock = SimulatedClock(60000.0, 10.0, wall)
    clock.change_rate_from(50000.0, 1.0)
    assert clock.now() == 60000.0


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_time_does_not_stop(rate):
    with pytest.raises(ValueError, match="does not stop"):
        SimulatedClock(60000.0, rate)
