"""From a notice's bytes to the row of its event: each value stands in the file, to be looked up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import NoticeState
from too_marshal.db.observing.plans import Plan
from too_marshal.notices.notice import Circle, InlineMap, Kind, NoticeMalformed
from too_marshal.notices.registry import parse
from too_marshal.workflows.intake.ingest import Message, ingest


def at(hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    return datetime(2025, 11, 22, hour, minute, second, microsecond, tzinfo=UTC)


BURST = at(12, 34, 56, 500_000)

CIRCLES = {
    # Of GBM the statistical radius of 68 %, of Swift and IceCube 90 %, as the missions publish.
    "gbm_flight_position.xml": (
        "fermi_gbm",
        Kind.UPDATE,
        "790000001",
        BURST,
        210.5,
        -12.25,
        8,
        0.68,
    ),
    "gbm_ground_position.xml": ("fermi_gbm", Kind.UPDATE, "790000001", BURST, 211, -13, 3.5, 0.68),
    "swift_bat_position.xml": ("swift", Kind.INITIAL, "1300001", at(15), 33.3, 44.4, 0.05, 0.9),
    "swift_xrt_position.xml": (
        "swift",
        Kind.UPDATE,
        "1300001",
        at(15, 1, 40),
        33.31,
        44.41,
        0.0014,
        0.9,
    ),
    "icecube_gold.xml": ("icecube", Kind.INITIAL, "1410001234567", at(18), 77.7, 5.5, 0.9, 0.9),
    "icecube_gold_revision.xml": (
        "icecube",
        Kind.UPDATE,
        "1410001234567",
        at(18),
        77.9,
        5.6,
        0.6,
        0.9,
    ),
    "einstein_probe.json": (
        "einstein_probe",
        Kind.INITIAL,
        "01708900001",
        at(20, 15),
        120.25,
        40.5,
        0.05,
        0.9,
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_position_is_read(case, name):
    stream, kind, key, time, ra, dec, radius, containment = CIRCLES[name]
    notice = parse(case(f"notices/{name}"))
    assert (notice.stream, notice.kind, notice.event_key) == (stream, kind, key)
    assert notice.event_time == time
    assert notice.role == "observation"
    where = notice.localization
    assert isinstance(where, Circle)
    assert (where.ra, where.dec, where.radius) == (ra, dec, radius)
    assert where.containment == containment


@pytest.mark.parametrize("name", CIRCLES)
def test_a_position_makes_an_event_and_asks_for_its_map(case, session, name):
    stream, kind, key, time, ra, dec, radius, _ = CIRCLES[name]
    received = ingest(session, Message(case(f"notices/{name}"), "api", None))
    assert received.state == NoticeState.UNDERSTOOD
    event = session.get_one(Event, received.event_id)
    assert (event.stream, event.key, event.kind, event.event_time) == (stream, key, kind, time)
    assert not event.is_test
    assert not event.is_retracted
    place = session.scalars(select(Localization)).one()
    assert place.event_id == event.id
    said = place.description
    assert (said["ra"], said["dec"], said["radius"]) == (ra, dec, radius)


@pytest.mark.parametrize(
    ("name", "kind", "skymap"),
    [
        ("lvk_initial", Kind.INITIAL, "four_cells"),
        ("lvk_update", Kind.UPDATE, "with_distance"),
        ("lvk_retraction", Kind.RETRACTION, None),
    ],
)
def test_an_alert_is_read_with_its_map(case, name, kind, skymap):
    notice = parse(case(f"notices/{name}.json"), "igwn.gwalert")
    assert (notice.stream, notice.kind, notice.event_key) == ("lvk", kind, "S251122x")
    assert notice.name == "S251122x"
    if skymap is None:
        assert notice.localization is None
        return
    assert isinstance(notice.localization, InlineMap)
    assert notice.localization.fits == case(f"maps/{skymap}.fits")
    assert notice.event_time == at(9, 8, 7)
    assert notice.far == 3e-9
    assert notice.significant
    assert notice.classification["BNS"] == 0.8
    assert notice.properties["HasRemnant"] == 0.7


def test_a_burst_is_named_by_its_day_and_the_thousandth_of_it(case):
    # 12:34:56.5 is 45296.5 s of 86400 s: 0.5243 of the day.
    assert parse(case("notices/gbm_ground_position.xml")).name == "bn251122524"


def test_the_later_position_counts_whatever_the_order(case):
    for early, late in (
        ("gbm_flight_position.xml", "gbm_ground_position.xml"),
        ("swift_bat_position.xml", "swift_xrt_position.xml"),
        ("icecube_gold.xml", "icecube_gold_revision.xml"),
    ):
        orders = [parse(case(f"notices/{name}")).order for name in (early, late)]
        assert orders[0] < orders[1], late


def test_notices_of_one_burst_make_one_event(case, session):
    for name in ("gbm_ground_position", "gbm_flight_position", "swift_bat_position"):
        ingest(session, Message(case(f"notices/{name}.xml"), "api", None))
    assert session.scalar(select(func.count(Event.id)).where(Event.stream == "fermi_gbm")) == 1
    assert session.scalar(select(func.count(Event.id)).where(Event.stream == "swift")) == 1


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("lvk_initial.json", "lvk_retraction.json"),
        ("swift_bat_position.xml", "swift_bat_no_burst.xml"),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_an_event_that_is_taken_back_stays_so(case, session, first, last, is_late):
    names = (last, first) if is_late else (first, last)
    taken = [ingest(session, Message(case(f"notices/{name}"), "api", None)) for name in names]
    (event,) = session.scalars(select(Event))
    assert {received.event_id for received in taken} == {event.id}
    assert event.is_retracted
    assert session.scalar(select(func.count(Plan.id))) == 0


def test_a_circular_begins_no_event(case, session):
    received = ingest(session, Message(case("notices/circular.json"), "api", "gcn.circulars"))
    assert received.state == NoticeState.UNDERSTOOD
    assert session.scalar(select(func.count(Event.id))) == 0


def test_what_is_cut_short_is_kept_and_makes_no_event(case, session):
    payload = case("notices/cut_short.xml")
    with pytest.raises(NoticeMalformed):
        parse(payload)
    received = ingest(session, Message(payload, "api", None))
    assert received.state == NoticeState.QUARANTINED
    assert session.scalar(select(func.count(Event.id))) == 0
