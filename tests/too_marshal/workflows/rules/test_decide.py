"""Rules: what is told and planned, and why not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.too_marshal import alerts
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.dry_run import dry_run
from tests.too_marshal.workflows.events.test_associate import event_of, take
from too_marshal.db.base import now
from too_marshal.db.events import Activity, Event
from too_marshal.db.localizations import Localization, LocalizationState, SkyMapFile
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import Plan, PlanRule, RuleDecision
from too_marshal.workflows.alerts.notify import notify
from too_marshal.workflows.localizations.localize import localize
from too_marshal.workflows.planning.plan import propose_plans
from too_marshal.workflows.rules.conditions import Case
from too_marshal.workflows.rules.decide import decisions_of, failed_conditions
from too_marshal.workflows.rules.defaults import DEFAULT_RULES
from too_marshal.workflows.rules.fields import columns

pytestmark = pytest.mark.usefixtures("evening")

EVENT = {
    "stream": "lvk",
    "is_test": False,
    "is_retracted": False,
    "is_significant": True,
    "far": 1e-9,
    "classification": {"BNS": 0.6, "NSBH": 0.3, "Terrestrial": 0.1},
    "properties": {"HasNS": 0.9},
    "flags": ["known source"],
    "attributes": {"duration_class": "Short"},
}


def rule(**values: object) -> PlanRule:
    usual = {
        "name": "a rule", "enabled": True, "streams": [], "kinds": [], "excluded_flags": [],
        "minimum_classes": {}, "duration_classes": [], "tests": False, "significant_only": False,
        "plans": True, "notifies": False, "telescope": "ZTF", "filters": ["g"],
        "exposure_time": 30.0, "maximum_age_to_plan": None, "maximum_age_to_tell": None,
        "maximum_age_to_submit": None,
    }  # fmt: skip
    return PlanRule(**columns(usual | values))


def localization(**values: object) -> Localization:
    sky_map = SkyMapFile(area_90=120.0, distance_mean=150.0)
    return Localization(sky_map=sky_map, description={"kind": "circle", "radius": 2.0}, **values)


def reasons(conditions: dict[str, object], changes: dict[str, object], **case: object) -> list[str]:
    event = Event(**(EVENT | changes))
    return failed_conditions(
        rule(**conditions),
        Case(event, str(case.get("kind", "initial")), case.get("localization", localization())),
    )


@pytest.mark.parametrize(
    ("conditions", "changes", "words"),
    [
        ({"streams": ["icecube"]}, {}, "stream is lvk"),
        ({}, {"is_test": True}, "a test event"),
        ({}, {"is_retracted": True}, "retracted"),
        ({"fits_camera": True}, {}, "its 90 % area is 120 deg2, and ZTF sees 4"),
        ({"significant_only": True}, {"is_significant": None}, "the mission does not say whether"),
        ({"significant_only": True}, {"is_significant": False}, "it is not significant"),
        ({"excluded_flags": ["known source"]}, {}, "flagged 'known source'"),
        ({"maximum_far": 1e-10}, {}, "not below 1e-10"),
        ({"maximum_far": 1e-3}, {"far": None}, "no false-alarm rate is stated"),
        ({"minimum_astrophysical": 0.95}, {}, "astrophysical probability"),
        ({"minimum_has_ns": 0.95}, {}, "HasNS"),
        ({"minimum_has_ns": 0.1}, {"properties": {}}, "HasNS"),
        ({"minimum_classes": {"BNS": 0.7, "NSBH": 0.4}}, {}, "BNS 0.7, NSBH 0.4"),
        ({"minimum_classes": {"BNS": 0.1}}, {"classification": {}}, "no class"),
        ({"duration_classes": ["long"]}, {}, "duration is short"),
        ({"duration_classes": ["short"]}, {"attributes": {}}, "duration is unknown"),
        ({"kinds": ["update"]}, {}, "of kind initial"),
        ({"maximum_area": 100.0}, {}, "120 deg2, above 100"),
        ({"maximum_distance": 100.0}, {}, "not below 100 Mpc"),
        ({"maximum_radius": 1.0}, {}, "error radius is not 1 deg or less"),
    ],
)
def test_every_condition_that_is_not_met_is_named(conditions, changes, words):
    against = reasons(conditions, changes)
    assert len(against) == 1
    assert words in against[0]


@pytest.mark.parametrize(
    "conditions",
    [
        {"streams": ["lvk", "icecube"]},
        {"maximum_far": 1e-9},
        {"minimum_has_ns": 0.9},
        {"minimum_classes": {"BNS": 0.9, "NSBH": 0.3}},
        {"duration_classes": ["short", "unknown"]},
        {"kinds": ["initial"]},
        {"maximum_area": 120.0, "maximum_distance": 150.0, "maximum_radius": 2.0},
        {"excluded_flags": ["not a GRB"]},
    ],
)
def test_a_condition_that_is_met_is_no_reason(conditions):
    assert reasons(conditions, {}) == []


def test_without_a_map_people_may_be_told_and_nothing_is_planned():
    assert reasons({"plans": False, "notifies": True}, {}, localization=None) == []
    assert reasons({}, {}, localization=None) == ["it has no sky map"]
    near = {"plans": False, "notifies": True, "maximum_distance": 200.0}
    assert reasons(near, {}, localization=None) == ["it has no sky map"]


def test_a_retraction_is_told_and_not_planned():
    tells = {"plans": False, "notifies": True}
    assert reasons(tells, {"is_retracted": True}, kind="retraction", localization=None) == []
    assert "retracted" in reasons(tells, {"is_retracted": True}, kind="update")[0]


def test_information_wakes_nobody():
    assert reasons({"plans": False, "notifies": True}, {}, kind="information")


def activities(session) -> list[str]:
    query = select(Activity.text).where(Activity.subject == "rule").order_by(Activity.id)
    return list(session.scalars(query))


def test_why_was_i_not_woken(session):
    (received,) = take(session, alerts.lvk(significant=False))
    notify(session, received.notice_id)
    decisions = [row for row in decisions_of(session, received.event_id) if row.subject == "notice"]
    asked = {row.rule_name: row for row in decisions}
    waves = asked["Tell: significant gravitational waves"]
    assert (waves.applies, waves.reasons) == (False, ["it is not significant"])
    assert asked["Tell: IceCube neutrinos"].reasons == ["its stream is lvk"]
    assert activities(session) == []


def test_people_are_told_once_however_often_the_job_runs(session):
    (received,) = take(session, alerts.lvk())
    for _ in range(3):
        notify(session, received.notice_id)
    assert activities(session) == [
        "Rule 'Tell: significant gravitational waves' tells people: initial notice"
    ]
    (retracted,) = take(
        session, alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z")
    )
    notify(session, retracted.notice_id)
    assert len(activities(session)) == 2


def test_who_waits_for_a_map_is_told_when_it_is_there(session):
    session.add(rule(name="Tell: near", plans=False, notifies=True, maximum_area=1000.0))
    (received,) = take(session, alerts.lvk())
    notify(session, received.notice_id)
    assert not any("Tell: near" in text for text in activities(session))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    for _ in range(2):
        propose_plans(session, localization.id)
    assert [text for text in activities(session) if "Tell: near" in text] == [
        "Rule 'Tell: near' tells people: its map is ready"
    ]


def test_why_is_there_no_plan(session):
    (received,) = take(session, alerts.lvk(properties={"HasNS": 0.1}))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    propose_plans(session, localization.id)
    rows = session.scalars(select(RuleDecision).where(RuleDecision.subject == "localization")).all()
    by_rule = {row.rule_name: row for row in rows}
    planning = [values for values in DEFAULT_RULES if values.get("plans", True)]
    assert len(rows) == len(planning)
    reason = by_rule["ZTF: gravitational waves with a neutron star"].reasons
    assert reason == ["its HasNS is not 0.25 or more"]
    assert sum(row.applies for row in rows) == session.scalar(select(func.count(Plan.id)))
    event = session.get_one(Event, received.event_id)
    assert {row.subject_id for row in rows} == {event.current_localization_id}


def test_a_telescope_is_planned_for_by_the_first_rule(session):
    take(session, alerts.lvk(skymap=alerts.skymap_fits(sigma=3.0)))
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    propose_plans(session, localization.id)
    second = session.scalars(
        select(RuleDecision).where(RuleDecision.rule_name.contains("well localized"))
    ).one()
    assert second.reasons == ["an earlier rule plans for its telescope"]


def test_a_dry_run_sees_each_notice_as_it_stood(session):
    """First not significant, then it is; a circular and an old notice do not count."""
    take(
        session,
        alerts.lvk(significant=False, far=1e-5),
        alerts.lvk(alert_type="UPDATE", created="2026-11-22T04:00:00Z", far=1e-9),
        messages.circular(9, "LIGO/Virgo/KAGRA S261122a: update"),
    )
    (old,) = take(session, alerts.lvk("S261001a"))
    session.get_one(ReceivedNotice, old.notice_id).received_at = now() - timedelta(days=31)
    for localization in session.scalars(select(Localization)).all():
        localize(session, localization.id)
    tried = rule(name="not stored", significant_only=True, maximum_far=1e-8)
    answers = dry_run(session, tried)
    assert [answer.applies for answer in answers] == [True, False]
    assert answers[1].reasons == [
        "it is not significant", "its false-alarm rate is not below 1e-08 Hz"
    ]  # fmt: skip
    assert answers[0].localization_id is not None
    assert answers[0].event_name == event_of_key(session).name
    assert session.scalar(select(func.count(RuleDecision.id))) == 0
    assert session.scalar(select(func.count(PlanRule.id))) == len(DEFAULT_RULES)
    everything = dry_run(session, tried, span=timedelta(days=60))
    assert len(everything) == 3


def event_of_key(session) -> Event:
    return session.scalars(select(Event).where(Event.key == "S261122a")).one()


def test_a_dry_run_that_finds_no_map_says_so(session):
    take(session, alerts.gbm())
    (answer,) = dry_run(session, rule())
    assert answer.reasons == ["it has no sky map"]
    assert event_of(session, "fermi_gbm").id == answer.event_id
    assert session.scalars(select(Localization.state)).all() == [LocalizationState.PENDING]


def test_a_rule_that_plans_and_tells_tells_of_the_notice(session):
    session.add(rule(name="Both", plans=True, notifies=True, telescope="ZTF"))
    (received,) = take(session, alerts.lvk())
    notify(session, received.notice_id)
    assert any("Rule 'Both' tells people" in text for text in activities(session))


def test_a_rule_that_tells_applies_though_another_plans(session):
    session.add(
        rule(name="Both", plans=True, notifies=True, telescope="ZTF", maximum_area=10_000.0)
    )
    (received,) = take(session, alerts.lvk())
    notify(session, received.notice_id)
    localization = session.scalars(select(Localization)).one()
    localize(session, localization.id)
    propose_plans(session, localization.id)
    decided = session.scalars(
        select(RuleDecision).where(
            RuleDecision.rule_name == "Both", RuleDecision.subject == "localization"
        )
    ).one()
    assert decided.applies
    assert decided.reasons == ["no plan: an earlier rule plans for its telescope"]
    assert any("Rule 'Both' tells people" in text for text in activities(session))
    assert session.scalar(select(func.count(Plan.id)).where(Plan.telescope == "ZTF")) == 1
