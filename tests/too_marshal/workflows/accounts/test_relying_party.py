"""Passkeys are bound to a name of the site; where it has none, a sentence says so."""

from __future__ import annotations

import pytest

from too_marshal.workflows.accounts.relying_party import (
    NoPasskeys,
    RelyingParty,
    party_here,
    relying_party,
)


@pytest.mark.parametrize(
    ("address", "rp_id", "origin"),
    [
        ("https://too.example/", "too.example", "https://too.example"),
        ("https://Too.Example:443/marshal", "too.example", "https://too.example"),
        ("https://too.example:8443", "too.example", "https://too.example:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://too.localhost", "too.localhost", "http://too.localhost"),
        (
            "https://st\u00f6rung.example",
            "xn--strung-xxa.example",
            "https://xn--strung-xxa.example",
        ),
    ],
)
def test_a_name_is_what_passkeys_are_bound_to(address: str, rp_id: str, origin: str):
    assert relying_party(address) == RelyingParty(rp_id, origin)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "127.0.0.2"])
def test_a_number_of_this_machine_has_a_name(host: str):
    with pytest.raises(NoPasskeys, match="opened by a number") as refused:
        relying_party(f"http://{host}:8000")
    assert refused.value.instead == "http://localhost:8000"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://192.0.2.7", "Ask whoever runs the service for its name"),
        ("https://[2001:db8::7]:8000", "2001:db8::7"),
        ("http://too.example", "begin with https"),
        ("http://localhost.example", "begin with https"),
        ("", "unknown"),
        ("too.example", "unknown"),
        ("https://too.example:port", "unknown"),
        ("ftp://too.example", "unknown"),
        ("https://" + "a" * 70 + ".example", "unknown"),
    ],
)
def test_where_there_can_be_none_a_sentence_says_why(address: str, words: str):
    with pytest.raises(NoPasskeys, match=words) as refused:
        relying_party(address)
    assert refused.value.instead == ""


def test_what_the_deployment_says_counts_and_not_what_the_browser_says():
    """A server in front may speak http to the service, and leave the port out."""
    party = party_here("http://too.example", "https://too.example:8443/")
    assert party == RelyingParty("too.example", "https://too.example:8443")
    assert party_here("http://localhost:9", "").origin == "http://localhost:9"


def test_who_has_come_by_another_name_is_told_the_right_one():
    with pytest.raises(NoPasskeys, match=r"bound to the name too\.example") as refused:
        party_here("http://localhost:8000", "https://too.example")
    assert refused.value.instead == "https://too.example"
