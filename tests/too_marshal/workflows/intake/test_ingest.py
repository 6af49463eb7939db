"""Taking notices in: nothing lost, nothing doubled, whatever comes and in whatever order."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from too_marshal.db.events import Activity, Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import NoticeState, ReceivedNotice, StreamPosition
from too_marshal.notices.registry import parse
from too_marshal.workflows.intake import ingest as module
from too_marshal.workflows.intake.ingest import (
    MAX_ATTEMPTS,
    Message,
    ingest,
    keep,
    process_notices,
)
from too_marshal.workflows.intake.reprocess import process_waiting, reread

LVK = "igwn.gwalert"


def take(session: Session, payload: bytes, topic: str | None = LVK):
    return ingest(session, Message(payload, "api", topic))


def jobs(session: Session) -> dict[str, int]:
    rows = session.execute(
        text("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY task_name")
    )
    return dict(rows.all())


def test_a_notice_makes_an_event_and_asks_for_its_map(session):
    received = take(session, alerts.lvk())
    assert received.is_new
    assert received.state == NoticeState.UNDERSTOOD
    event = session.get_one(Event, received.event_id)
    assert (event.stream, event.key, event.name) == ("lvk", "S261122a", "S261122a")
    assert event.far == 1e-10
    assert event.classification["BNS"] == 0.9
    assert event.event_time is not None
    assert event.event_time.isoformat() == "2026-11-22T03:00:00+00:00"
    assert not event.is_test
    assert jobs(session) == {"localize": 1, "notify": 1, "suggest_links": 1}


def test_people_are_told_before_maps_are_read(session):
    take(session, alerts.lvk())
    rows = session.execute(text("SELECT task_name, priority FROM procrastinate_jobs")).all()
    priorities = dict(rows)
    assert priorities["notify"] == max(priorities.values()) > priorities["localize"]


def test_the_same_bytes_again_change_nothing(session):
    first = take(session, alerts.lvk())
    again = take(session, alerts.lvk())
    assert again.notice_id == first.notice_id
    assert not again.is_new
    assert session.scalar(select(func.count(ReceivedNotice.id))) == 1
    assert session.scalar(select(func.count(Localization.id))) == 1
    assert jobs(session) == {"localize": 1, "notify": 1, "suggest_links": 1}


def test_a_retraction_withdraws(session):
    event_id = take(session, alerts.lvk()).event_id
    take(session, alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z"))
    event = session.get_one(Event, event_id)
    assert event.is_retracted
    assert event.classification["BNS"] == 0.9, "a retraction tells no classes and erases none"
    assert jobs(session)["withdraw"] == 1


def test_a_retraction_may_come_before_what_it_retracts(session):
    retraction = take(session, alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z"))
    late = take(session, alerts.lvk())
    assert late.event_id == retraction.event_id
    assert session.get_one(Event, late.event_id).is_retracted


def _outcome(session: Session) -> list[tuple[object, ...]]:
    columns = [
        Event.stream, Event.key, Event.name, Event.event_time, Event.is_test, Event.is_retracted,
        Event.kind, Event.type_name, Event.classification, Event.properties, Event.far,
        Event.flags, Event.links, Event.aliases, Event.attributes,
    ]  # fmt: skip
    return [tuple(row) for row in session.execute(select(*columns).order_by(Event.key))]


def test_every_order_of_arrival_ends_in_the_same_event(session):
    chain = [
        alerts.lvk(alert_type="EARLYWARNING", created="2026-11-22T03:00:10Z", far=1e-6),
        alerts.lvk(alert_type="PRELIMINARY", created="2026-11-22T03:00:40Z", far=1e-8),
        alerts.lvk(alert_type="INITIAL", created="2026-11-22T03:30:00Z", far=1e-9),
        alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z"),
    ]
    outcomes = []
    for order in itertools.permutations(chain):
        for payload in order:
            take(session, payload)
        outcomes.append(_outcome(session))
        session.execute(text("TRUNCATE event, notice, localization, activity CASCADE"))
        session.commit()
    assert len(outcomes) == 24
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_real_chains_end_alike_in_any_order(session, corpus: Path):
    folder = corpus / "notices"
    chains = [
        sorted((folder / "lvk" / "userguide").glob("MS181101ab-?-*.xml")),
        sorted((folder / "fermi_gbm" / "trigger_722977823").glob("*")),
        sorted((folder / "icecube_amon").glob("ICECUBE_*2023-11-25T223456*")),
        sorted((folder / "swift" / "trigger_1195887").glob("*")),
    ]
    shuffler = random.Random(5)
    for chain in chains:
        payloads = [path.read_bytes() for path in chain]
        assert len(payloads) >= 2, "the corpus has changed"
        outcomes = []
        for _ in range(4):
            for payload in payloads:
                take(session, payload, None)
            outcomes.append(_outcome(session))
            session.execute(text("TRUNCATE event, notice, localization, activity CASCADE"))
            session.commit()
            shuffler.shuffle(payloads)
        assert all(outcome == outcomes[0] for outcome in outcomes)


def test_a_test_notice_makes_a_test_event(session):
    received = take(session, alerts.gbm(role="test"), None)
    assert session.get_one(Event, received.event_id).is_test
    mock = take(session, alerts.lvk("MS261122b"))
    assert session.get_one(Event, mock.event_id).is_test


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" ivorn="ivo://x/y#1" role="observation"
 version="2.0"><What><Param name="a" value="&c;"/></What></voe:VOEvent>"""

EXTERNAL_ENTITY = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" ivorn="ivo://x/y#1" role="observation"
 version="2.0"><Why>&x;</Why></voe:VOEvent>"""


@pytest.mark.parametrize(
    ("payload", "topic", "words"),
    [
        (BILLION_LAUGHS, None, "DOCTYPE"),
        (EXTERNAL_ENTITY, None, "DOCTYPE"),
        (b"<a>" + b" " * 20_000_000 + b"</a>", None, "1 MB"),
        (b"\x00\x01\x02", None, ""),
        (b"", None, ""),
        (b"{}", LVK, ""),
        (
            b'{"superevent_id": "S261122a", "alert_type": "INITIAL", "time_created": NaN}',
            LVK,
            "time_created is not text",
        ),
        (b"\xff\xfe{", LVK, ""),
    ],
    ids=[
        "billion laughs", "external entity", "20 MB XML", "binary", "empty", "no fields", "NaN",
        "not UTF-8",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_and_shown(session, payload, topic, words):
    received = take(session, payload, topic)
    assert received.state == NoticeState.QUARANTINED
    assert words.lower() in received.error.lower()
    row = session.get_one(ReceivedNotice, received.notice_id)
    assert row.payload == payload
    assert session.scalar(select(func.count(Event.id))) == 0
    assert session.scalar(select(Activity.text)).startswith("Notice quarantined")


def test_an_alert_with_a_broken_map_is_an_event_without_one(session):
    received = take(session, alerts.lvk(skymap="this is not base64!"), LVK)
    assert received.state == NoticeState.UNDERSTOOD
    event = session.get_one(Event, received.event_id)
    assert "sky map unreadable" in event.flags
    assert event.current_localization_id is None
    assert jobs(session)["notify"] == 1, "somebody wakes all the same"


def test_an_unknown_topic_is_kept_and_wakes_nobody(session):
    received = take(session, b'{"hello": "world"}', "gcn.notices.of.tomorrow")
    assert received.state == NoticeState.UNKNOWN
    assert "gcn.notices.of.tomorrow" in received.error
    assert jobs(session) == {}


def test_a_quarantined_notice_can_be_read_again(session):
    received = take(session, alerts.lvk(created="a while ago"))
    assert received.state == NoticeState.QUARANTINED
    reread(session, received.notice_id)
    row = session.get_one(ReceivedNotice, received.notice_id, populate_existing=True)
    assert row.state == NoticeState.QUARANTINED, "it is as bad as before"
    good = alerts.lvk()
    session.execute(
        text("UPDATE notice SET payload = :good WHERE id = :id"), {"good": good, "id": row.id}
    )
    session.commit()
    reread(session, row.id)
    session.refresh(row)
    assert (row.state, row.error) == (NoticeState.UNDERSTOOD, "")


def test_a_crash_between_keeping_and_reading_loses_nothing(session):
    kept = keep(session, [Message(alerts.lvk(), "kafka", LVK, "c", 0, 41)])
    assert session.scalars(select(ReceivedNotice.state)).all() == [NoticeState.RECEIVED]
    assert session.get_one(StreamPosition, ("c", LVK, 0)).next_offset == 42
    assert process_waiting(session) == 1
    row = session.get_one(ReceivedNotice, kept[0][0], populate_existing=True)
    assert row.state == NoticeState.UNDERSTOOD
    assert jobs(session) == {"localize": 1, "notify": 1, "suggest_links": 1}


def test_a_notice_that_kills_the_process_is_given_up_in_the_end(session):
    ((notice_id, _),) = keep(session, [Message(alerts.lvk(), "kafka", LVK)])
    session.execute(text("UPDATE notice SET attempts = :most"), {"most": MAX_ATTEMPTS})
    session.commit()
    process_notices(session, [notice_id])
    row = session.get_one(ReceivedNotice, notice_id, populate_existing=True)
    assert row.state == NoticeState.QUARANTINED
    assert "ended the process" in row.error


def test_nul_in_a_value_costs_that_value(session):
    received = take(session, alerts.lvk(pipeline="a\x00b"))
    assert received.state == NoticeState.UNDERSTOOD
    event = session.get_one(Event, received.event_id)
    assert event.flags == ["event.pipeline unreadable"]
    assert "pipeline" not in event.attributes


def test_nul_in_an_identifier_is_quarantined_and_the_others_of_its_batch_are_not(session):
    bad = alerts.lvk("S261122a\x00")
    good = alerts.lvk("S261122z")
    ids = [
        number for number, _ in keep(session, [Message(bad, "api", LVK), Message(good, "api", LVK)])
    ]
    process_notices(session, ids)
    rows = [session.get_one(ReceivedNotice, number, populate_existing=True) for number in ids]
    assert [row.state for row in rows] == [NoticeState.QUARANTINED, NoticeState.UNDERSTOOD]


class Died(Exception):
    """Stands for the end of the process: nothing is caught, nothing is committed."""


def test_of_a_batch_that_kills_the_process_only_the_culprit_is_given_up(session, monkeypatch):
    names = ["S261122a", "S261122b", "S261122c"]
    batch = [Message(alerts.lvk(name), "kafka", LVK) for name in names]
    ids = [number for number, _ in keep(session, batch)]

    def deadly(payload, topic):
        if b"S261122b" in payload:
            raise Died
        return parse(payload, topic)

    monkeypatch.setattr(module, "parse", deadly)
    deaths = 0
    for _ in range(10):
        try:
            process_notices(session, ids)
        except Died:
            session.rollback()
            deaths += 1
    assert deaths == MAX_ATTEMPTS
    rows = [session.get_one(ReceivedNotice, number, populate_existing=True) for number in ids]
    assert [row.state for row in rows] == [
        NoticeState.UNDERSTOOD, NoticeState.QUARANTINED, NoticeState.UNDERSTOOD
    ]  # fmt: skip
