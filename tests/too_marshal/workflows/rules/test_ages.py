"""An event of an archive is taken in like any other, and gets no plan for tonight; nor is
anybody woken."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from tests.too_marshal import alerts
from tests.too_marshal.clocks import EVENING, RA, running_from
from tests.too_marshal.factories import add_event, add_localization, add_notice
from tests.too_marshal.workflows.dry_run import dry_run
from tests.too_marshal.workflows.events.test_associate import take
from tests.too_marshal.workflows.rules.test_decide import activities, rule
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.plans import Plan, PlanRule, RuleDecision
from too_marshal.workflows.alerts.notify import notify
from too_marshal.workflows.intake.ingest import Message, ingest
from too_marshal.workflows.intake.replay import archived, replay
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.planning.plan import propose_plans
from too_marshal.workflows.rules.ages import Purpose, age_of, readable_span, too_old
from too_marshal.workflows.rules.decide import decide_localization

pytestmark = pytest.mark.usefixtures("evening")

MERGER = "ZTF: gravitational waves with a neutron star"
OF_2023 = {
    "superevent_id": "S230529ay",
    "created": "2023-05-29T18:25:00Z",
    "time": "2023-05-29T18:15:00.000Z",
}


def alert(**changes: str) -> bytes:
    return alerts.lvk(skymap=alerts.skymap_fits(ra=RA, dec=30.0), **changes)


def work(session, received) -> SimpleNamespace:
    """All that the jobs of a notice do with rules."""
    notify(session, received.notice_id)
    localization = session.scalars(
        select(Localization).where(Localization.notice_id == received.notice_id)
    ).one()
    localize(session, localization.id)
    propose_plans(session, localization.id)
    decided = session.scalars(
        select(RuleDecision).where(RuleDecision.event_id == received.event_id)
    ).all()
    return SimpleNamespace(
        plans=session.scalar(select(func.count(Plan.id))),
        announced=activities(session),
        reasons={(row.rule_name, row.subject): row.reasons for row in decided},
    )


@pytest.mark.parametrize("channel", ["replay", "backfill"])
def test_an_event_of_an_archive_is_not_planned_and_wakes_nobody(session, tmp_path, channel):
    if channel == "replay":
        (tmp_path / "old.json").write_bytes(alert(**OF_2023))
        ((_, received),) = replay(lambda: session, archived([tmp_path]), 0)
    else:
        received = ingest(session, Message(alert(**OF_2023), channel, "igwn.gwalert"))
    outcome = work(session, received)
    assert (outcome.plans, outcome.announced) == (0, [])
    old = "the event is 3.5 years old, more than 7 days"
    assert outcome.reasons[MERGER, "localization"] == [old]
    assert outcome.reasons["Tell: significant gravitational waves", "notice"] == [old]


def test_an_event_of_this_evening_is_planned_and_told(session):
    (received,) = take(session, alert())
    outcome = work(session, received)
    assert outcome.plans > 0
    assert len(outcome.announced) == 1
    assert outcome.reasons[MERGER, "localization"] == []


def test_a_better_map_days_later_is_planned_and_told(session):
    (received,) = take(session, alert())
    before = work(session, received)
    with running_from(EVENING + timedelta(days=4)):
        (later,) = take(
            session, alert(alert_type="UPDATE", created="2026-11-26T03:00:00Z", far=1e-9)
        )
        after = work(session, later)
    assert after.plans == 2 * before.plans
    assert len(after.announced) == 2


def test_who_wants_plans_of_old_events_sets_no_limit(session):
    session.scalars(
        select(PlanRule).where(PlanRule.name == MERGER)
    ).one().maximum_age_to_plan = None
    session.commit()
    (received,) = take(session, alert(**OF_2023))
    assert work(session, received).plans == 1


def test_a_test_event_is_as_old_as_its_time(session):
    """The rehearsal's is of the moment, and planned; the mission's own of 2023 is not."""
    event = add_event(session, "MS261122a", is_test=True)
    planning, _, _ = decide_localization(session, event, add_localization(session, event))
    assert MERGER in {row.name for row in planning}
    old = add_event(session, "MS230529a", is_test=True, event_time=now() - timedelta(days=1000))
    assert decide_localization(session, old, add_localization(session, old)) == ([], [], [])


def test_of_a_rule_that_plans_and_tells_one_may_come_too_late(session):
    row = rule(
        name="both", telescope="KPED", notifies=True, maximum_area=41000.0,
        maximum_age_to_plan=24.0, maximum_age_to_tell=240.0,
    )  # fmt: skip
    session.add(row)
    event = add_event(session, event_time=now() - timedelta(days=3))
    planning, notifying, _ = decide_localization(session, event, add_localization(session, event))
    assert row not in planning
    assert row in notifying
    kept = session.scalars(select(RuleDecision).where(RuleDecision.rule_name == "both")).one()
    assert (kept.applies, kept.reasons) == (
        True, ["no plan: the event is 3 days old, more than 24 h"]
    )  # fmt: skip
    row.maximum_age_to_plan, row.maximum_age_to_tell = 240.0, 24.0
    planning, notifying, _ = decide_localization(session, event, add_localization(session, event))
    assert row in planning
    assert row not in notifying
    kept = session.scalars(
        select(RuleDecision)
        .where(RuleDecision.rule_name == "both")
        .order_by(RuleDecision.id.desc())
        .limit(1)
    ).one()
    assert kept.reasons == ["nobody is told: the event is 3 days old, more than 24 h"]


def test_without_a_time_an_event_is_as_old_as_its_first_notice(session):
    event = add_event(session, event_time=None)
    first = add_notice(session, event)
    first.received_at = now() - timedelta(hours=30)
    add_notice(session, event)
    session.commit()
    assert age_of(session, event) > timedelta(hours=30)
    assert age_of(session, event) < timedelta(hours=31)
    limited = rule(maximum_age_to_submit=24.0)
    assert too_old(limited, age_of(session, event), Purpose.SUBMIT) == [
        "the event is 30 h old, more than 24 h"
    ]


def test_a_dry_run_counts_the_age_when_the_notice_came(session):
    with running_from(EVENING + timedelta(days=20)):
        take(session, alert(**OF_2023))
    (received,) = take(session, alert())
    for localization in session.scalars(select(Localization)).all():
        localize(session, localization.id)
    with running_from(EVENING + timedelta(days=20)):
        answers = dry_run(session, rule(maximum_age_to_plan=168.0))
    by_event = {answer.event_id: answer for answer in answers}
    assert by_event[received.event_id].applies, "it was new then"
    (old,) = (answer for answer in answers if answer.event_id != received.event_id)
    assert old.reasons == ["the event is 3.5 years old, more than 7 days"]
    assert session.scalar(select(func.count(Event.id))) == 2


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(hours=24), "24 h"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=100), "100 days"),
        (timedelta(days=1170), "3.2 years"),
    ],
)
def test_ages_in_words(span, words):
    assert readable_span(span) == words
