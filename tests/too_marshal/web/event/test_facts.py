"""Facts by stream: what decides is said in words and units, and nothing is empty."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from planners.detection import DustMap
from tests.too_marshal.factories import add_event, add_localization, circle_map
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.events import Event
from too_marshal.formatting import angle
from too_marshal.web.event.facts import Fact, other_facts, position_facts, stream_facts


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"signalness": 0.507, "energy_tev": 171.4}, ["Signalness 50.7 %", "Energy 171 TeV"]),
        ({"energy_tev": 2600.0}, ["Energy 2.6 PeV"]),
        (
            {"duration_class": "short", "data_significance_sigma": 9.4, "snr": None},
            ["Duration class Short", "Significance 9.4 sigma"],
        ),
        ({"image_significance_sigma": 7.31}, ["Image significance 7.31 sigma"]),
        ({"instruments": ["H1", "L1"], "detectors": []}, ["Seen by H1, L1"]),
        ({"signalness": "not available"}, ["Signalness not available"]),
        ({}, []),
    ],
)
def test_what_decides_is_said_with_its_unit(attributes, wanted):
    facts = stream_facts(Event(attributes=attributes))
    assert [f"{fact.label} {fact.value}" for fact in facts] == wanted


def test_the_rest_keeps_the_name_that_the_mission_gives_it():
    event = Event(attributes={"run_id": 137000, "radius_90_deg": 0.71, "signalness": 0.5})
    assert other_facts(event) == [Fact("Radius 90", "0.71 deg"), Fact("Run id", "137000")]


def test_a_position_is_told_in_both_forms_with_its_error(session: Session):
    event = add_event(session)
    localization = add_localization(session, event, circle_map(150.0, 30.0, 0.05))
    localization.description = {
        "kind": "circle", "ra": 150.0, "dec": 30.0, "radius": 0.05, "containment": 0.9,
        "systematics_included": True,
    }  # fmt: skip
    position, error = position_facts(localization)
    assert position.label == "Position"
    assert position.value.startswith("10:00:00")
    latitude = SkyCoord(150, 30, unit=u.deg).galactic.b.deg
    assert f"Galactic latitude {latitude:+.1f} deg" in position.note
    assert (error.label, error.value) == ("Error radius", "3 arcmin")
    assert error.note == "90.0 % contained; systematic error included"
    dust = DustMap(np.full(12 * 16**2, 0.02, dtype=np.float32), 16, "nested", "the dust map x")
    extinction = position_facts(localization, dust)[-1]
    assert (extinction.label, extinction.value) == ("Extinction", "0.05 mag in V")
    assert extinction.note == "E(B-V) 0.020 mag at that position, the dust map x"


@pytest.mark.parametrize(
    ("degrees", "text"),
    [(8.9, "8.9 deg"), (0.05, "3 arcmin"), (0.001, "3.6 arcsec"), (float("nan"), "unknown")],
)
def test_a_small_angle_is_written_in_its_unit(degrees, text):
    assert angle(degrees) == text


def test_the_page_of_a_burst_has_no_empty_box(viewer: FlaskClient, session: Session):
    event = add_event(
        session, "GRB 260101A", stream="swift", classification={}, properties={}, far=None,
        is_significant=None, attributes={"image_significance_sigma": 8.2},
    )  # fmt: skip
    text = page(viewer, f"/events/{event.id}").split('id="details"')[1].split("</section>")[0]
    assert "Image significance" in text
    assert "<dd>\N{EN DASH}" not in text
    assert "False alarms" not in text
    assert "not significant" not in page(viewer, f"/events/{event.id}"), "no notice tells"


def test_a_nought_that_stands_for_nothing_is_not_shown():
    event = Event(
        attributes={"burst_significance_sigma": 0, "trigger_duration_s": 0.0, "events": 0}
    )
    assert stream_facts(event) == [Fact("Events", "0")]
