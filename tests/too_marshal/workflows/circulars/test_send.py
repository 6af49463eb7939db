"""A circular goes out once, approved, and never one of a test."""

from __future__ import annotations

import email
import itertools
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from email import policy

import pytest
from astropy import units as u
from sqlalchemy import select, text

from tests.too_marshal.factories import add_event
from tests.too_marshal.workflows.circulars.gcn import GCN, Mailbox
from tests.too_marshal.workflows.circulars.gcn_login import CLIENT, DEPLOYMENT, REFRESH, SECRET
from too_marshal import failpoints, tasks
from too_marshal.db.base import session_factory
from too_marshal.db.circulars import BY_HAND, CircularSending, CircularState
from too_marshal.db.deliveries import DeliveryState
from too_marshal.db.events import Activity
from too_marshal.deployment.circulars import api as module
from too_marshal.deployment.circulars.api import CircularsAPI
from too_marshal.deployment.circulars.gcn_login import token_for
from too_marshal.deployment.circulars.mail import Email
from too_marshal.deployment.circulars.way import API, EMAIL
from too_marshal.deployment.circulars.ways import CircularWays, circular_ways_of, form_address
from too_marshal.deployment.oauth.client import Client
from too_marshal.deployment.oauth.provider import Provider
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.processes.bindings import workflows
from too_marshal.workflows.circulars.send import (
    PAUSES,
    NotSendable,
    ask_to_send,
    send,
    settle_by_person,
)
from too_marshal.workflows.live_database import mark_as_copy


@pytest.fixture
def gcn() -> Iterator[GCN]:
    gcn = GCN()
    yield gcn
    gcn.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def settings(gcn: GCN, mailbox: Mailbox) -> Settings:
    return Settings(
        circulars_smtp=mailbox.url,
        circulars_sender="ann@observatory.example",
        circulars_client_id=CLIENT,
        circulars_client_secret=SECRET,
        circulars_refresh_token=REFRESH,
        circulars_issuer=gcn.url,
        circulars_api_url=f"{gcn.url}/api/circulars",
        public_url="http://127.0.0.1:8000",
        secret_key="a key for tests",
    )


@pytest.fixture
def ways(settings: Settings) -> CircularWays:
    return circular_ways_of(settings)


def only(session) -> CircularSending:
    query = select(CircularSending).execution_options(populate_existing=True)
    return session.scalars(query).one()


def asked(session, ways, drafted, way: str = API):
    row = drafted(is_approved=True)
    sending = ask_to_send(session, ways, row.id, way=way, sha256=row.sha256, by="bob")
    return row, sending.id


def test_the_api_is_given_the_very_text_once(session, gcn, ways, drafted):
    row, number = asked(session, ways, drafted)
    for _ in range(3):
        send(session, ways, number)
    assert gcn.stored == [{"subject": row.subject, "body": row.body, "format": "text/plain"}]
    session.refresh(row)
    assert (row.state, row.sending.number) == (CircularState.SENT, 45001)
    assert gcn.signers == [DEPLOYMENT]
    texts = session.scalars(select(Activity.text).where(Activity.subject == "circular")).all()
    assert "Circular sent: GCN Circular 45001" in texts


def test_a_mail_has_the_subject_and_the_text(session, mailbox, ways, drafted):
    row, number = asked(session, ways, drafted, EMAIL)
    for _ in range(3):
        send(session, ways, number)
    (letter,) = mailbox.letters
    assert (letter.mail_from, letter.rcpt_tos) == (
        "ann@observatory.example", ["circulars@gcn.nasa.gov"],
    )  # fmt: skip
    message = email.message_from_bytes(letter.content, policy=policy.default)
    assert message["Subject"] == row.subject
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == row.body
    assert only(session).state == DeliveryState.SENT


def test_by_hand_it_is_unconfirmed_until_it_is_seen(session, gcn, mailbox, ways, drafted):
    row, number = asked(session, ways, drafted, BY_HAND)
    send(session, ways, number)
    assert (row.state, gcn.stored, mailbox.letters) == (CircularState.UNCONFIRMED, [], [])
    address = form_address("GRB 1: a & b", "5 + 5\nlines")
    assert address == (
        "https://gcn.nasa.gov/circulars/new?subject=GRB%201%3A%20a%20%26%20b"
        "&body=5%20%2B%205%0Alines"
    )


@pytest.mark.parametrize("way", [API, EMAIL, BY_HAND])
def test_nothing_is_sent_without_approval_or_twice(session, ways, drafted, way: str):
    row = drafted()
    with pytest.raises(NotSendable, match="not approved"):
        ask_to_send(session, ways, row.id, way=way, sha256=row.sha256, by="bob")
    row, _ = asked(session, ways, drafted, way)
    for again in (API, EMAIL, BY_HAND):
        with pytest.raises(NotSendable, match="already"):
            ask_to_send(session, ways, row.id, way=again, sha256=row.sha256, by="bob")
    twin = drafted(is_approved=True)
    assert twin.sha256 == row.sha256
    with pytest.raises(NotSendable, match="very same text"):
        ask_to_send(session, ways, twin.id, way=way, sha256=twin.sha256, by="bob")


def test_what_was_right_when_it_was_approved_and_is_so_no_more_is_not_sent(
    session, event, gcn, ways, drafted
):
    row = drafted(is_approved=True)
    event.aliases = ["GRB 261122A", "S261122ab"]
    session.commit()
    with pytest.raises(NotSendable, match="does not name the event, GRB 261122A"):
        ask_to_send(session, ways, row.id, way=API, sha256=row.sha256, by="bob")
    assert gcn.stored == []


def test_a_way_that_is_not_set_is_refused(session, drafted):
    row = drafted(is_approved=True)
    with pytest.raises(NotSendable, match="sends no circulars 'api'"):
        ask_to_send(session, CircularWays({}), row.id, way=API, sha256=row.sha256, by="bob")


DOORS = list(itertools.product([API, EMAIL, BY_HAND], ["test event", "rehearsal", "copy"]))


@pytest.mark.parametrize(("way", "reason"), DOORS)
def test_no_door_lets_out_a_circular_of_a_test(  # noqa: PLR0917 - the doors
    session, event, gcn, mailbox, settings, drafted, way: str, reason: str
):
    """Neither on asking, nor where it has become one while the circular waited."""
    ways = circular_ways_of(replace(settings, rehearsal=reason == "rehearsal"))
    assert ways.by_name.keys() == (set() if reason == "rehearsal" else {API, EMAIL})
    open_ways = circular_ways_of(settings)
    waiting = None
    if way != BY_HAND:
        waiting = asked(session, open_ways, drafted, way)[1]
    row = drafted(is_approved=way == BY_HAND, remarks="Another text.")
    if way != BY_HAND:
        row.approved_by, row.approved_sha256 = "bob", row.sha256
    if reason == "test event":
        event.is_test = True
    if reason == "copy":
        mark_as_copy(session, "of a test", by="ann")
    session.commit()
    with pytest.raises(NotSendable, match=reason):
        ask_to_send(session, ways, row.id, way=way, sha256=row.sha256, by="bob")
    if waiting is not None:
        send(session, ways, waiting)
        assert session.get_one(CircularSending, waiting).state == DeliveryState.FAILED
    assert (gcn.stored, mailbox.letters) == ([], [])


def test_every_way_is_among_the_doors(ways: CircularWays):
    assert {*ways.by_name, BY_HAND} == {way for way, _ in DOORS}


@pytest.mark.parametrize(
    ("faults", "login_faults", "state", "stored"),
    [
        ([503], [], DeliveryState.WAITING, 0),
        ([429], [], DeliveryState.WAITING, 0),
        ([], [503], DeliveryState.WAITING, 0),
        ([], [400], DeliveryState.FAILED, 0),
        ([400], [], DeliveryState.FAILED, 0),
        ([403], [], DeliveryState.FAILED, 0),
        ([302], [], DeliveryState.UNCONFIRMED, 0),
        ([500], [], DeliveryState.UNCONFIRMED, 0),
        ([504], [], DeliveryState.UNCONFIRMED, 0),
        (["cut"], [], DeliveryState.UNCONFIRMED, 1),
        (["silent"], [], DeliveryState.UNCONFIRMED, 1),
    ],
)
def test_what_may_have_arrived_is_not_sent_again(  # noqa: PLR0917 - what happens
    session, gcn, ways, drafted, monkeypatch, faults, login_faults, state, stored
):
    monkeypatch.setattr(module, "SILENCE", 0.5 * u.s)
    _, number = asked(session, ways, drafted)
    gcn.faults, gcn.login.faults = list(faults), list(login_faults)
    send(session, ways, number)
    assert only(session).state == state
    assert len(gcn.stored) == stored
    send(session, ways, number)
    expected = stored + (state == DeliveryState.WAITING)
    assert len(gcn.stored) == expected


def test_a_server_that_is_away_is_asked_again_and_then_given_up(session, gcn, ways, drafted):
    _, number = asked(session, ways, drafted)
    gcn.faults = [503] * (len(PAUSES) + 1)
    for _ in PAUSES:
        send(session, ways, number)
        assert only(session).state == DeliveryState.WAITING
    send(session, ways, number)
    assert only(session).state == DeliveryState.FAILED
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_circular'"
    assert session.execute(text(query)).scalar_one() == len(PAUSES) + 1


@pytest.mark.parametrize(
    ("data", "recipient", "state", "letters"),
    [
        ("451 later", "", DeliveryState.WAITING, 0),
        ("554 no", "", DeliveryState.FAILED, 0),
        ("hang up", "", DeliveryState.UNCONFIRMED, 1),
        ("250 OK", "550 nobody", DeliveryState.FAILED, 0),
        ("250 OK", "450 busy", DeliveryState.WAITING, 0),
    ],
)
def test_a_mail_server_is_understood(  # noqa: PLR0917 - what it does
    session, mailbox, ways, drafted, data, recipient, state, letters
):
    mailbox.data_answer, mailbox.recipient_answer = data, recipient
    _, number = asked(session, ways, drafted, EMAIL)
    send(session, ways, number)
    assert only(session).state == state
    assert len(mailbox.letters) == letters


def test_a_wrong_password_and_a_closed_port_send_nothing(mailbox):
    wrong = replace(
        Email(mailbox.url, "a@b.example", "c@d.example"), url=mailbox.url.replace("pass", "x")
    )
    assert wrong.send("s", "b").state == DeliveryState.FAILED
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    closed = replace(wrong, url=f"smtp://127.0.0.1:{port}")
    assert closed.send("s", "b").state == DeliveryState.WAITING
    api = CircularsAPI(f"http://127.0.0.1:{port}/x", lambda: "a token")
    assert api.send("s", "b").state == DeliveryState.WAITING
    login = Client(Provider(f"http://127.0.0.1:{port}"), "i", "s", "openid", "http://localhost/")
    assert token_for(login, "r").state == DeliveryState.WAITING


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["before_circular", "after_circular"])
def test_a_process_that_ends_meanwhile_leaves_it_unconfirmed(  # noqa: PLR0917 - fixtures
    session, engine, gcn, ways, drafted, monkeypatch, point: str
):
    _, number = asked(session, ways, drafted)

    def hit(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr(failpoints, "hit", hit)
    with session_factory(engine)() as other, pytest.raises(Killed):
        send(other, ways, number)
    monkeypatch.undo()
    stored = len(gcn.stored)
    assert stored == (point == "after_circular")
    for _ in range(2):
        send(session, ways, number)
    assert only(session).state == DeliveryState.UNCONFIRMED
    assert len(gcn.stored) == stored


def test_a_person_says_what_became_of_it(session, ways, drafted):
    row, _ = asked(session, ways, drafted, BY_HAND)
    settle_by_person(session, row.id, number=45123, by="carl")
    assert (row.state, row.sending.number) == (CircularState.SENT, 45123)
    with pytest.raises(NotSendable, match="nothing to settle"):
        settle_by_person(session, row.id, number=None, by="carl")
    other = drafted(is_approved=True, remarks="Another text.")
    ask_to_send(session, ways, other.id, way=BY_HAND, sha256=other.sha256, by="bob")
    with pytest.raises(NotSendable, match="another one of ours"):
        settle_by_person(session, other.id, number=45123, by="carl")
    settle_by_person(session, other.id, number=None, by="carl")
    assert other.state is CircularState.APPROVED  # it may be sent again
    ask_to_send(session, ways, other.id, way=BY_HAND, sha256=other.sha256, by="bob")


def test_one_that_was_stopped_while_it_waited_is_not_sent(session, gcn, ways, drafted):
    row, number = asked(session, ways, drafted)
    settle_by_person(session, row.id, number=None, by="carl")
    send(session, ways, number)
    assert gcn.stored == []


def test_the_worker_knows_how(session, gcn, settings, drafted):
    _, number = asked(session, circular_ways_of(settings), drafted)
    workflows(settings)[tasks.send_circular](session, sending_id=number)
    assert len(gcn.stored) == 1


def test_no_secret_is_in_any_log(  # noqa: PLR0917 - fixtures
    session, gcn, mailbox, ways, drafted, caplog
):
    caplog.set_level(logging.DEBUG)
    gcn.faults, mailbox.data_answer = [500], "554 no"
    for way in (API, EMAIL):
        row = drafted(is_approved=True, remarks=f"By {way}.")
        sending = ask_to_send(session, ways, row.id, way=way, sha256=row.sha256, by="bob")
        send(session, ways, sending.id)
    said = caplog.text + "".join(session.scalars(select(Activity.text))) + repr(ways)
    said += "".join(session.scalars(select(CircularSending.reason)))
    for secret in (SECRET, REFRESH, "pass word", "pass%20word", "token-0"):
        assert secret not in said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"circulars_smtp": "https://x"}, "TOO_CIRCULARS_SMTP"),
        ({"circulars_sender": "ann"}, "TOO_CIRCULARS_SENDER"),
        ({"circulars_api_url": "http://gcn.nasa.gov/api"}, "TOO_CIRCULARS_API_URL"),
        ({"circulars_issuer": "http://gcn.nasa.gov"}, "TOO_CIRCULARS_ISSUER"),
        ({"circulars_issuer": ""}, "TOO_CIRCULARS_ISSUER"),
        ({"public_url": ""}, "TOO_PUBLIC_URL"),
        ({"circulars_client_secret": ""}, "TOO_CIRCULARS_CLIENT_SECRET"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings, values, words: str):
    with pytest.raises(SettingInvalid, match=words):
        circular_ways_of(replace(settings, **values))


def test_none_is_set_at_first():
    assert circular_ways_of(Settings()).by_name == {}


def test_another_event_may_say_the_same(session, ways, drafted):
    """Only the very same subject and text are one circular."""
    add_event(session, "S261123c")
    row, _ = asked(session, ways, drafted, BY_HAND)
    other = drafted(is_approved=True, remarks="Another text.")
    ask_to_send(session, ways, other.id, way=BY_HAND, sha256=other.sha256, by="bob")
    assert row.sha256 != other.sha256
