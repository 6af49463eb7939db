"""Roles follow from a claim; a setting that cannot be meant is named."""

from __future__ import annotations

from typing import Any

import pytest

from too_marshal.db.accounts.people import Role
from too_marshal.deployment.role_claims import role_claims_of
from too_marshal.deployment.settings import SettingInvalid

RULE = "groups: too-admins=admin, too-observers=observer"


@pytest.mark.parametrize(
    ("rule", "claims", "role"),
    [
        (RULE, {"groups": ["too-observers"]}, Role.OBSERVER),
        (RULE, {"groups": ["too-observers", "too-admins", "x"]}, Role.ADMIN),
        (RULE, {"groups": "too-admins"}, Role.ADMIN),
        (RULE, {"groups": ["x"]}, None),
        (RULE, {"groups": [["too-admins"], 7, None]}, None),
        (RULE, {"groups": {"too-admins": True}}, None),
        (RULE, {}, None),
        ("realm_access.roles: toom=viewer", {"realm_access": {"roles": ["toom"]}}, Role.VIEWER),
        ("realm_access.roles: toom=viewer", {"realm_access": ["toom"]}, None),
        ("https://x.example/roles: a=admin", {"https://x.example/roles": ["a"]}, Role.ADMIN),
        (
            "e: urn:x:group:too:role=chief#y=admin",
            {"e": ["urn:x:group:too:role=chief#y"]},
            Role.ADMIN,
        ),
        ("g: cn=too,dc=x=admin; cn=night,dc=x=viewer", {"g": ["cn=night,dc=x"]}, Role.VIEWER),
    ],
)
def test_the_highest_role_of_a_claim_counts(rule: str, claims: dict[str, Any], role: Role | None):
    read = role_claims_of(rule, "")
    assert read.role_of(claims) == role


def test_others_have_the_role_that_is_set_for_them():
    assert role_claims_of(RULE, "viewer").role_of({"groups": ["x"]}) == Role.VIEWER
    assert role_claims_of("", "viewer").role_of({}) == Role.VIEWER
    assert role_claims_of(RULE, "viewer").role_of({"groups": ["too-admins"]}) == Role.ADMIN


def test_whether_the_claim_came_is_known():
    assert role_claims_of(RULE, "").are_in({"groups": []})
    assert not role_claims_of(RULE, "").are_in({"sub": "17"})
    assert role_claims_of("", "viewer").are_in({})


@pytest.mark.parametrize(
    ("rule", "other", "variable"),
    [
        ("", "", "TOO_OIDC_ROLES or TOO_OIDC_OTHER_ROLE"),
        ("groups", "", "TOO_OIDC_ROLES"),
        ("groups: ", "", "TOO_OIDC_ROLES"),
        ("groups: too-admins", "", "TOO_OIDC_ROLES"),
        ("groups: =admin", "", "TOO_OIDC_ROLES"),
        ("groups: a=admin, a=viewer", "", "TOO_OIDC_ROLES"),
        ("groups: a=chief", "", "TOO_OIDC_ROLES"),
        (RULE, "chief", "TOO_OIDC_OTHER_ROLE"),
    ],
)
def test_what_cannot_be_meant_is_named(rule: str, other: str, variable: str):
    with pytest.raises(SettingInvalid, match=variable):
        role_claims_of(rule, other)
