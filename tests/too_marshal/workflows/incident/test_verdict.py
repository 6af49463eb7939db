from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from tests.too_marshal.factories import (
    add_coverage,
    add_event,
    add_exposures,
    add_localization,
    add_night,
    add_plan,
    add_submission,
    circle_map,
)
from tests.too_marshal.workflows.incident.test_next_step import ZTF
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.queues import SubmissionState
from too_marshal.formatting import clock_time
from too_marshal.workflows.incident.next_step import next_step
from too_marshal.workflows.incident.standing import sending, standings
from too_marshal.workflows.incident.verdict import at_site, what_can_be_done, what_it_is
from too_marshal.workflows.observability.tonight import tonight


def verdict(session: Session, event: Event) -> tuple[str, str]:
    session.expire_all()
    standing = standings(session, [event])[event.id]
    step = next_step(standing, sending(session, ZTF), now())
    return what_it_is(standing), what_can_be_done(standing, step, tonight(session, event))


def test_it_says_what_it_is_and_what_can_be_reached(session: Session):
    event = add_event(session)
    add_localization(session, event)
    plan = add_plan(session, event)
    what, reach = verdict(session, event)
    assert what == "BNS 93.0 %, false alarms 1 per 31.7 yr, 90 % in 201 deg²"
    start = plan.statistics["start"]
    assert reach.startswith(f"ZTF can reach 69.0 % in 34 min from {clock_time(start)} (")
    assert reach.endswith(f"to {clock_time(plan.statistics['end'])}")


def test_it_says_what_is_unsure(session: Session):
    event = add_event(session, "MS1", is_test=True, is_significant=False, far=None)
    assert verdict(session, event)[0] == "Test: BNS 93.0 %, not significant"
    unsaid = add_event(session, "S2", is_significant=None, far=None, classification={})
    assert verdict(session, unsaid)[0] == "LIGO/Virgo/KAGRA", "nothing that no notice has said"


def test_it_says_what_makes_a_neutrino_and_how_well_a_point_is_known(session: Session):
    event = add_event(session, "IC", stream="icecube", classification={}, far=None)
    event.attributes = {"signalness": 0.278}
    session.commit()
    assert verdict(session, event)[0] == "IceCube, signalness 27.8 %"
    event.attributes = {"signalness": "not available"}
    row = add_localization(session, event, circle_map(150.0, 20.0, 0.02))
    row.description = {"kind": "circle", "ra": 150.0, "dec": 20.0, "radius": 0.02}
    session.commit()
    assert verdict(session, event)[0] == "IceCube, position known to 1.2 arcmin"
    row.description = {**row.description, "containment": 0.9}
    session.commit()
    assert verdict(session, event)[0] == "IceCube, position known to 1.2 arcmin (90.0 %)"


def test_it_says_how_far_the_robot_is_then_what_was_observed(session: Session):
    event = add_event(session)
    add_localization(session, event)
    submission = add_submission(session, add_plan(session, event), SubmissionState.EXECUTING)
    add_exposures(session, submission, 5)
    assert verdict(session, event)[1] == "ZTF has taken 5 of 12 exposures of a plan for 69.0 %"
    submission.state = SubmissionState.DONE
    add_coverage(session, event, 0.31)
    assert verdict(session, event)[1] == "ZTF has observed 31.0 % at least once"


@pytest.mark.parametrize(
    ("telescope", "local"),
    [
        ("ZTF", "18:07 PST"),
        ("GROWTH-India", "07:37 IST"),
        ("DECam", "23:07 UTC\N{MINUS SIGN}03"),
    ],
)
def test_times_are_told_in_utc_and_as_clocks_at_the_site_show_them(telescope, local):
    assert TELESCOPES[telescope].site.time_zone
    when = datetime(2026, 1, 15, 2, 7, tzinfo=UTC)
    assert at_site(when, telescope) == f"01-15 02:07 UTC ({local})"


def test_the_date_is_told_where_it_is_another_one():
    assert clock_time(now() + timedelta(hours=2)) == f"{now() + timedelta(hours=2):%H:%M} UTC"
    assert "-" in clock_time(now() + timedelta(hours=30))


def test_until_when_it_is_up_is_said_while_that_is_to_come(session: Session):
    event = add_event(session)
    add_localization(session, event)
    add_plan(session, event)
    # Between sunrise and noon the night that is not over is the next one.
    add_night(session, event)
    add_night(session, event, ahead=1)
    night = tonight(session, event)["ZTF"]
    standing = standings(session, [event])[event.id]
    step = next_step(standing, sending(session, ZTF), now())
    hour = timedelta(hours=1)

    def said(start: datetime, end: datetime) -> str:
        return what_can_be_done(standing, step, {"ZTF": replace(night, usable=((start, end),))})

    assert f"up until {clock_time(now() + hour)}" in said(now() - hour, now() + hour)
    assert "up until" not in said(now() - 2 * hour, now() - hour)
