"""A channel that was told of an event hears of its retraction and of what changes, once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.workflows.events.test_associate import event_of, take
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Activity, Event
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment.channels import Channel, Channels
from too_marshal.workflows.alarms.channels import tell_channels
from too_marshal.workflows.alerts.deliver import announce, enter
from too_marshal.workflows.alerts.notify import notify
from too_marshal.workflows.rules.decide import decide_notice

MAP = alerts.skymap_fits(order=2)
CHANNELS = Channels(
    {name: Channel(name, f"https://{name}.example/") for name in ("oncall", "survey")}
)
ANOTHER = {"BNS": 0.1, "NSBH": 0.8, "BBH": 0.05, "Terrestrial": 0.05}


@pytest.fixture
def rule(session: Session) -> PlanRule:
    """It asks for what no notice alone tells."""
    rule = PlanRule(
        name="near and small", enabled=True, conditions={"maximum_area": 1000.0}, plans=False,
        notifies=True, channels=["oncall"], telescope="", request={},
    )  # fmt: skip
    session.add(rule)
    session.commit()
    return rule


@pytest.fixture
def event(session: Session, rule: PlanRule) -> Event:
    """A channel was told of it."""
    take(session, alerts.lvk(skymap=MAP))
    event = event_of(session, "lvk")
    tell(session, rule, event)
    return event


def tell(session: Session, rule: PlanRule, event: Event) -> None:
    notice = session.scalars(select(ReceivedNotice).order_by(ReceivedNotice.id)).first()
    assert notice is not None
    announce(
        session, CHANNELS, rule_id=rule.id, event_id=event.id, notice_id=notice.id,
        what="its map is ready",
    )  # fmt: skip


def retract(session: Session, hour: int = 4) -> None:
    take(session, alerts.lvk(alert_type="RETRACTION", created=f"2026-11-22T0{hour}:00:00Z"))


def update(session: Session, classification: dict[str, float]) -> None:
    payload = alerts.lvk(
        alert_type="UPDATE", created="2026-11-22T05:00:00Z", skymap=MAP,
        classification=classification,
    )  # fmt: skip
    take(session, payload)


def texts(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(Delivery).order_by(Delivery.id))
    return [(row.channel, row.text) for row in rows]


def test_a_retraction_reaches_who_was_told_once_and_nobody_else(
    session: Session, rule: PlanRule, event: Event
):
    tell_channels(session, CHANNELS, event.id)
    assert len(texts(session)) == 1, "nothing has changed"
    retract(session)
    last = session.scalars(select(ReceivedNotice).order_by(ReceivedNotice.id.desc())).first()
    assert last is not None
    assert rule not in decide_notice(session, event, last), "a retraction has no map"
    for _ in range(3):
        tell_channels(session, CHANNELS, event.id)
    (_, first), (channel, second) = texts(session)
    assert channel == "oncall"
    assert "RETRACTED" not in first
    assert "RETRACTED, the mission has withdrawn it" in second


def test_what_is_retracted_twice_is_told_once(session: Session, event: Event):
    retract(session, 4)
    retract(session, 5)
    tell_channels(session, CHANNELS, event.id)
    retract(session, 6)
    tell_channels(session, CHANNELS, event.id)
    assert len(texts(session)) == 2


def test_an_update_that_no_rule_would_tell_of_reaches_who_was_told(session: Session, event: Event):
    update(session, ANOTHER)
    for _ in range(2):
        tell_channels(session, CHANNELS, event.id)
    (_, (channel, text)) = texts(session)
    assert channel == "oncall"
    assert "has changed; BNS 90.0 % → NSBH 80.0 %" in text


def test_what_changes_nothing_is_not_told(session: Session, event: Event):
    update(session, {"BNS": 0.88, "NSBH": 0.07, "BBH": 0.0, "Terrestrial": 0.05})
    tell_channels(session, CHANNELS, event.id)
    assert len(texts(session)) == 1


def test_whom_a_rule_has_told_of_the_notice_is_not_told_of_it_again(session: Session, event: Event):
    update(session, ANOTHER)
    last = session.scalars(select(ReceivedNotice).order_by(ReceivedNotice.id.desc())).first()
    assert last is not None
    enter(session, event, "oncall", "by a rule", notice_id=last.id, rule_name="x")
    session.commit()
    tell_channels(session, CHANNELS, event.id)
    assert [text for _, text in texts(session)][1:] == ["by a rule"]


@pytest.mark.parametrize("channels", [Channels({}), CHANNELS])
def test_a_message_that_never_left_and_a_channel_that_is_gone_need_no_other(
    session: Session, event: Event, channels: Channels
):
    if channels.by_name:
        session.scalars(select(Delivery)).one().state = DeliveryState.FAILED
    session.commit()
    retract(session)
    tell_channels(session, channels, event.id)
    assert len(texts(session)) == 1


def test_who_is_told_after_the_change_is_told_what_is(
    session: Session, rule: PlanRule, event: Event
):
    session.delete(session.scalars(select(Delivery)).one())
    update(session, ANOTHER)
    tell(session, rule, event)
    tell_channels(session, CHANNELS, event.id)
    ((_, text),) = texts(session)
    assert "NSBH 80%" in text


def test_a_rule_tells_nobody_of_what_was_retracted_meanwhile(session: Session, rule: PlanRule):
    take(session, alerts.lvk(skymap=MAP))
    event = event_of(session, "lvk")
    retract(session)
    tell(session, rule, event)
    assert texts(session) == []
    said = set(session.scalars(select(Activity.text)))
    assert "Rule 'near and small' tells nobody: the event was retracted before" in said


def test_it_is_asked_for_where_somebody_was_told(session: Session, event: Event):
    def asked() -> list[int]:
        query = "SELECT (args->>'event_id')::int FROM procrastinate_jobs WHERE task_name = :name"
        return list(session.scalars(text(query), {"name": "tell_channels"}))

    retract(session)
    other = add_event(session, "S2")
    for each in (event, other):
        notify(session, add_notice(session, each).id)
    assert asked() == [event.id]
