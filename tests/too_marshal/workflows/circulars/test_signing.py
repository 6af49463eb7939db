"""A circular goes out as the GCN account that was said to sign it, and no token is used twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from astropy import units as u
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_person
from tests.too_marshal.workflows.circulars.gcn import GCN
from tests.too_marshal.workflows.circulars.gcn_login import (
    CLIENT,
    DEPLOYMENT,
    REFRESH,
    SECRET,
    Account,
)
from too_marshal.db.accounts.grants import GcnGrant
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now, session_factory
from too_marshal.db.circulars import CircularSending, CircularState
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Activity
from too_marshal.deployment.circulars.way import API
from too_marshal.deployment.circulars.ways import CircularWays, circular_ways_of
from too_marshal.deployment.oauth import exchange
from too_marshal.deployment.oauth.messages import Request, Tokens
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.circulars.grants import NotGranted, connect, disconnect, grant_of
from too_marshal.workflows.circulars.send import NotSendable, ask_to_send, send
from too_marshal.workflows.circulars.signing import TAKEN_FOR, signer_for

KEY = "a key for tests"


@pytest.fixture
def gcn() -> Iterator[GCN]:
    with closing(GCN()) as gcn:
        yield gcn


@pytest.fixture
def settings(gcn: GCN) -> Settings:
    return Settings(
        circulars_issuer=gcn.url,
        circulars_client_id=CLIENT,
        circulars_client_secret=SECRET,
        circulars_refresh_token=REFRESH,
        circulars_api_url=f"{gcn.url}/api/circulars",
        public_url="http://127.0.0.1:8000",
        secret_key=KEY,
    )


@pytest.fixture
def ways(settings: Settings) -> CircularWays:
    return circular_ways_of(settings)


@pytest.fixture
def bob(session: Session) -> Person:
    return add_person(session, "bob", Role.OBSERVER)


def let(session: Session, gcn: GCN, person: Person, account: Account | None = None) -> GcnGrant:
    """Have a person connect an account, as GCN's log-in gives it."""
    account = account or Account("b-1", "bob@observatory.example")
    token = gcn.login._new(account.subject)
    claims = {"sub": account.subject, "email": account.email}
    return connect(session, KEY, person.id, Tokens("", token, None, None), claims)


def asked(session: Session, ways: CircularWays, drafted, **more: str) -> int:
    row = drafted(is_approved=True, remarks=more.pop("remarks", ""))
    return ask_to_send(session, ways, row.id, way=API, sha256=row.sha256, by="bob", **more).id


def sent(session: Session, number: int) -> CircularSending:
    return session.get_one(CircularSending, number, populate_existing=True)


def test_a_connected_account_signs_and_the_deployments_signs_for_all_others(
    session, gcn, ways, bob, drafted
):
    assert signer_for(session, ways, "bob").subject == ""
    send(session, ways, asked(session, ways, drafted))
    let(session, gcn, bob)
    assert signer_for(session, ways, "bob").name == "bob@observatory.example"
    send(session, ways, asked(session, ways, drafted, remarks="Another text."))
    assert gcn.signers == [DEPLOYMENT, "b-1"]
    texts = session.scalars(select(Activity.text).where(Activity.subject == "circular")).all()
    assert any("signed by bob@observatory.example" in each for each in texts)
    assert any("signed by the account of this deployment" in each for each in texts)


def test_without_any_account_nothing_is_sent(session, gcn, settings, bob, drafted):
    ways = circular_ways_of(replace(settings, circulars_refresh_token=""))
    assert signer_for(session, ways, "bob") is None
    with pytest.raises(NotSendable, match="connect yours"):
        asked(session, ways, drafted)
    let(session, gcn, bob)
    send(session, ways, asked(session, ways, drafted))
    assert gcn.signers == ["b-1"]


def test_what_the_person_has_read_of_who_signs_must_still_be_so(session, gcn, ways, bob, drafted):
    let(session, gcn, bob)
    with pytest.raises(NotSendable, match=r"bob@observatory\.example would sign"):
        asked(session, ways, drafted, signer="")
    session.rollback()
    assert asked(session, ways, drafted, signer="b-1", remarks="Another text.")


@pytest.mark.parametrize("what", ["disconnected", "another account"])
def test_no_other_account_signs_what_was_asked_for(  # noqa: PLR0917 - fixtures
    session, gcn, ways, bob, drafted, what: str
):
    let(session, gcn, bob)
    number = asked(session, ways, drafted)
    if what == "disconnected":
        disconnect(session, KEY, ways.login, bob.id)
    else:
        let(session, gcn, bob, Account("b-2", "bob@elsewhere.example"))
    send(session, ways, number)
    assert (gcn.stored, sent(session, number).state) == ([], DeliveryState.FAILED)
    assert "not connected any more" in sent(session, number).reason


def test_a_replaced_token_is_kept(session, gcn, ways, bob, drafted):
    let(session, gcn, bob)
    for remarks in ("One.", "Two.", "Three."):
        send(session, ways, asked(session, ways, drafted, remarks=remarks))
    assert gcn.signers == ["b-1"] * 3
    used = [form["refresh_token"][0] for form in gcn.login.asked]
    assert len(set(used)) == 3
    assert grant_of(session, bob.id).version == 4


def test_a_token_that_stays_good_is_kept_too(session, gcn, ways, bob, drafted):
    gcn.login.rotates = False
    let(session, gcn, bob)
    for remarks in ("One.", "Two."):
        send(session, ways, asked(session, ways, drafted, remarks=remarks))
    assert gcn.signers == ["b-1"] * 2


def test_a_grant_that_gcn_has_ended_is_said_and_nothing_is_sent(session, gcn, ways, bob, drafted):
    let(session, gcn, bob)
    number = asked(session, ways, drafted)
    gcn.login.end("b-1")
    send(session, ways, number)
    row = sent(session, number)
    assert (gcn.stored, row.state) == ([], DeliveryState.FAILED)
    assert "GCN has ended the connection" in row.reason
    assert "nothing was sent" in row.reason
    assert grant_of(session, bob.id).ended_at is not None
    assert signer_for(session, ways, "bob").subject == ""
    # It may be sent again, once the account is connected again.
    session.refresh(row.draft, ["sendings"])
    assert row.draft.state is CircularState.APPROVED
    let(session, gcn, bob)
    again = ask_to_send(
        session, ways, row.draft_id, way=API, sha256=row.sha256, by="bob", signer="b-1"
    )
    send(session, ways, again.id)
    assert gcn.signers == ["b-1"]


@pytest.mark.parametrize("faults", [[503], [429]])
def test_a_login_that_is_away_is_asked_again(  # noqa: PLR0917 - fixtures
    session, gcn, ways, bob, drafted, faults
):
    let(session, gcn, bob)
    number = asked(session, ways, drafted)
    gcn.login.faults = list(faults)
    send(session, ways, number)
    assert sent(session, number).state == DeliveryState.WAITING
    assert not grant_of(session, bob.id).is_taken
    send(session, ways, number)
    assert gcn.signers == ["b-1"]


def test_a_silent_login_holds_nothing_in_the_database(  # noqa: PLR0917 - fixtures
    session, engine, gcn, ways, bob, drafted, monkeypatch
):
    monkeypatch.setattr(exchange, "SILENCE", 1 * u.s)
    let(session, gcn, bob)
    number = asked(session, ways, drafted)
    gcn.login.wait = threading.Event()
    worker = threading.Thread(target=send_alone, args=(engine, ways, number))
    worker.start()
    wait_for(lambda: gcn.login.asked)
    # What a page does meanwhile waits for nothing.
    with session_factory(engine)() as page:
        page.execute(text("SET LOCAL lock_timeout = '100ms'"))
        page.execute(text("SELECT 1 FROM gcn_grant FOR UPDATE"))
        page.execute(text("SELECT 1 FROM circular_sending FOR UPDATE"))
        page.rollback()
    worker.join(20)
    gcn.login.wait.set()
    assert sent(session, number).state == DeliveryState.WAITING


def send_alone(engine, ways: CircularWays, number: int) -> None:
    with session_factory(engine)() as session:
        send(session, ways, number)


def wait_for(holds) -> None:
    over = threading.Event()
    for _ in range(1000):
        if holds():
            return
        over.wait(0.01)
    raise TimeoutError


def test_of_two_at_once_one_exchanges_the_token_and_the_other_waits(  # noqa: PLR0917 - fixtures
    session, engine, gcn, ways, bob, drafted
):
    let(session, gcn, bob)
    first = asked(session, ways, drafted, remarks="One.")
    second = asked(session, ways, drafted, remarks="Two.")
    gcn.login.wait = threading.Event()
    worker = threading.Thread(target=send_alone, args=(engine, ways, first))
    worker.start()
    wait_for(lambda: gcn.login.asked)
    send(session, ways, second)
    row = sent(session, second)
    assert (row.state, len(gcn.login.asked)) == (DeliveryState.WAITING, 1)
    assert "another circular" in row.reason
    with pytest.raises(NotGranted, match="just now"):
        disconnect(session, KEY, ways.login, bob.id)
    gcn.login.wait.set()
    worker.join(20)
    send(session, ways, second)
    assert gcn.signers == ["b-1", "b-1"], "no token was used twice, which would have ended it"


def test_who_connects_anew_meanwhile_keeps_the_new_grant(  # noqa: PLR0917 - fixtures
    session, engine, gcn, ways, bob, drafted
):
    let(session, gcn, bob)
    number = asked(session, ways, drafted)
    gcn.login.wait = threading.Event()
    worker = threading.Thread(target=send_alone, args=(engine, ways, number))
    worker.start()
    wait_for(lambda: gcn.login.asked)
    let(session, gcn, bob)
    kept = grant_of(session, bob.id).refresh_token
    gcn.login.wait.set()
    worker.join(20)
    assert grant_of(session, bob.id).refresh_token == kept
    assert gcn.signers == ["b-1"]


def test_a_process_that_ended_keeps_the_token_for_a_minute(session, gcn, ways, bob, drafted):
    row = let(session, gcn, bob)
    row.taken_until = now() + TAKEN_FOR
    session.commit()
    number = asked(session, ways, drafted)
    send(session, ways, number)
    assert sent(session, number).state == DeliveryState.WAITING
    with later(minutes=2):
        send(session, ways, number)
    assert gcn.signers == ["b-1"]


def test_the_database_alone_shows_no_token(  # noqa: PLR0917 - fixtures
    session, gcn, ways, settings, bob, drafted
):
    let(session, gcn, bob)
    token = next(iter(set(gcn.login.refresh_tokens) - {REFRESH}))
    stored = str(session.execute(text("SELECT * FROM gcn_grant")).all())
    assert token not in stored
    number = asked(session, ways, drafted)
    send(session, circular_ways_of(replace(settings, secret_key="another key")), number)
    assert sent(session, number).state == DeliveryState.FAILED
    assert gcn.login.asked == []


def test_what_is_disconnected_is_ended_at_gcn_too(session, gcn, ways, bob):
    let(session, gcn, bob)
    assert disconnect(session, KEY, ways.login, bob.id)
    assert set(gcn.login.refresh_tokens) == {REFRESH}
    assert grant_of(session, bob.id) is None
    assert disconnect(session, KEY, ways.login, bob.id), "there is nothing left"


def test_where_gcn_cannot_end_it_that_is_said(session, gcn, ways, bob):
    gcn.login.revokes = False
    let(session, gcn, bob)
    assert not disconnect(session, KEY, ways.login, bob.id)
    assert grant_of(session, bob.id) is None


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (Tokens("a", "r", None, "openid profile"), "submitters"),
        (Tokens("a", "", None, None), "nothing that lasts"),
    ],
)
def test_what_lets_nothing_be_sent_is_not_kept(session, bob, tokens, words: str):
    with pytest.raises(NotGranted, match=words):
        connect(session, KEY, bob.id, tokens, {"sub": "b-1"})
    assert grant_of(session, bob.id) is None


def test_no_token_is_shown(ways: CircularWays):
    assert KEY not in repr(ways)
    assert REFRESH not in repr(ways)
    assert "verifier" not in repr(Request.new())
