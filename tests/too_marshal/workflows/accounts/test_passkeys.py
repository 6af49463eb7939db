"""Passkeys go when their owner, or an administrator, says so; never the only way in."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import Device
from tests.too_marshal.factories import add_person
from tests.too_marshal.workflows.accounts.conftest import PARTY, add
from too_marshal.db.accounts.people import Person, Role
from too_marshal.workflows.accounts.identities import Known, NotLinked
from too_marshal.workflows.accounts.linking import link, unlink
from too_marshal.workflows.accounts.login import living_session, open_session
from too_marshal.workflows.accounts.passkey_challenges import PasskeyRefused
from too_marshal.workflows.accounts.passkeys import (
    passkey_counts,
    passkeys_here,
    passkeys_of,
    remove_passkey,
    remove_passkeys,
)
from too_marshal.workflows.accounts.relying_party import RelyingParty

ISSUER = "https://id.example"


def test_one_is_removed_by_its_owner_alone(session: Session, ann: Person):
    ben = add_person(session, "ben", Role.ADMIN)
    row = add(session, ann, Device())
    assert not remove_passkey(session, ben, row.id)
    assert remove_passkey(session, ann, row.id)
    assert not remove_passkey(session, ann, row.id)
    assert passkeys_of(session, ann.id) == []


def test_the_only_way_in_stays(session: Session, ann: Person):
    first, second = add(session, ann, Device()), add(session, ann, Device())
    ann.password_hash = ""
    session.commit()
    assert remove_passkey(session, ann, first.id)
    with pytest.raises(PasskeyRefused, match="only way in"):
        remove_passkey(session, ann, second.id)
    assert len(passkeys_of(session, ann.id)) == 1


def test_a_provider_and_a_passkey_are_a_way_in_for_each_other(session: Session, ann: Person):
    row = add(session, ann, Device())
    ann.password_hash = ""
    session.commit()
    link(session, ann, Known(ISSUER, "1", "ann", "Ann"))
    unlink(session, ann.id, ISSUER)
    link(session, ann, Known(ISSUER, "1", "ann", "Ann"))
    assert remove_passkey(session, ann, row.id)
    with pytest.raises(NotLinked, match="only way"):
        unlink(session, ann.id, ISSUER)


def test_all_go_at_once_with_the_sessions(session: Session, ann: Person):
    ben = add_person(session, "ben", Role.VIEWER)
    for who in (ann, ann, ben):
        add(session, who, Device())
    value = open_session(session, ann)
    assert passkey_counts(session) == {ann.id: 2, ben.id: 1}
    remove_passkeys(session, ann)
    assert passkey_counts(session) == {ben.id: 1}
    session.expire_all()
    assert living_session(session, value) is None


def test_only_those_of_this_name_can_be_used_here(session: Session, ann: Person):
    row = add(session, ann, Device())
    assert list(passkeys_here(session, ann.id, PARTY)) == [row]
    elsewhere = RelyingParty("too.example", "https://too.example")
    assert list(passkeys_here(session, ann.id, elsewhere)) == []
