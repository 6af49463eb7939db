"""When a quantity is above a limit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planners.visibility.spans import above, spans_above


@given(phase=st.floats(0, 2 * np.pi), limit=st.floats(-0.9, 0.9))
def test_a_wave_is_above_a_limit_between_its_crossings(phase, limit):
    def wave(seconds):
        return np.sin(seconds / 5000 + phase)

    samples = np.arange(0.0, 60_001.0, 600.0)
    spans = spans_above(wave, limit, samples)
    inside = np.zeros(len(samples), dtype=bool)
    for start, end in spans:
        inside |= (samples >= start) & (samples <= end)
        for edge in (start, end):
            if samples[0] < edge < samples[-1]:
                assert abs(float(wave(edge)) - limit) < 1 / 5000
    assert (inside == (wave(samples) >= limit)).all()


def test_nothing_is_above_a_limit_where_there_are_no_samples():
    assert spans_above(np.sin, 0.0, np.array([])) == []
    assert spans_above(np.cos, 2.0, np.array([0.0])) == []


def test_a_line_is_above_a_limit_between_its_crossings():
    line = np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 2, 0, 0, 4])
    assert above(*line, 1.0) == [(0.5, 1.5), (3.25, 4.0)]
    assert above(*line, -1.0) == [(0.0, 4.0)]
    assert above(*line, 5.0) == []
