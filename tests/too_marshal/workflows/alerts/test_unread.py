"""Whoever is woken by a stream hears of its notices that cannot be read, with their raw text."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select, text, update

from tests.too_marshal import alerts
from too_marshal.db.deliveries import Delivery
from too_marshal.db.events import Activity
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment.channels import Channel, Channels
from too_marshal.workflows.alerts.unread import MAX_AN_HOUR, likely_streams, tell_unread
from too_marshal.workflows.intake.ingest import Message, ingest

CHANNELS = Channels(
    {"oncall": Channel("oncall", "https://hooks.example/T0")}, "https://too.example/"
)
BROKEN = json.loads(alerts.lvk(skymap="")) | {"time_created": "soon <!channel>"}


def asked(session) -> list[int]:
    rows = session.execute(
        text(
            "SELECT (args->>'notice_id')::int FROM procrastinate_jobs"
            " WHERE task_name = 'tell_unread' ORDER BY id"
        )
    )
    return [number for (number,) in rows]


def set_aside(session, payload: bytes, topic: str | None, channel: str = "kafka") -> int:
    received = ingest(session, Message(payload, channel, topic))
    assert received.state == NoticeState.QUARANTINED
    return received.notice_id


def deliveries(session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.mark.parametrize("topic", ["igwn.gwalert", None])
def test_a_quarantined_alert_is_told_with_its_raw_text(session, topic):
    number = set_aside(session, json.dumps(BROKEN).encode(), topic)
    assert asked(session) == [number]
    for _ in range(2):
        tell_unread(session, CHANNELS, number)
    (told,) = deliveries(session)
    assert told.channel == "oncall"
    assert told.event_id is None
    assert "could not be read and was set aside: time_created" in told.text
    assert '"superevent_id": "S261122a"' in told.text
    assert "&lt;!channel&gt;" in told.text
    assert told.text.endswith(f" https://too.example/notices/{number}")


@pytest.mark.parametrize("topic", ["gcn.notices.boom.alert", "gcn.notices.agile.mcal"])
def test_a_stream_that_wakes_nobody_wakes_nobody_by_a_broken_notice(session, topic):
    number = ingest(session, Message(b"[]", "kafka", topic)).notice_id
    tell_unread(session, CHANNELS, number)
    assert deliveries(session) == []


def test_a_notice_that_is_removed_leaves_what_was_told(session):
    number = set_aside(session, b"{", "igwn.gwalert")
    tell_unread(session, CHANNELS, number)
    session.execute(delete(ReceivedNotice).where(ReceivedNotice.id == number))
    session.commit()
    session.expire_all()
    (told,) = deliveries(session)
    assert told.unread_notice_id is None


def test_a_replay_wakes_nobody(session):
    set_aside(session, json.dumps(BROKEN).encode(), "igwn.gwalert", "replay")
    assert asked(session) == []


def test_a_rule_that_is_off_tells_nobody(session):
    number = set_aside(session, b"{", "igwn.gwalert")
    session.execute(update(PlanRule).values(enabled=False))
    tell_unread(session, CHANNELS, number)
    assert deliveries(session) == []


def test_what_can_be_read_after_all_is_not_told_as_unread(session):
    number = set_aside(session, b"{", "igwn.gwalert")
    session.execute(update(ReceivedNotice).values(state=NoticeState.UNDERSTOOD))
    tell_unread(session, CHANNELS, number)
    assert deliveries(session) == []


def test_a_flood_of_junk_is_told_ten_times_an_hour(session):
    for count in range(MAX_AN_HOUR + 3):
        number = set_aside(session, b"{" * (count + 1), "igwn.gwalert")
        tell_unread(session, CHANNELS, number)
    assert len(deliveries(session)) == MAX_AN_HOUR
    texts = session.scalars(select(Activity.text)).all()
    assert sum("oncall is not told of a notice that cannot be read" in line for line in texts) == 3


@pytest.mark.parametrize(
    ("topic", "raw", "streams"),
    [
        ("igwn.gwalert", "", {"lvk"}),
        ("gcn.classic.voevent.SWIFT_BAT_GRB_POS_ACK", "", {"swift"}),
        ("gcn.notices.icecube.single_neutrino_alerts", "", {"icecube"}),
        ("gcn.notices.fermi.gbm.trigger", "", {"fermi_gbm"}),
        ("gcn.notices.svom", "", {"svom"}),
        (None, '{"$schema": "https://gcn.nasa.gov/x/gcn/notices/icecube/single', set()),
        (None, "gcn/notices/icecube/single_neutrino_alerts.schema.json", {"icecube"}),
        (None, '<VOEvent ivorn="ivo://nasa.gsfc.gcn/SWIFT#BAT"', {"swift"}),
        (None, '<Param name="Packet_Type" value="149" />', {"snews"}),
        (None, "", set()),
    ],
)
def test_the_stream_of_what_cannot_be_read(topic, raw, streams):
    assert likely_streams(topic, raw) == streams
