"""The rule table on its page: read in words, changed with care, tried before it holds."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_event, add_notice
from tests.too_marshal.web.event.test_page import page
from tests.too_marshal.workflows.rules.test_decide import rule as make_rule
from too_marshal.db.base import now
from too_marshal.db.events import Activity
from too_marshal.db.observing.plans import PlanRule, RuleDecision, RuleTrial
from too_marshal.web.rules.form import RuleForm
from too_marshal.web.rules.text import then, when
from too_marshal.workflows.rules.backtest import try_rule
from too_marshal.workflows.rules.decide import decide_notice
from too_marshal.workflows.rules.defaults import DEFAULT_RULES
from too_marshal.workflows.rules.edit import values_of
from too_marshal.workflows.rules.fields import checked

pytestmark = pytest.mark.usefixtures("fresh_rules")

TELL = {
    "name": "Tell: nearby bursts", "streams": "fermi_gbm, swift", "maximum_far": "2",
    "minimum_classes": "BNS 0.5, NSBH 0.25", "notifies": "yes", "enabled": "yes", "act": "save",
    "exposure_time": "0",
}  # fmt: skip


def stored(session: Session, name: str) -> PlanRule:
    session.expire_all()
    return session.scalars(select(PlanRule).where(PlanRule.name == name)).one()


def test_every_rule_is_read_in_words(viewer: FlaskClient):
    text = page(viewer, "/rules").replace("&#39;", "'")
    for values in DEFAULT_RULES:
        assert str(values["name"]) in text
    assert "HasNS is 25.0 % or more" in text
    assert "ZTF is planned in g, r, 30 s each" in text
    assert "people are told" in text
    assert "it is not flagged 'not a GRB' or 'position unreliable'" in text
    assert "Delete" not in text


def test_words_tell_every_condition():
    full = make_rule(
        name="x", streams=["lvk", "icecube", "swift"], kinds=["initial"], tests=True,
        significant_only=True, minimum_astrophysical=0.5, minimum_has_ns=0.25,
        minimum_classes={"BNS": 0.5, "NSBH": 0.3}, maximum_far=1e-7, maximum_area=100.0,
        maximum_distance=200.0, maximum_radius=1.5, duration_classes=["short"],
        excluded_flags=["not a GRB"], notifies=True, planner="greedy", program="P1",
        submits=True, maximum_age_to_tell=36.0, maximum_age_to_plan=168.0,
        maximum_age_to_submit=12.0, minimum_gain=0.006, maximum_time=7200.0,
    )  # fmt: skip
    assert when(full) == [
        "it is of lvk, icecube or swift",
        "the notice is of kind initial",
        "it may be a test",
        "it is not flagged 'not a GRB'",
        "the mission calls it significant",
        "false alarms are no more frequent than 1 per 116 d",
        "it is astrophysical with 50.0 % or more",
        "HasNS is 25.0 % or more",
        "BNS is 50.0 % or more or NSBH is 30.0 % or more",
        "the burst is short",
        "the 90 % area is 100 deg² or less",
        "the mean distance is 200 Mpc or less",
        "the error radius is 1.5 deg or less",
    ]
    planned = "ZTF is planned in g, 30 s each, by the greedy planner, program P1"
    assert then(full) == [
        "people are told, until 36 h after the event",
        f"{planned}, until 7 days after the event",
        "the plan stops where 10 more minutes add less than 0.1 % or after 2.0 h of telescope time",
        "the plan is submitted without a person, until 12 h after the event",
    ]


def test_an_administrator_adds_changes_disables_deletes_and_restores(
    admin: FlaskClient, session: Session
):
    assert admin.post("/rules", data=TELL).status_code == 303
    added = stored(session, TELL["name"])
    conditions = added.conditions
    assert conditions["streams"] == ["fermi_gbm", "swift"]
    assert conditions["minimum_classes"] == {"BNS": 0.5, "NSBH": 0.25}
    assert conditions["maximum_far"] == pytest.approx(2 / (365.25 * 86400))
    address = f"/rules/{added.id}"
    assert admin.post(address, data=TELL | {"maximum_far": ""}).status_code == 303
    assert stored(session, TELL["name"]).conditions["maximum_far"] is None
    assert admin.post(f"{address}/switch", data={"enabled": "no"}).status_code == 303
    assert not stored(session, TELL["name"]).enabled
    admin.post(f"{address}/switch", data={"enabled": "yes"})
    assert admin.post(f"{address}/delete").status_code == 303
    assert stored(session, TELL["name"]).deleted_by == "admin"
    assert "Restore" in page(admin, "/rules")
    event = add_event(session, "bn1", stream="fermi_gbm", far=1e-9)
    assert added.name not in {
        row.name for row in decide_notice(session, event, add_notice(session, event))
    }
    assert admin.post(f"{address}/restore").status_code == 303
    assert stored(session, TELL["name"]).deleted_at is None
    texts = session.scalars(select(Activity.text).where(Activity.subject == "rule")).all()
    assert [line.rpartition("'")[2].split()[0].rstrip(":") for line in texts] == [
        "added", "changed", "disabled", "enabled", "deleted", "restored"
    ]  # fmt: skip


def test_an_age_is_typed_in_days_and_none_is_no_limit(admin: FlaskClient, session: Session):
    asked = page(admin, "/rules/new")
    assert 'name="maximum_age_to_plan" value="7"' in asked
    assert 'name="maximum_age_to_submit" value="1"' in asked
    typed = TELL | {"maximum_age_to_tell": "0.5", "maximum_age_to_plan": ""}
    assert admin.post("/rules", data=typed).status_code == 303
    added = stored(session, TELL["name"])
    assert (added.maximum_age_to_tell, added.maximum_age_to_plan) == (12.0, None)
    refused = admin.post("/rules", data=typed | {"name": "x", "maximum_age_to_tell": "-1"})
    assert refused.status_code == 422
    assert "From 0 to" in refused.text


def test_a_trial_of_before_the_limits_is_still_read(admin: FlaskClient, session: Session):
    values = checked({"name": "old", "notifies": True})
    del values["maximum_age_to_tell"]
    trial = RuleTrial(candidate=values, days=30, asked_by="ann")
    session.add(trial)
    session.commit()
    assert "until 7 days after the event" in page(admin, f"/rules/trials/{trial.id}")
    try_rule(session, trial.id)
    assert trial.result is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Give the rule a name"),
        ({"name": "Tell: IceCube neutrinos"}, "Another rule has this name"),
        ({"streams": "lvkk"}, "Unknown: lvkk"),
        ({"kinds": "information"}, "Unknown: information"),
        ({"maximum_area": "wide"}, "A number, or nothing"),
        ({"maximum_area": "nan"}, "From 0 to 41253 deg2"),
        ({"minimum_has_ns": "25"}, "From 0 to 1"),
        ({"minimum_classes": "BNS"}, "A class and a probability"),
        ({"minimum_classes": "BNS 2"}, "From 0 to 1"),
        ({"notifies": ""}, "tells people, wakes them"),
        ({"plans": "yes"}, "One of"),
        ({"plans": "yes", "telescope": "ZTF", "filters": "u"}, "has the filters"),
        (
            {"plans": "yes", "telescope": "ZTF", "filters": "g", "exposure_time": "0"},
            "Longer than 0 s",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(
    admin: FlaskClient, session: Session, change: dict[str, str], words: str
):
    answer = admin.post("/rules", data=TELL | change)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert words in text
    assert "2" in text, "what was typed stays"
    session.expire_all()
    assert len(session.scalars(select(PlanRule)).all()) == len(DEFAULT_RULES)


def test_every_shipped_rule_passes_its_own_check_and_its_form(session: Session):
    for row in session.scalars(select(PlanRule)):
        values = values_of(row)
        assert checked(values) == values
        form = RuleForm.of(values)
        assert form.rule() == values
        assert form.errors == {}


def test_an_observer_tries_and_does_not_store(observer: FlaskClient, session: Session):
    assert observer.post("/rules", data=TELL).status_code == 403
    number = session.scalars(select(PlanRule.id)).first()
    for act in ("switch", "delete", "restore"):
        assert observer.post(f"/rules/{number}/{act}").status_code == 403
    assert observer.post("/rules", data=TELL | {"act": "try"}).status_code == 303


def test_a_viewer_reads(viewer: FlaskClient):
    assert viewer.get("/rules/new").status_code == 403
    assert viewer.post("/rules", data=TELL | {"act": "try"}).status_code == 403


def test_a_trial_shows_what_would_have_changed(observer: FlaskClient, session: Session):
    rule = stored(session, "Tell: significant gravitational waves")
    for name, far in (("S1a", 1e-12), ("S1b", 1e-8)):
        event = add_event(session, name)
        document = {
            "stream": "lvk", "kind": "initial", "role": "observation", "event_key": name,
            "far": far, "significant": True,
        }  # fmt: skip
        add_notice(session, event, document=document)
    form = RuleForm.of(values_of(rule)).values | {"maximum_far": "0.01", "act": "try"}
    answer = observer.post(f"/rules/{rule.id}", data=form)
    assert answer.status_code == 303
    waiting = page(observer, answer.location)
    assert "<progress" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    try_rule(session, session.scalars(select(RuleTrial.id)).one())
    text = page(observer, answer.location)
    assert "<progress" not in text
    changed, _, same = text.partition("What applies as before")
    assert "S1b" in changed
    assert "S1a" not in changed
    assert "S1a" in same
    assert "its false-alarm rate is not below" in changed
    result = session.scalars(select(RuleTrial)).one().result
    assert (result["notices"], result["before"], result["after"], result["changed"]) == (2, 2, 1, 1)
    assert rule.conditions.get("maximum_far") is None, "a trial changes nothing"


def test_the_event_page_says_why_nobody_was_told(viewer: FlaskClient, session: Session):
    event = add_event(session)
    notice = add_notice(session, event)
    session.add(
        RuleDecision(
            rule_name="Tell: short bursts", event_id=event.id, subject="notice",
            subject_id=notice.id, applies=False, reasons=["its stream is lvk", "it is long"],
            decided_at=now(),
        )
    )  # fmt: skip
    session.commit()
    text = page(viewer, f"/events/{event.id}")
    assert "Tell: short bursts" in text
    assert "its stream is lvk; it is long" in text
    assert f"Notice {notice.id}" in text
