"""Links: what notices state, what chance allows, and what people decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event, add_localization, circle_map
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import every_order, take
from too_marshal.db.events import Activity, Event, EventLink, LinkKind
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.notices.registry import STREAMS
from too_marshal.workflows.events.coincidence_windows import time_window
from too_marshal.workflows.events.coincidences import coincidence, suggest_links
from too_marshal.workflows.events.combine import combine, combine_all
from too_marshal.workflows.events.link import find_link, link, links_of, unlink

YEAR = 365.25 * 86400
MERGER = datetime(2017, 8, 17, 12, 41, 4, 430000, tzinfo=UTC)


@pytest.fixture
def merger(session):
    """GW170817 and GRB 170817A, with maps of about their size."""
    wave = add_event(session, "S170817a", event_time=MERGER, far=9e-14)
    burst = add_event(
        session, "524666471", stream="fermi_gbm", event_time=MERGER + timedelta(seconds=1.74),
        far=None, attributes={},
    )  # fmt: skip
    return wave, burst


def the_link(session) -> EventLink:
    return session.scalars(select(EventLink).execution_options(populate_existing=True)).one()


def test_what_a_notice_names_is_linked_in_every_order(session):
    outcomes = every_order(session, [alerts.gbm(), messages.guano(), messages.swift(61)])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    ((first, second, kind, undone),) = outcomes[0][2]
    assert (first[0], second[0]) == ("fermi_gbm", "swift_guano")
    assert (kind, undone) == (LinkKind.STATED, None)


def test_a_link_stands_on_both_timelines(session):
    take(session, alerts.gbm(), messages.guano())
    lines = session.scalars(select(Activity).where(Activity.subject == "link")).all()
    assert len({line.event_id for line in lines}) == 2


def test_the_rate_of_a_coincidence_is_that_of_raven(session, merger):
    """Time alone: 6 s, 236 bursts a year (ligo-raven: far x rate x window)."""
    close = coincidence(session, *merger)
    assert close.window == 6
    assert close.time_difference == pytest.approx(1.74)
    assert close.far == pytest.approx(9e-14 * 236 / YEAR * 6, rel=1e-6)
    assert close.overlap is None


def test_the_sky_divides_the_rate_by_the_overlap(session, merger):
    wave, burst = merger
    without = coincidence(session, wave, burst)
    add_localization(session, wave, circle_map(197.0, -23.0, 3.0))
    add_localization(session, burst, circle_map(190.0, -30.0, 15.0))
    close = coincidence(session, wave, burst)
    assert close.overlap > 10
    assert close.far == pytest.approx(without.far / close.overlap)


def test_close_events_are_suggested_and_parted_by_better_maps(session, merger):
    wave, burst = merger
    suggest_links(session, wave.id)
    suggest_links(session, burst.id)
    pair = the_link(session)
    assert pair.kind == LinkKind.COINCIDENT
    assert "by chance once in" in pair.reason
    assert pair.chance < 0.01
    add_localization(session, wave, circle_map(10.0, 10.0, 2.0))
    add_localization(session, burst, circle_map(190.0, -30.0, 2.0))
    suggest_links(session, wave.id)
    assert the_link(session).undone_by == "marshal"
    assert links_of(session, wave.id) == []
    add_localization(session, wave, circle_map(190.0, -30.0, 2.0))
    suggest_links(session, wave.id)
    assert the_link(session).undone_by is None


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("event_time", MERGER + timedelta(seconds=5.1)),
        ("event_time", MERGER - timedelta(seconds=1.1)),
        ("event_time", None),
        ("is_retracted", True),
        ("is_test", True),
        ("stream", "lvk"),
    ],
)
def test_what_is_not_close_is_not_suggested(session, merger, change, value):
    wave, burst = merger
    setattr(burst, change, value)
    session.commit()
    suggest_links(session, wave.id)
    suggest_links(session, burst.id)
    assert session.scalars(select(EventLink)).all() == []


def test_windows_are_the_same_from_both_sides():
    events = [Event(stream=stream, attributes={}) for stream in (*STREAMS, "x")]
    for first in events:
        for second in events:
            low, high = time_window(first, second)
            assert time_window(second, first) == (-high, -low)
    burst = Event(stream="lvk", attributes={"group": "Burst"})
    assert time_window(burst, Event(stream="swift", attributes={})) == (-60, 600)


def test_what_a_person_undoes_is_not_made_again(session, merger):
    wave, _burst = merger
    suggest_links(session, wave.id)
    unlink(session, the_link(session).id, by="ann")
    suggest_links(session, wave.id)
    assert the_link(session).undone_by == "ann"
    take(session, alerts.gbm(), messages.guano())
    pair = links_of(session, session.scalars(
        select(Event.id).where(Event.stream == "swift_guano")).one())[0]  # fmt: skip
    unlink(session, pair.id, by="ann")
    take(session, messages.guano(record_number=2, alert_type="update"))
    assert session.get_one(EventLink, pair.id, populate_existing=True).undone_by == "ann"


def test_a_person_links_confirms_and_unlinks(session, merger):
    wave, burst = merger
    made = link(session, burst.id, wave.id, by="ann", reason="same host galaxy")
    assert (made.first_id, made.second_id) == (wave.id, burst.id)
    assert links_of(session, burst.id) == [made]
    unlink(session, made.id, by="bob")
    assert links_of(session, burst.id) == []
    assert links_of(session, burst.id, undone=True) == [made]
    again = link(session, wave.id, burst.id, by="ann")
    assert again.id == made.id
    assert again.undone_by is None
    suggest_links(session, wave.id)
    assert the_link(session).kind == LinkKind.PERSON, "a suggestion does not weaken it"
    with pytest.raises(ValueError, match="itself"):
        link(session, wave.id, wave.id, by="ann")
    with pytest.raises(ValueError, match="no such event"):
        link(session, wave.id, 10**6, by="ann")


def test_linked_maps_are_joined_with_their_provenance(session, merger):
    wave, burst = merger
    ours = add_localization(session, wave, circle_map(197.0, -23.0, 6.0))
    theirs = add_localization(session, burst, circle_map(192.0, -25.0, 12.0))
    suggest_links(session, wave.id)
    combine(session, the_link(session).id)
    assert products(session) == [], "a suggestion is not enough"
    made = link(session, wave.id, burst.id, by="ann")
    combine(session, made.id)
    combine(session, made.id)
    combined, other = products(session)
    assert {combined.event_id, other.event_id} == {wave.id, burst.id}
    assert combined.state == LocalizationState.READY
    assert combined.sky_map.area_90 < min(ours.sky_map.area_90, theirs.sky_map.area_90)
    assert [part["localization"] for part in combined.description["maps"]] == [ours.id, theirs.id]
    assert wave.current_localization_id == ours.id, "it is shown, and does not replace"
    theirs = add_localization(session, burst, circle_map(195.0, -24.0, 8.0))
    combine_all(session, burst.id)
    session.refresh(combined)
    assert combined.description["maps"][1]["localization"] == theirs.id
    unlink(session, made.id, by="ann")
    combine(session, made.id)
    assert {row.state for row in products(session)} == {LocalizationState.UNAVAILABLE}


def products(session) -> list[Localization]:
    query = select(Localization).where(Localization.kind == "product").order_by(Localization.id)
    return list(session.scalars(query))


def test_a_pair_has_one_link(session, merger):
    wave, burst = merger
    link(session, wave.id, burst.id, by="ann")
    assert find_link(session, burst.id, wave.id) is find_link(session, wave.id, burst.id)
