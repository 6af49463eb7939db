"""An event with its nights, on one evening."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from tests.too_marshal.clocks import EVENING, RA, running_from
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.workflows.observability.nights import work_out_nights

Located = Callable[..., Event]


@pytest.fixture
def evening() -> Iterator[None]:
    with running_from(EVENING):
        yield


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two telescopes are enough: one of which there is a robot, and one of which there is none."""
    names = ["ZTF", "LCO-1m-cpt"]
    for name in set(TELESCOPES) - set(names):
        monkeypatch.delitem(TELESCOPES, name)
    return names


@pytest.fixture
def located(session: Session, evening: None, two: list[str]) -> Located:  # noqa: ARG001 - it is the evening
    """Makes an event somewhere on the sky whose nights are worked out."""

    def make(ra: float = RA, dec: float = 20.0, radius: float = 3.0) -> Event:
        event = add_event(session, event_time=now())
        localization = add_localization(session, event, circle_map(ra, dec, radius))
        work_out_nights(session, ["ZTF"], localization.id)
        return event

    return make
