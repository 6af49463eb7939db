import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.too_marshal.factories import (
    add_circular,
    add_event,
    add_import,
    add_localization,
    add_notice,
    add_person,
    add_plan,
    add_preflight,
    add_replacement,
    add_submission,
)
from tests.too_marshal.web.conftest import Visitor
from too_marshal.db.accounts.people import Role
from too_marshal.http.access import PUBLIC, needed_role, safe_next

# Who may what, in full: a change of any permission must be made here too.
PUBLIC_ENDPOINTS = {
    "assets.static",
    "auth.login",
    "auth.log_in",
    "auth.logout",
    "health.healthz",
    "api.openapi",
    "installable.icon",
    "installable.manifest",
    "installable.worker",
    "answers.ask",
    "answers.acknowledge",
    "telephone.key",
    "on_call.feed",
    "provider.log_in",
    "provider_answer.answer",
    "second_factor.ask",
    "second_factor.log_in",
    "passkey_login.options",
    "passkey_login.log_in",
}
OBSERVER_ENDPOINTS = {
    "events.ask",
    "events.plan_form",
    "events.retract",
    "incident.acknowledge",
    "nights.ask",
    "by_hand.form",
    "by_hand.change",
    "coverage.compute",
    "curves.ask",
    "estimates.ask",
    "exposures.add",
    "exposures.take_away",
    "galaxies.add",
    "galaxies.remove",
    "plans.again",
    "plans.budget",
    "plans.cancel",
    "plans.charge",
    "plans.check",
    "plans.follow_up",
    "links.add",
    "answers.on_page",
    "on_call.change",
    "on_call.answer",
    "on_call.store_note",
    "api.put_alarm_acknowledgment",
    "candidates.store",
    "api.put_candidate",
    "names.name",
    "notes.charge",
    "notes.add",
    "notes.change",
    "notes.remove",
    "api.post_note",
    "api.put_charge",
    "entering.new",
    "entering.add",
    "entering.change",
    "entering.store",
    "entering.take_back",
    "api.post_event",
    "api.put_correction",
    "api.post_retraction",
    "api.put_name",
    "tags.add",
    "api.put_tag",
    "api.delete_tag",
    "tags.remove",
    "links.confirm",
    "links.undo",
    "rules.new",
    "rules.rule",
    "rules.add",
    "rules.change",
    "rules.trial",
    "api.post_link",
    "api.undo_link",
    "api.post_trial",
    "api.get_trial",
    "queues.ask",
    "queues.settle",
    "queues.withdraw",
    "gcn_account.ask",
    "gcn_account.answer",
    "gcn_account.part",
    "circulars.new",
    "circulars.draft",
    "circulars.edit",
    "circulars.lint",
    "circulars.save",
    "circulars.refresh",
    "circulars.settle",
    "notices.read_again",
    "health.switch_submission",
    "api.post_notice",
    "api.post_plan",
    "api.post_follow_up",
    "api.post_cancel",
    "api.post_preflight",
    "api.post_exposures",
    "api.undo_import",
    "api.post_galaxies",
    "api.post_remove_galaxies",
    "api.settle_submission",
    "api.withdraw_submission",
    "api.post_circular",
    "api.put_circular",
    "api.refresh_circular",
    "api.settle_circular",
    "api.lint_circular",
}
APPROVER_ENDPOINTS = {
    "plans.submit",
    "replacements.approve",
    "replacements.decline",
    "circulars.approve",
    "circulars.send",
    "api.post_replacement",
    "api.decline_a_replacement",
    "api.post_submission",
    "api.approve_circular",
    "api.send_circular",
}
ADMIN_ENDPOINTS = {
    "programs.add",
    "programs.change",
    "health.make_live",
    "people.index",
    "people.add",
    "people.change",
    "people.reset_password",
    "queues.delete",
    "rules.switch",
    "rules.delete",
    "rules.restore",
    "api.post_rule",
    "api.put_rule",
    "api.remove_rule",
    "api.undelete_rule",
    "on_call.add",
    "on_call.remove",
    "teams.add_one",
    "teams.change_team",
    "drills.begin",
    "audit.index",
    "audit.export",
    "second_factor.remove_of",
    "passkeys.remove_of",
}


def expected(endpoint: str) -> int:
    if endpoint in PUBLIC_ENDPOINTS:
        return PUBLIC
    if endpoint in OBSERVER_ENDPOINTS:
        return Role.OBSERVER
    if endpoint in APPROVER_ENDPOINTS:
        return Role.APPROVER
    if endpoint in ADMIN_ENDPOINTS:
        return Role.ADMIN
    return Role.VIEWER


def test_every_endpoint_declares_who_may_call_it(app: Flask):
    for endpoint, view in app.view_functions.items():
        assert needed_role(view) == expected(endpoint), endpoint


def test_every_state_change_needs_more_than_a_viewer(app: Flask):
    own_account = {
        "auth.change_password",
        "provider.join",
        "provider.part",
        "second_factor.begin",
        "second_factor.confirm",
        "second_factor.remove",
        "passkeys.options",
        "passkeys.add",
        "passkeys.remove",
        "passkey_login.confirm_options",
        "passkey_login.confirm",
        "auth.confirm",
        "auth.end_sessions",
        "auth.add_token",
        "auth.revoke",
        "event_list.keep_view",
        "alarm_settings.add",
        "alarm_settings.change_contact",
        "alarm_settings.store_hours",
        "alarm_settings.add_subscription",
        "alarm_settings.remove_subscription",
    }
    for rule in app.url_map.iter_rules():
        if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            needed = needed_role(app.view_functions[rule.endpoint])
            assert needed >= Role.OBSERVER or rule.endpoint in own_account | PUBLIC_ENDPOINTS


@pytest.fixture
def rows(session: Session) -> dict[str, int | str]:
    event = add_event(session)
    localization = add_localization(session, event)
    plan = add_plan(session, event)
    submission = add_submission(session, plan)
    return {
        "event_id": event.id,
        "localization_id": localization.id,
        "plan_id": plan.id,
        "submission_id": submission.id,
        "preflight_id": add_preflight(session, plan).id,
        "import_id": add_import(session, event).id,
        "replacement_id": add_replacement(session, submission, add_plan(session, event)).id,
        "circular_id": add_circular(session, event).id,
        "notice_id": add_notice(session, event).id,
        "person_id": add_person(session, "somebody", Role.VIEWER).id,
        "token_id": 1,
        # Who may is decided before what is there.
        "link_id": 4711,
        "passkey_id": 4711,
        "rule_id": 4711,
        "trial_id": 4711,
        "table_id": 4711,
        "curve_id": 4711,
        "note_id": 4711,
        "contact_id": 4711,
        "subscription_id": 4711,
        "shift_id": 4711,
        "change_id": 4711,
        "team_id": 4711,
        "program_id": 4711,
        "token": "none",
        "exposure_number": 4711,
        "order": 3,
        "cell": 7,
        "kind": "json",
    }


@pytest.mark.parametrize("role", [None, *Role])
def test_nobody_gets_past_the_role_that_an_endpoint_needs(
    app: Flask, visitor: Visitor, rows: dict[str, int | str], role: Role | None
):
    client = visitor(role)
    for rule in app.url_map.iter_rules():
        # A live stream answers for ever; tests/too_marshal/web/test_live.py reads it.
        if rule.endpoint in {"live.stream", "auth.logout", "auth.end_sessions"}:
            continue
        arguments = {name: rows.get(name, "x") for name in rule.arguments}
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **arguments)
        method = next((name for name in ("POST", "PUT", "DELETE") if name in rule.methods), "GET")
        answer = client.open(address, method=method)
        refused = answer.status_code in {401, 403} or (
            answer.status_code == 303 and answer.location.startswith("/login")
        )
        needed = expected(rule.endpoint)
        # The browser's login is good for reading the API only.
        is_api_change = rule.endpoint.startswith("api.") and method != "GET"
        allowed = (role or 0) >= needed and not is_api_change
        if rule.endpoint in {"auth.log_in", "passkey_login.log_in"}:
            assert answer.status_code == 401  # a wrong password, not a closed door
        else:
            assert refused is not allowed, (rule.endpoint, role, answer.status)
            assert answer.status_code != 500, rule.endpoint


def test_a_view_that_declares_nothing_is_closed_to_all(app: Flask, admin: FlaskClient):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = admin.get("/forgotten")
    assert answer.status_code == 403
    assert b"secret" not in answer.data


def test_who_must_log_in_comes_back_to_where_they_wanted_to_go(visitor: Visitor):
    answer = visitor(None).get("/events/7?a=b")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/events/7?a%3Db"


def test_a_fragment_asked_for_without_login_sends_the_whole_page_to_it(visitor: Visitor):
    answer = visitor(None).get("/queues", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/login?next=/queues"


HOSTILE = [
    "http://evil.example",
    "https:///evil.example",
    "http:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    " //evil.example",
    "/ok\x00",
    "/ok ok",
    "ftp://evil.example",
    "http://[::1",
    "evil.example",
    "",
    "/" + "a" * 600,
    "/\x0b/evil.example",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_no_address_leads_off_the_site(address: str):
    assert safe_next(address) == "/"


@pytest.mark.parametrize("address", ["/", "/events/7", "/events/7?a=b&c=d#e", "/a:b", "/a//b"])
def test_a_path_of_this_site_is_kept(address: str):
    assert safe_next(address) == address


@given(st.text(alphabet=st.sampled_from("/\\:.?#@ \t\nhtpsxev"), max_size=30))
def test_what_is_kept_is_a_path_of_one_slash(address: str):
    kept = safe_next(address)
    assert kept in {"/", address}
    assert kept.startswith("/")
    assert kept[1:2] not in {"/", "\\"}
    assert not any(character in kept for character in "\\ \t\n")


@pytest.mark.parametrize("number", ["0", "999999", "2147483648", "99999999999999999999", "-1"])
def test_a_number_that_no_row_has_is_not_found(viewer: FlaskClient, number: str):
    assert viewer.get(f"/events/{number}").status_code == 404
