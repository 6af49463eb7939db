"""Only what the provider has signed, for us, now, and in answer to our request, says who it is."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.too_marshal.hostile import CLIENT, KEY, OTHER_KEY, SECRET, Hostile, signed
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.errors import AnswerRefused
from too_marshal.deployment.oauth.messages import Request


def redeem(client: Client, hostile: Hostile) -> Any:
    request = Request.new()
    hostile.nonce = request.nonce
    return client.redeem(request, {"code": "a code", "state": request.state})[1]


def test_an_honest_answer_is_taken(client: Client, hostile: Hostile):
    hostile.claims = {"preferred_username": "ann"}
    claims = redeem(client, hostile)
    assert (claims["sub"], claims["preferred_username"]) == ("17", "ann")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": "another-client", "azp": CLIENT},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},  # and nobody says who it is for
        {"azp": "another-client"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "never"},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"nonce": "of another request"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
    ],
)
def test_claims_that_do_not_hold_let_nobody_in(client: Client, hostile: Hostile, claims):
    hostile.claims = claims
    with pytest.raises(AnswerRefused):
        redeem(client, hostile)


def test_for_several_it_says_which(client: Client, hostile: Hostile):
    hostile.claims = {"aud": [CLIENT, "another-client"], "azp": CLIENT}
    assert redeem(client, hostile)["sub"] == "17"


def encoded(*parts: dict[str, Any]) -> str:
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )


def unsigned(claims: dict[str, Any]) -> str:
    return f"{encoded({'alg': 'none'}, claims)}."


def by_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def by_public_key(claims: dict[str, Any]) -> str:
    """What everybody can read, taken for a shared secret."""
    text = encoded({"alg": "HS256", "kid": "ours"}, claims)
    made = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def changed(claims: dict[str, Any]) -> str:
    head, _, signature = signed(claims).split(".")
    return f"{head}.{encoded({**claims, 'sub': '18'})}.{signature}"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        by_secret,
        by_public_key,
        changed,
        lambda claims: signed(claims, OTHER_KEY),
        lambda claims: signed(claims, OTHER_KEY, "another"),
        lambda _: "no token",
        lambda _: None,
        lambda _: {"sub": "17"},
    ],
)
def test_what_the_provider_has_not_signed_lets_nobody_in(client: Client, hostile: Hostile, sign):
    hostile.sign = sign
    with pytest.raises(AnswerRefused):
        redeem(client, hostile)


def asked_for_keys(hostile: Hostile) -> int:
    return sum(path == "/keys" for path, _, _ in hostile.asked)


def test_keys_are_kept_until_one_is_missing_or_fails(client: Client, hostile: Hostile):
    for _ in range(3):
        redeem(client, hostile)
    assert asked_for_keys(hostile) == 1
    new = RSAKey.generate_key(2048, parameters={"kid": "new"})
    hostile.keys, hostile.sign = [KEY, new], lambda claims: signed(claims, new, "new")
    assert redeem(client, hostile)["sub"] == "17"
    assert asked_for_keys(hostile) == 2
    # Another one under the same name.
    hostile.keys, hostile.sign = [OTHER_KEY], lambda claims: signed(claims, OTHER_KEY)
    assert redeem(client, hostile)["sub"] == "17"


def test_no_refusal_quotes_what_came(client: Client, hostile: Hostile):
    hostile.claims = {"nonce": "a very secret nonce", "aud": "another-client"}
    with pytest.raises(AnswerRefused) as caught:
        redeem(client, hostile)
    assert "very secret" not in str(caught.value)
