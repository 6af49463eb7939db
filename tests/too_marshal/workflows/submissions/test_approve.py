"""Names of queues: unlike any other, and short enough for every robot."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from too_marshal.db.base import now
from too_marshal.workflows.submissions.approve import queue_name

MAX_LENGTH = 30
"""Letters that WINTER takes."""


@pytest.mark.parametrize(
    ("event", "part"),
    [
        ("S250101ab", "S250101ab"),
        ("IceCube-250101A", "IC-250101A"),
        ("bn250101123", "bn250101123"),
        ("GRB 250101A", "GRB-250101A"),
        ("IceCubeCascade-250101a", "ICC-250101"),
        ("01234567890123456789", "890123456789"),
        ("S/é", "S--"),
    ],
)
def test_the_event_is_told_in_few_letters(event, part):
    session = SimpleNamespace(scalar=lambda _: 0)
    plan = SimpleNamespace(event=SimpleNamespace(name=event), id=123456, created_at=now())
    name = queue_name(session, plan)
    assert name.startswith(f"ToO_{part}_123456_")
    assert len(name) <= MAX_LENGTH
