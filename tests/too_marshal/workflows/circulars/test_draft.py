"""A circular introduces every telescope properly, and counts in proper words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from tests.too_marshal.factories import add_event, add_localization
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.events import Event
from too_marshal.workflows.circulars.draft import draft
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.upload import upload


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session, event_time=now() - timedelta(days=1))
    add_localization(session, event)
    return event


def drawn(session: Session, event: Event, telescope: str, exposures: int) -> CircularDraft:
    """Draw a circular from so many exposures, that were brought in as a table."""
    band = TELESCOPES[telescope].default_filters[0]
    begin = event.event_time + timedelta(hours=3)
    rows = [
        f"150.0,30.0,{band},{(begin + timedelta(minutes=20 * k)).isoformat()},30,19.5"
        for k in range(exposures)
    ]
    table = "\n".join(["ra,dec,filter,start,exposure_time,limiting_magnitude", *rows])
    upload(session, event, data=table.encode(), telescope=telescope, name="night.csv", by="ann")
    cover(session, event.id, telescope)
    asked = CircularRequest(telescopes=[telescope])
    return draft(session, event.id, asked, author="ann")


@pytest.mark.parametrize("telescope", TELESCOPES)
def test_every_telescope_is_introduced(session: Session, event: Event, telescope: str):
    known = TELESCOPES[telescope]
    circular = drawn(session, event, telescope, 2)
    text = " ".join(circular.body.split())
    assert circular.subject.endswith(f": {known.facility} observations")
    assert f"with the {known.facility} ({known.description}) as a target of opportunity." in text
    assert " et al. 20" in known.description
    assert known.facility not in known.description
    assert f"the {telescope} ({telescope})" not in text
    assert "We obtained 2 images in the" in text
    assert known.acknowledgment in text


def test_one_exposure_is_no_several(session: Session, event: Event):
    text = " ".join(drawn(session, event, "DECam", 1).body.split())
    assert "We obtained 1 image in the g band (30 s) at " in text
    assert "images in" not in text
