"""What is said of tonight."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from tests.too_marshal.clocks import EVENING, RA, later, running_from
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal.db.events import Event
from too_marshal.workflows.observability.nights import work_out_nights
from too_marshal.workflows.observability.stored_night import to_come
from too_marshal.workflows.observability.tonight import tonight


@pytest.fixture(autouse=True)
def ztf_alone(monkeypatch: pytest.MonkeyPatch):
    for name in set(TELESCOPES) - {"ZTF"}:
        monkeypatch.delitem(TELESCOPES, name)


def located(session: Session, ra: float, dec: float) -> Event:
    event = add_event(session)
    localization = add_localization(session, event, circle_map(ra, dec, 3.0))
    work_out_nights(session, ["ZTF"], localization.id)
    return event


def test_tonight_in_few_numbers(session: Session):
    with running_from(EVENING):
        event = located(session, RA, 20.0)
        (known,) = tonight(session, event).values()
        assert (known.telescope, known.night) == ("ZTF", date(2026, 11, 21))
        assert (known.time_zone, known.airmass_limit) == ("America/Los_Angeles", 2.5)
        # It culminates at 8 h UTC: it is up within 4.4 h of that, and the night is longer.
        assert known.best > 0.99
        assert known.start is not None
        assert known.end is not None
        middle = known.start + (known.end - known.start) / 2
        assert abs(middle - EVENING.replace(hour=8, minute=0)) < timedelta(minutes=20)
        assert known.dark is not None
        assert known.dark[0] <= known.start < known.end <= known.dark[1]
        assert known.best_until is not None
        assert known.start < known.best_until <= known.end
        assert known.still_reachable == pytest.approx(known.reachable)
        assert 0 <= known.moon_illumination <= 1
        assert known.moon_separation is not None
        end = known.end
    with running_from(end + timedelta(minutes=40)):
        (after,) = tonight(session, event).values()
        assert after.night == known.night
        assert after.reachable == known.reachable
        assert after.still_reachable < 0.05, "it has set"


def test_once_the_sun_has_risen_it_is_the_next_night(session: Session):
    with running_from(EVENING):
        event = located(session, RA, 20.0)
        nights = to_come(session, event.current_localization_id)["ZTF"]
        assert [night.night.day for night in nights] == [21, 22, 23]
        sunset = nights[0].twilight("sunset")
        assert sunset is not None
        with later(seconds=(sunset[1] - EVENING).total_seconds() - 60):
            assert tonight(session, event)["ZTF"].night.day == 21
        with later(seconds=(sunset[1] - EVENING).total_seconds() + 60):
            assert tonight(session, event)["ZTF"].night.day == 22
        with later(days=3):
            assert tonight(session, event) == {}, "nothing is worked out yet"


def test_what_never_rises_has_no_hours(session: Session):
    with running_from(EVENING):
        known = tonight(session, located(session, RA, -80.0))["ZTF"]
    assert (known.start, known.end, known.best, known.best_until) == (None, None, 0.0, None)
    assert known.reachable == known.still_reachable == 0
    assert known.dark is not None
    assert known.moon_separation is not None


def test_without_a_map_nothing_is_said(session: Session):
    assert tonight(session, add_event(session)) == {}


def test_between_samples_values_lie_on_a_line(session: Session):
    with running_from(EVENING):
        event = located(session, RA, 20.0)
        night = to_come(session, event.current_localization_id)["ZTF"][0]
    values = [0.0, 1.0, 3.0]
    assert night.sampled(values, night.time(300)) == pytest.approx(0.5)
    assert night.sampled(values, night.time(900)) == pytest.approx(2.0)
    assert night.sampled(values, night.time(-5)) == 0
    assert night.sampled(values, night.time(1e6)) == 3
    assert night.sampled([2.0], night.time(100)) == 2
    assert night.sampled([], night.time(0)) is None
