"""What is asked of a provider, what is made of its answers, and how long it is waited for."""

from __future__ import annotations

import time
from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit

import pytest
from astropy import units as u
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.too_marshal.hostile import CLIENT, SECRET, Hostile
from too_marshal.deployment.oauth import exchange
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.errors import AnswerRefused, GrantEnded, ProviderUnavailable
from too_marshal.deployment.oauth.messages import Request, Tokens

REQUEST = Request("a state", "a nonce", "a verifier")


def test_the_way_to_the_provider_has_state_nonce_and_challenge(client: Client, hostile: Hostile):
    parts = urlsplit(client.address(REQUEST, prompt="login", max_age="300"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{hostile.issuer}/authorize"
    assert {name: value[0] for name, value in parse_qs(parts.query).items()} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": client.redirect_uri,
        "scope": "openid profile",
        "state": "a state",
        "nonce": "a nonce",
        "code_challenge": create_s256_code_challenge("a verifier"),
        "code_challenge_method": "S256",
        "prompt": "login",
        "max_age": "300",
    }


def test_requests_are_never_alike():
    made = [Request.new() for _ in range(20)]
    assert len({value for each in made for value in each.to_json().values()}) == 60


def test_the_code_is_redeemed_with_verifier_and_secret(client: Client, hostile: Hostile):
    hostile.nonce = REQUEST.nonce
    client.redeem(REQUEST, {"code": "a code"})
    path, form, headers = next(each for each in hostile.asked if each[1])
    assert path == "/token"
    assert form["code_verifier"] == ["a verifier"]
    assert form["redirect_uri"] == [client.redirect_uri]
    assert headers["Authorization"].startswith("Basic ")


def test_a_provider_may_want_the_secret_in_the_form(client: Client, hostile: Hostile):
    hostile.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    hostile.nonce = REQUEST.nonce
    client.redeem(REQUEST, {"code": "a code"})
    form, headers = next((form, headers) for _, form, headers in hostile.asked if form)
    assert form["client_secret"] == [SECRET]
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    "answer",
    [{}, {"error": "access_denied"}, {"code": "a code", "iss": "https://another.example"}],
)
def test_what_is_no_answer_of_this_provider_is_not_redeemed(
    client: Client, hostile: Hostile, answer
):
    with pytest.raises(AnswerRefused):
        client.redeem(REQUEST, answer)
    assert not any(path == "/token" for path, _, _ in hostile.asked)


def test_a_provider_that_names_itself_must(client: Client, hostile: Hostile):
    hostile.metadata = {"authorization_response_iss_parameter_supported": True}
    hostile.nonce = REQUEST.nonce
    with pytest.raises(AnswerRefused, match="Another provider"):
        client.redeem(REQUEST, {"code": "a code"})
    assert client.redeem(REQUEST, {"code": "a code", "iss": hostile.issuer})


def test_what_a_browser_brings_along_is_not_repeated(client: Client):
    with pytest.raises(AnswerRefused) as caught:
        client.redeem(REQUEST, {"error": "<script>alert(1)</script>"})
    assert "script" not in str(caught.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://plain.example/token"},
        {"token_endpoint": "https://user:password@elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"jwks_uri": 7},
    ],
)
def test_a_provider_that_names_what_is_not_safe_is_not_used(
    client: Client, hostile: Hostile, metadata
):
    hostile.metadata = metadata
    with pytest.raises(ProviderUnavailable):
        client.address(REQUEST)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize("how", ["silent", "drips"])
def test_a_provider_that_is_silent_or_slow_is_given_up(
    client: Client, hostile: Hostile, monkeypatch, path: str, how: str
):
    monkeypatch.setattr(exchange, "SILENCE", 0.5 * u.s)
    monkeypatch.setattr(exchange, "DEADLINE", 1 * u.s)
    hostile.nonce = REQUEST.nonce
    getattr(hostile, how).add(path)
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable, match="does not answer"):
        client.redeem(REQUEST, {"code": "a code"})
    assert time.monotonic() - began < 5


def test_while_it_is_silent_only_a_few_wait(client: Client, hostile: Hostile):
    with ExitStack() as others:
        for _ in range(exchange._AT_ONCE):
            others.enter_context(exchange._place("x"))
        with pytest.raises(ProviderUnavailable, match="too many"):
            client.address(REQUEST)
    assert client.address(REQUEST).startswith(hostile.issuer)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_of_the_provider_is_no_refusal(client: Client, hostile: Hostile, status: int):
    hostile.statuses["/token"] = status
    with pytest.raises(ProviderUnavailable):
        client.redeem(REQUEST, {"code": "a code"})
    with pytest.raises(ProviderUnavailable):
        client.refresh("a refresh token")


def test_a_refresh_token_gives_another_where_the_provider_says_so(client: Client, hostile: Hostile):
    assert client.refresh("one").refresh == ""
    hostile.tokens = {"refresh_token": "two"}
    assert client.refresh("one").refresh == "two"
    hostile.statuses["/token"], hostile.tokens = 400, {"error": "invalid_grant"}
    with pytest.raises(GrantEnded):
        client.refresh("one")
    hostile.tokens = {"error": "invalid_client"}
    with pytest.raises(AnswerRefused, match="invalid_client"):
        client.refresh("one")


def test_a_token_is_ended_where_that_can_be_asked_for(client: Client, hostile: Hostile):
    assert client.revoke("one")
    path, form, _ = hostile.asked[-1]
    assert (path, form["token"]) == ("/revoke", ["one"])


def test_where_it_cannot_nothing_is_asked(client: Client, hostile: Hostile):
    hostile.metadata = {"revocation_endpoint": None}
    assert not client.revoke("one")


def test_what_is_told_of_another_person_is_not_taken(client: Client, hostile: Hostile):
    tokens = Tokens("an access token", "", None, None)
    hostile.userinfo = {"sub": "17", "groups": ["a"]}
    assert client.userinfo(tokens, "17")["groups"] == ["a"]
    with pytest.raises(AnswerRefused, match="another person"):
        client.userinfo(tokens, "18")


def test_no_secret_is_shown(client: Client):
    tokens = Tokens("an access token", "a refresh token", "an id token", None)
    shown = repr(client) + repr(REQUEST) + repr(tokens)
    for secret in (SECRET, "a verifier", "access", "refresh token", "id token"):
        assert f"'{secret}" not in shown
