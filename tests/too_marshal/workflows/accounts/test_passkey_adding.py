"""A device makes a passkey as it was asked to, or it is not added."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import PRESENT, VERIFIED, Device, to_bytes
from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_person
from tests.too_marshal.workflows.accounts.conftest import BROWSER, PARTY, add
from too_marshal.db.accounts.passkeys import Passkey, PasskeyChallenge, Purpose
from too_marshal.db.accounts.people import Person, Role
from too_marshal.workflows.accounts.passkey_adding import (
    MAX_PASSKEYS,
    add_passkey,
    begin_passkey,
    read_new_key,
)
from too_marshal.workflows.accounts.passkey_challenges import Asker, PasskeyRefused
from too_marshal.workflows.accounts.relying_party import RelyingParty


@pytest.fixture
def asker(ann: Person) -> Asker:
    return Asker(BROWSER, Purpose.ADD, ann.id)


def test_a_device_is_asked_for_a_key_that_logs_in_alone(
    session: Session, ann: Person, asker: Asker
):
    said = json.loads(begin_passkey(session, ann, asker, PARTY))
    assert said["authenticatorSelection"]["residentKey"] == "required"
    assert said["authenticatorSelection"]["userVerification"] == "required"
    assert said["attestation"] == "none"
    assert said["rp"]["id"] == "localhost"
    assert len(to_bytes(said["challenge"])) == 32
    assert said["challenge"] != json.loads(begin_passkey(session, ann, asker, PARTY))["challenge"]


def test_the_device_knows_a_person_by_a_random_value(session: Session, ann: Person):
    ben = add_person(session, "ben", Role.VIEWER)
    asked = [
        json.loads(begin_passkey(session, who, Asker(BROWSER, Purpose.ADD, who.id), PARTY))
        for who in (ann, ann, ben)
    ]
    handles = [to_bytes(each["user"]["id"]) for each in asked]
    assert handles[0] == handles[1] != handles[2]
    assert len(handles[0]) == 32
    assert b"ann" not in handles[0]


def test_a_passkey_is_kept_with_its_name_and_excluded_from_the_next(
    session: Session, ann: Person, device: Device, asker: Asker
):
    row = add(session, ann, device, "  her\ttelephone ")
    assert (row.name, row.rp_id, row.transports) == ("her telephone", "localhost", ["internal"])
    assert row.used_at is None
    said = json.loads(begin_passkey(session, ann, asker, PARTY))
    assert [to_bytes(each["id"]) for each in said["excludeCredentials"]] == [device.credential_id]
    elsewhere = RelyingParty("too.example", "https://too.example")
    said = json.loads(begin_passkey(session, ann, asker, elsewhere))
    assert said["excludeCredentials"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda device: device.but(origin="https://evil.example"),
        lambda device: device.but(origin="http://localhost:81"),
        lambda device: device.but(rp_id="evil.example"),
        lambda device: device.but(flags=PRESENT),
        lambda device: device.but(flags=VERIFIED),
        lambda device: device.but(credential_id=b"short"),
        lambda device: device.but(credential_id=bytes(1024)),
    ],
    ids=["origin", "port", "site", "not verified", "nobody there", "short", "long"],
)
def test_what_was_not_made_as_asked_is_not_added(
    session: Session, ann: Person, device: Device, asker: Asker, change: Callable[[Device], Device]
):
    made = change(device).make(begin_passkey(session, ann, asker, PARTY))
    with pytest.raises(PasskeyRefused) as refused:
        read_new_key(session, made, asker, PARTY)
    assert refused.value.reason == "not made as asked"


def test_what_was_signed_is_no_new_key(session: Session, ann: Person, device: Device, asker: Asker):
    signed = device.sign(begin_passkey(session, ann, asker, PARTY))
    with pytest.raises(PasskeyRefused):
        read_new_key(session, signed, asker, PARTY)


def test_a_challenge_is_good_once_for_its_browser_person_and_purpose(
    session: Session, ann: Person, device: Device, asker: Asker
):
    ben = add_person(session, "ben", Role.VIEWER)
    made = device.make(begin_passkey(session, ann, asker, PARTY))
    for other in (
        Asker("another browser", Purpose.ADD, ann.id),
        Asker(BROWSER, Purpose.ADD, ben.id),
        Asker(BROWSER, Purpose.CONFIRM, ann.id),
        Asker(BROWSER, Purpose.ADD),
    ):
        with pytest.raises(PasskeyRefused, match="try once more"):
            read_new_key(session, made, other, PARTY)
    read_new_key(session, made, asker, PARTY)
    with pytest.raises(PasskeyRefused, match="try once more"):
        read_new_key(session, made, asker, PARTY)


def test_a_challenge_is_good_for_five_minutes_and_forgotten_then(
    session: Session, ann: Person, device: Device, asker: Asker
):
    made = device.make(begin_passkey(session, ann, asker, PARTY))
    with later(minutes=5, seconds=1), pytest.raises(PasskeyRefused, match="five minutes"):
        read_new_key(session, made, asker, PARTY)
    begin_passkey(session, ann, asker, PARTY)
    with later(minutes=6):
        begin_passkey(session, ann, asker, PARTY)
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 1


def test_the_database_shows_no_open_challenge(session: Session, ann: Person, asker: Asker):
    challenge = json.loads(begin_passkey(session, ann, asker, PARTY))["challenge"]
    row = session.scalars(select(PasskeyChallenge)).one()
    stored = str(vars(row))
    for secret in (challenge, to_bytes(challenge).hex(), BROWSER):
        assert secret not in stored


def test_one_key_is_of_one_person(session: Session, ann: Person, device: Device):
    add(session, ann, device)
    ben = add_person(session, "ben", Role.VIEWER)
    with pytest.raises(PasskeyRefused, match="known here already"):
        add(session, ben, device)
    assert [row.person_id for row in session.scalars(select(Passkey))] == [ann.id]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\0b", "a\u202eb"])
def test_a_name_can_be_read(session: Session, ann: Person, device: Device, name: str):
    with pytest.raises(PasskeyRefused, match="1 to 60 characters"):
        add(session, ann, device, name)


def test_there_are_twenty_at_the_most(session: Session, ann: Person, device: Device, asker: Asker):
    for number in range(MAX_PASSKEYS - 1):
        add(session, ann, Device(), f"number {number}")
    # Asked for while there was room, and brought when there is none.
    late = read_new_key(
        session, device.make(begin_passkey(session, ann, asker, PARTY)), asker, PARTY
    )
    add(session, ann, Device(), "the last")
    with pytest.raises(PasskeyRefused, match="as many as there may be"):
        begin_passkey(session, ann, asker, PARTY)
    with pytest.raises(PasskeyRefused, match="as many as there may be"):
        add_passkey(session, ann, "one too many", late)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"response": 1}', '{"response": {"clientDataJSON": "e30"}}',
     "[" * 100_000, '{"rawId": "\u00e9", "response": {"clientDataJSON": "\u00e9"}}'],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_words(session: Session, asker: Asker, text: str):
    with pytest.raises(PasskeyRefused, match="not taken here"):
        read_new_key(session, text, asker, PARTY)
