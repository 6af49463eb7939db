"""What a circular says is what was executed, by whom it was asked, and what came before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy.orm import Session

from planners.footprints.at_position import images_at
from telescopes import TELESCOPES
from tests.too_marshal.factories import (
    add_event,
    add_night,
    add_person,
    add_plan,
)
from tests.too_marshal.workflows.circulars.conftest import observe, receive
from too_marshal.db.accounts.people import Role
from too_marshal.db.circulars import BY_HAND
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import ALL_TELESCOPES, Coverage, Exposure
from too_marshal.deployment.circulars.ways import CircularWays
from too_marshal.workflows.circulars.gather import COUNTED, NothingToSay, gather, subject_name
from too_marshal.workflows.circulars.observed import NothingExecuted
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.circulars.send import ask_to_send
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.records import exposures_of
from too_marshal.workflows.exposures.upload import upload


def asked(**values: object) -> CircularRequest:
    return CircularRequest.model_validate({"telescopes": ["ZTF"], **values})


def text_of(draft) -> str:
    return " ".join(draft.body.split())


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"name": "S261122ab"}, "LIGO/Virgo/KAGRA S261122ab"),
        ({"name": "IceCube-231125A", "stream": "icecube"}, "IceCube-231125A"),
        ({"name": "EP240219a", "stream": "einstein_probe"}, "EP240219a"),
        ({"name": "01709259773", "stream": "einstein_probe"}, "EP-WXT 01709259773"),
        ({"name": "sb25021804", "stream": "svom"}, "SVOM sb25021804"),
        ({"name": "FRB 20250206A", "stream": "chime_frb"}, "FRB 20250206A"),
        (
            {"name": "KM3-230213A", "stream": "km3net"},
            "KM3NeT neutrino transient KM3-230213A",
        ),
        ({"name": "SN 2023ixf", "stream": "boom"}, "SN 2023ixf"),
        ({"name": "AT2017gfo", "stream": "boom"}, "AT2017gfo"),
        ({"name": "1107050", "stream": "swift"}, "Swift trigger 1107050"),
        (
            {"name": "1107050", "stream": "swift", "aliases": ["GRB 220518A", "1107050"]},
            "GRB 220518A",
        ),
    ],
)
def test_every_event_gets_a_subject_that_gcn_takes(session: Session, values, name: str):
    assert subject_name(add_event(session, values.pop("name"), **values)) == name


def test_a_draft_has_the_numbers_of_what_was_executed(session, event, drafted):
    row = drafted()
    coverage = session.get_one(Coverage, (event.current_localization_id, "ZTF"))
    text = text_of(row)
    assert row.subject == "LIGO/Virgo/KAGRA S261122ab: Zwicky Transient Facility observations"
    assert "We obtained 7 images in the g and r bands (30 s each, 210 s in total)" in text
    assert "(2.0 hours after the event)" in text
    assert f"cover {coverage.area:.1f} square degrees at least once" in text
    assert f"enclosing {100 * coverage.probability:.1f} % of the probability" in text
    assert "g > 20.5" in text
    assert row.values["ZTF.images"]["source"] == "executed exposures of ZTF"


def test_nothing_planned_is_ever_reported(session: Session):
    event = add_event(session, "S261123c")
    with pytest.raises(NothingExecuted, match="ZTF has executed nothing for S261123c"):
        gather(session, event, asked(), author="ann")


def test_a_plan_alone_is_no_observation(session, event):
    add_plan(session, event)
    (facts,) = gather(session, event, asked(), author="ann").facts.telescopes
    assert facts.images == 7


def test_authors_stand_in_the_chosen_order(session, event):
    for username, name, place in (("ann", "Ann \u00c5str\u00f6m", "Caltech"), ("bob", "Bob B", "")):
        add_person(session, username, Role.OBSERVER, full_name=name, affiliation=place)
    for order, printed in (
        (["bob", "ann"], ("Bob B", "Ann \u00c5str\u00f6m (Caltech)", "C. Guest (UMD)")),
        (["ann"], ("Ann \u00c5str\u00f6m (Caltech)", "C. Guest (UMD)")),
    ):
        request = asked(authors=order, further_authors=["C. Guest (UMD)"])
        assert gather(session, event, request, author="ann").facts.authors == printed
    with pytest.raises(NothingToSay, match="Nobody here is called eve"):
        gather(session, event, asked(authors=["eve"]), author="ann")


def test_names_are_transliterated_in_the_text(session, drafted):
    add_person(session, "ann", Role.OBSERVER, full_name="Ann \u00c5str\u00f6m")
    assert drafted().body.startswith("Ann Astrom reports:")


def test_coverage_that_lags_behind_is_told(session, event, drafted):
    session.get_one(Coverage, (event.current_localization_id, "ZTF")).exposures = 5
    session.commit()
    row = drafted()
    assert row.facts["notes"] == [
        "The coverage of ZTF is of 5 images, and 7 are known: it is being measured anew."
    ]


def test_what_the_site_could_not_observe_is_stated(session, event):
    first = session.query(Exposure).order_by(Exposure.start).first()
    row = add_night(session, event)
    row.night = (first.start - timedelta(hours=16)).date()
    session.commit()
    (facts,) = gather(session, event, asked(), author="ann").facts.telescopes
    assert facts.reachable == row.numbers["still_reachable"][0]
    off = gather(session, event, asked(states_unreachable=False), author="ann")
    assert off.facts.telescopes[0].reachable is None


def test_a_later_report_speaks_of_what_came_since_and_cites_the_first(session, event, drafted):
    with pytest.raises(NothingToSay, match="No circular of ours on this event was sent"):
        drafted(kind="followup")
    receive(session, event, 44001, "LIGO/Virgo/KAGRA S261122ab: a merger", "The LVK report: it")
    first = drafted(is_approved=True)
    sending = ask_to_send(
        session, CircularWays({}), first.id, way=BY_HAND, sha256=first.sha256, by="bob"
    )
    sending.number = 44002
    session.commit()
    receive(session, event, 44002, first.subject, first.body)
    receive(session, event, 44003, "S261122ab: others", "X. Other and Y. Else report: nothing")
    with pytest.raises(NothingExecuted, match="has executed nothing since"):
        drafted(kind="followup")
    event.event_time += timedelta(hours=4)
    session.commit()
    observe(session, event, 4)
    row = drafted(kind="followup")
    assert "We obtained 4 images" in text_of(row)
    numbers = [each["number"] for each in row.facts["citations"]]
    assert numbers == [44001, 44002]
    chosen = drafted(kind="followup", citations=[44003, 99])
    assert "X. Other et al., GCN Circ. 44003." in text_of(chosen)


def test_of_a_telescope_that_was_not_reported_everything_is_later(session, event, drafted):
    first = drafted(is_approved=True)
    ask_to_send(session, CircularWays({}), first.id, way=BY_HAND, sha256=first.sha256, by="bob")
    begin = event.event_time + timedelta(minutes=5)
    table = f"ra,dec,filter,start,exposure_time\n150,30,g,{begin.isoformat()},40"
    upload(session, event, data=table.encode(), telescope="DECam", name="n.csv", by="ann")
    cover(session, event.id, "DECam")
    row = drafted(kind="followup", telescopes=["DECam"])
    assert "We obtained 1 image in the g band (40 s)" in text_of(row)
    later = drafted(
        kind="followup", since=(begin - timedelta(seconds=1)).isoformat(), telescopes=["DECam"]
    )
    assert later.body == row.body


def test_what_was_taken_for_something_else_is_serendipitous(session, event, drafted):
    with pytest.raises(NothingExecuted):
        drafted(kind="serendipitous")
    for row in session.query(Exposure):
        row.submission_id = None
    part = {"exposures": 7, "probability": 0.09, "probability_twice": 0.02, "area": 1238.8}
    coverage = session.get_one(Coverage, (event.current_localization_id, "ZTF"))
    coverage.by_source = {"survey": part}
    session.commit()
    text = text_of(drafted(kind="serendipitous"))
    assert "We serendipitously observed" in text
    assert "cover 1238.8 square degrees at least once, enclosing 9.0 %" in text
    with pytest.raises(NothingExecuted):
        drafted()


def test_several_telescopes_are_reported_together(session, event, drafted):
    begin = event.event_time + timedelta(hours=3)
    table = f"ra,dec,filter,start,exposure_time\n150,30,g,{begin.isoformat()},40"
    upload(session, event, data=table.encode(), telescope="DECam", name="n.csv", by="ann")
    session.add(
        Coverage(
            localization_id=event.current_localization_id, telescope="DECam", event_id=event.id,
            exposures=1, probability=0.01, probability_twice=0.0, area=3.0, area_twice=0.0,
            by_filter={}, series=[],
        )
    )  # fmt: skip
    session.commit()
    alone = drafted(telescopes=["ZTF", "DECam"])
    assert "What these telescopes cover together is not known" in alone.facts["notes"][0]
    session.add(
        Coverage(
            localization_id=event.current_localization_id, telescope=ALL_TELESCOPES,
            event_id=event.id, exposures=8, probability=0.5, probability_twice=0.1, area=300.0,
            area_twice=9.0, by_filter={}, series=[],
        )
    )  # fmt: skip
    session.commit()
    both = drafted(telescopes=["ZTF", "DECam"])
    assert both.telescopes == ["ZTF", "DECam"]
    assert "Together they cover 300.0 square degrees at least once" in text_of(both)
    assert "Zwicky Transient Facility and Dark Energy Camera observations" in both.subject


def test_the_numbers_of_circular_33848_come_out_of_its_exposures(session, drafted, event):
    """100 images in three filters, 3810 s, from two minutes after the event on (see GCN)."""
    event.event_time = event.event_time.replace(microsecond=0)
    session.query(Exposure).delete()
    begin = event.event_time + timedelta(minutes=2, seconds=8)
    rows = [
        f"{150 + k % 10},30,{'gri'[k % 3]},{(begin + timedelta(seconds=70 * k)).isoformat()},"
        f"{60 if k < 27 else 30},"
        for k in range(100)
    ]
    table = "\n".join(["ra,dec,filter,start,exposure_time,limiting_magnitude", *rows])
    made = upload(session, event, data=table.encode(), telescope="ZTF", name="n.csv", by="ann")
    assert made.added == 100
    coverage = session.get_one(Coverage, (event.current_localization_id, "ZTF"))
    coverage.exposures, coverage.area, coverage.probability = 100, 1238.8, 0.09
    session.commit()
    text = text_of(drafted())
    assert "We obtained 100 images in the g, r and i bands" in text
    assert "3810 s in total" in text
    assert f"from {begin:%Y-%m-%d %H:%M:%S} UTC (2 minutes after the event)" in text
    assert "cover 1238.8 square degrees at least once, enclosing 9.0 % of the probability" in text


def test_limits_at_a_place_are_of_images_that_show_it(session, event, drafted):
    rows = exposures_of(session, event.id, "ZTF")
    target = {"name": "AT2026abc", "ra": rows[0].ra + 1.0, "dec": rows[0].dec + 1.0}
    shown = [
        row
        for row in rows
        if images_at(
            SkyCoord(target["ra"], target["dec"], unit=u.deg), TELESCOPES["ZTF"].footprint,
            SkyCoord([row.ra], [row.dec], unit=u.deg), [row.detectors],
        ).any()
    ]  # fmt: skip
    assert 0 < len(shown) < 7
    for row in shown:
        row.limiting_magnitude = 19.0
    session.commit()
    text = text_of(drafted(kind="nondetection", target=target))
    number = "1 image" if len(shown) == 1 else f"{len(shown)} images"
    assert f"We obtained {number} in the" in text
    assert "> 19.0" in text
    assert "20.5" not in text
    assert "square degrees at least once" not in text
    with pytest.raises(NothingExecuted, match="no image of ZTF shows the position of far"):
        drafted(kind="nondetection", target={"name": "far", "ra": 330.0, "dec": -30.0})


def test_candidates_and_retractions_need_what_they_are_about(drafted):
    with pytest.raises(NothingToSay, match="needs at least one"):
        drafted(kind="candidates")
    with pytest.raises(NothingToSay, match="why it is none"):
        drafted(kind="retraction")
    with pytest.raises(NothingToSay, match="of which telescopes"):
        drafted(telescopes=[])
    retraction = {"name": "ZTF26aaa", "reason": "It is an asteroid.", "circular": 44002}
    row = drafted(kind="retraction", telescopes=[], retraction=retraction)
    assert "We reported ZTF26aaa as a candidate counterpart" in text_of(row)
    assert row.telescopes == []


def test_a_name_by_our_count_is_said_to_be_one(session: Session, event: Event):
    assert COUNTED not in gather(session, event, asked(), author="ann").notes
    event.counted_name = "IceCube-260101A"
    session.commit()
    gathered = gather(session, event, asked(), author="ann")
    assert gathered.facts.event_name == "IceCube-260101A"
    assert COUNTED in gathered.notes
