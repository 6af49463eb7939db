"""A clock for tests: the service's present is one night, whatever day it is outside.

It holds in the test's own process. The database, and processes that a test starts, keep the
true time: a test that asks those must not be held.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from astropy.time import Time

from too_marshal import clock

EVENING = datetime(2026, 11, 22, 3, 7, tzinfo=UTC)
"""Seven minutes after the event of `alerts.lvk`; it grows dark at Palomar."""

MIDNIGHT = Time("2026-11-22T08:00:00", scale="utc")
"""Of that night, at Palomar."""

RA = 64.6
"""What culminates then, deg."""


@contextmanager
def running_from(start: datetime) -> Iterator[None]:
    """Let it be `start` now, and go on from there."""
    began = time.monotonic()
    with clock.kept_by(lambda: start + timedelta(seconds=time.monotonic() - began)):
        yield
