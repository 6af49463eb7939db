"""What a person enters is an event like any other."""

from __future__ import annotations

import base64
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import event_of, take
from too_marshal import failpoints
from too_marshal.db.base import now, session_factory
from too_marshal.db.events import Activity, Event, find_by_name
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.by_hand.enter import NameKnown, correct, enter, retract, times_told
from too_marshal.workflows.by_hand.request import EventByHand, EventInvalid, checked
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.incident.standing import standings
from too_marshal.workflows.incident.verdict import what_it_is
from too_marshal.workflows.localizations.localize import localize


def said(**values: Any) -> EventByHand:
    return checked(
        {
            "name": "AT 2026abc",
            "event_time": now() - timedelta(hours=1),
            "source_kind": "optical transient",
            "told_by": "GCN Circ. 43210",
            **values,
        }
    )


def localized(session: Session, event_id: int) -> Localization:
    """The event's newest localization, made as a worker does."""
    row = session.scalars(
        select(Localization).where(Localization.event_id == event_id).order_by(Localization.id)
    ).all()[-1]
    localize(session, row.id)
    session.refresh(row)
    return row


def test_an_event_is_entered_with_its_circle_and_who_said_so(session: Session):
    entered = said(ra=197.45, dec=-23.38, radius=0.5)
    event = session.get_one(Event, enter(session, entered, by="ann"))
    assert (event.stream, event.key, spoken_name(event)) == ("by_hand", "at2026abc", "AT 2026abc")
    assert event.event_time == entered.event_time
    assert not event.is_test
    assert event.type_name == "optical transient"
    assert event.attributes == {"entered_by": "ann", "told_by": "GCN Circ. 43210"}
    row = localized(session, event.id)
    assert (row.state, row.kind) == (LocalizationState.READY, "circle")
    assert row.sky_map is not None
    assert row.sky_map.area_90 == pytest.approx(0.785, rel=0.02)
    notice = session.scalars(select(ReceivedNotice)).one()
    assert (notice.channel, notice.event_id) == ("person", event.id)
    assert find_by_name(session, "at2026ABC") == [event]


def test_the_verdict_says_who_entered_it_and_from_where(session: Session):
    event = session.get_one(Event, enter(session, said(), by="ann"))
    standing = standings(session, [event])[event.id]
    assert what_it_is(standing) == "Optical transient, entered by ann, from GCN Circ. 43210"


def test_an_event_without_a_place_is_an_event(session: Session):
    event = session.get_one(Event, enter(session, said(), by="ann"))
    assert session.scalars(select(Localization)).all() == []
    assert not event.is_retracted


@pytest.mark.parametrize(
    ("where", "kind", "area"),
    [
        (
            {"ra": 10, "dec": 20, "radius": 2, "semi_minor": 1, "position_angle": 30},
            "ellipse",
            6.28,
        ),
        ({"corners": [[10, 0], [14, 0], [14, 4], [10, 4]]}, "polygon", 16.0),
        ({"moc_file": base64.b64encode(b"4/5-8").decode()}, "moc", 53.7),
    ],
)
def test_regions_of_every_kind_become_maps(
    session: Session, where: dict[str, Any], kind: str, area: float
):
    row = localized(session, enter(session, said(**where), by="ann"))
    assert (row.state, row.kind) == (LocalizationState.READY, kind)
    assert row.sky_map is not None
    assert row.sky_map.area_90 == pytest.approx(area, rel=0.02)


def test_a_map_file_is_taken_as_it_is(session: Session):
    fits = alerts.skymap_fits(order=4)
    row = localized(session, enter(session, said(map_file=fits), by="ann"))
    assert row.sky_map is not None
    assert row.sky_map.original == fits


@pytest.mark.parametrize(
    ("where", "field"),
    [({"map_file": b"no map"}, "map_file"), ({"moc_file": b"no moc"}, "moc_file")],
)
def test_a_map_that_cannot_be_read_leaves_nothing(
    session: Session, where: dict[str, bytes], field: str
):
    with pytest.raises(EventInvalid) as refusal:
        enter(session, said(**where), by="ann")
    assert list(refusal.value.errors) == [field]
    assert session.scalars(select(ReceivedNotice)).all() == []


def test_a_name_that_is_known_is_asked_about(session: Session):
    take(session, alerts.gbm(), messages.circular(
        1, "GRB 260509A: Fermi GBM detection", "triggered (trigger 800000000 / 260509259)"
    ))  # fmt: skip
    burst = event_of(session, "fermi_gbm")
    with pytest.raises(NameKnown) as known:
        enter(session, said(name="GRB 260509A"), by="ann")
    assert known.value.events == [burst]
    own = enter(session, said(name="GRB 260509A"), by="ann", is_another=True)
    assert own != burst.id
    with pytest.raises(NameKnown) as again:
        enter(session, said(name="grb260509a"), by="ben", is_another=True)
    assert [event.id for event in again.value.events] == [own], "it is to be corrected"


def test_of_two_who_enter_one_event_at_once_the_second_is_asked(session: Session, engine: Engine):
    """Both saw no event of that name: the second would have corrected the first unawares."""
    others: list[Future[int]] = []

    def enter_it_too() -> int:
        with session_factory(engine)() as own:
            return enter(own, said(ra=50, dec=20, radius=2), by="ben")

    def meanwhile(name: str) -> None:
        if name == "before_keep_commit" and not others:
            others.append(pool.submit(enter_it_too))
            with session_factory(engine)() as looking:
                while not (others[0].done() or _somebody_waits(looking)):
                    pass

    with ThreadPoolExecutor(1) as pool, failpoints.watched_by(meanwhile):
        event_id = enter(session, said(ra=10, dec=20, radius=1), by="ann")
        with pytest.raises(NameKnown) as known:
            others[0].result(20)
    assert [event.id for event in known.value.events] == [event_id]
    assert session.get_one(Event, event_id).attributes["entered_by"] == "ann"


def _somebody_waits(session: Session) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return bool(session.execute(query).scalar())


def test_a_correction_is_the_later_word_also_where_it_says_what_was_said_first(session: Session):
    event_id = enter(session, said(ra=10, dec=20, radius=1), by="ann")
    for radius, name in ((2, "AT 2026abd"), (1, "AT 2026abc"), (3, "AT 2026abc")):
        correct(session, event_id, said(ra=10, dec=20, radius=radius, name=name), by="ben")
        event = session.get_one(Event, event_id, populate_existing=True)
        row = localized(session, event_id)
        session.refresh(event)
        assert (event.name, event.key) == (name, "at2026abc")
        assert row.description["radius"] == radius
        assert event.current_localization_id == row.id


def test_who_has_not_seen_the_last_correction_is_told(session: Session):
    event_id = enter(session, said(ra=10, dec=20, radius=1), by="ann")
    key = session.get_one(Event, event_id).key
    seen = times_told(session, key)
    correct(session, event_id, said(ra=10, dec=20, radius=2), by="ben", seen=seen)
    with pytest.raises(EventInvalid, match="since this form was opened"):
        correct(session, event_id, said(ra=10, dec=20, radius=3), by="ann", seen=seen)
    assert localized(session, event_id).description["radius"] == 2
    retract(session, event_id, by="ben")
    with pytest.raises(EventInvalid, match="since this form was opened"):
        correct(session, event_id, said(ra=10, dec=20, radius=3), by="ann", seen=seen + 1)
    assert session.get_one(Event, event_id, populate_existing=True).is_retracted


def test_a_retraction_withdraws_and_a_correction_gives_back(session: Session):
    event_id = enter(session, said(ra=10, dec=20, radius=1), by="ann")
    retract(session, event_id, by="ben")
    event = session.get_one(Event, event_id, populate_existing=True)
    assert event.is_retracted
    lines = session.scalars(select(Activity.text).where(Activity.event_id == event_id))
    assert "Event retracted" in set(lines)
    correct(session, event_id, said(ra=10, dec=20, radius=1), by="ann")
    assert not session.get_one(Event, event_id, populate_existing=True).is_retracted


def test_a_test_stays_a_test_also_when_it_is_retracted(session: Session):
    event_id = enter(session, said(is_test=True), by="ann")
    assert session.get_one(Event, event_id).is_test
    retract(session, event_id, by="ann")
    event = session.get_one(Event, event_id, populate_existing=True)
    assert event.is_test
    assert event.is_retracted


def test_events_of_missions_are_left_alone(session: Session):
    take(session, alerts.gbm())
    burst = event_of(session, "fermi_gbm")
    with pytest.raises(EventInvalid, match="by hand"):
        correct(session, burst.id, said(), by="ann")
    with pytest.raises(EventInvalid, match="by hand"):
        retract(session, burst.id, by="ann")
