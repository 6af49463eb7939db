"""A passkey logs its holder in, once for each time that it was asked; all else is refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from tests.too_marshal.authenticator import PRESENT, VERIFIED, Device, to_bytes, to_text
from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_person
from tests.too_marshal.workflows.accounts.conftest import BROWSER, PARTY, add
from too_marshal import failpoints
from too_marshal.db.accounts.passkeys import Passkey, Purpose
from too_marshal.db.accounts.people import LoginAttempt, Person, Role, WebSession
from too_marshal.db.base import session_factory
from too_marshal.workflows.accounts.login import (
    MAX_FAILURES_OF_ADDRESS,
    MAX_FAILURES_OF_NAME,
    note_failure,
    open_session,
)
from too_marshal.workflows.accounts.passkey_challenges import Asker
from too_marshal.workflows.accounts.passkey_login import (
    PasskeyFailed,
    ask_for_passkey,
    check_passkey,
)
from too_marshal.workflows.accounts.passkeys import passkeys_of, remove_passkeys
from too_marshal.workflows.accounts.people import set_role
from too_marshal.workflows.accounts.relying_party import RelyingParty

STRANGER = Asker(BROWSER, Purpose.LOG_IN)


@pytest.fixture
def passkey(session: Session, ann: Person, device: Device) -> Passkey:
    return add(session, ann, device)


def signed(session: Session, device: Device, asker: Asker = STRANGER) -> str:
    return device.sign(ask_for_passkey(session, asker, PARTY))


def tried(session: Session, said: str, asker: Asker = STRANGER) -> Person:
    return check_passkey(session, said, asker, PARTY, "::1")


def why_not(session: Session, said: str, asker: Asker = STRANGER) -> tuple[str, str]:
    with pytest.raises(PasskeyFailed) as failed:
        tried(session, said, asker)
    return failed.value.reason, failed.value.who


def test_it_logs_in_alone_and_its_use_is_noted(
    session: Session, ann: Person, device: Device, passkey: Passkey
):
    note_failure(session, "ann", "::1")
    assert tried(session, signed(session, device)) is ann
    session.commit()
    session.refresh(passkey)
    assert passkey.used_at is not None
    assert passkey.sign_count == 1
    assert session.scalars(select(LoginAttempt)).all() == []


@pytest.mark.usefixtures("passkey")
def test_before_a_login_nobody_is_told_who_has_passkeys(session: Session, ann: Person):
    said = json.loads(ask_for_passkey(session, STRANGER, PARTY))
    assert said["allowCredentials"] == []
    assert said["userVerification"] == "required"
    assert len(to_bytes(said["challenge"])) == 32
    own = Asker(BROWSER, Purpose.CONFIRM, ann.id)
    assert len(json.loads(ask_for_passkey(session, own, PARTY))["allowCredentials"]) == 1


@pytest.mark.usefixtures("passkey")
@pytest.mark.parametrize(
    "change",
    [
        lambda device: device.but(origin="https://evil.example"),
        lambda device: device.but(origin="http://localhost:81"),
        lambda device: device.but(rp_id="evil.example"),
        lambda device: device.but(flags=PRESENT),
        lambda device: device.but(flags=VERIFIED),
        lambda device: device.but(key=Device().key),
    ],
    ids=["origin", "port", "site", "not verified", "nobody there", "another key"],
)
def test_what_was_not_signed_as_asked_opens_nothing(
    session: Session, device: Device, change: Callable[[Device], Device]
):
    assert why_not(session, signed(session, change(device))) == ("not signed as asked", "ann")
    assert tried(session, signed(session, device)).username == "ann"


@pytest.mark.usefixtures("passkey")
def test_a_challenge_that_nobody_gave_opens_nothing(session: Session, device: Device):
    own = json.dumps({"challenge": to_text(bytes(32))})
    assert why_not(session, device.sign(own)) == ("no open challenge", "ann")


@pytest.mark.usefixtures("passkey")
def test_a_challenge_is_used_up_by_the_first_answer_true_or_not(session: Session, device: Device):
    options = ask_for_passkey(session, STRANGER, PARTY)
    right = device.sign(options)
    assert why_not(session, device.but(key=Device().key).sign(options))[0] == "not signed as asked"
    assert why_not(session, right)[0] == "no open challenge"
    again = signed(session, device)
    tried(session, again)
    session.commit()
    assert why_not(session, again)[0] == "no open challenge"


@pytest.mark.usefixtures("passkey")
def test_a_challenge_is_of_its_browser_purpose_person_and_five_minutes(
    session: Session, ann: Person, device: Device
):
    for asker in (
        Asker("another browser", Purpose.LOG_IN),
        Asker(BROWSER, Purpose.CONFIRM, ann.id),
    ):
        assert why_not(session, signed(session, device, asker))[0] == "no open challenge"
    said = signed(session, device)
    with later(minutes=5, seconds=1):
        assert why_not(session, said)[0] == "no open challenge"


@pytest.mark.usefixtures("passkey")
def test_another_persons_passkey_confirms_nothing(session: Session, device: Device):
    ben = add_person(session, "ben", Role.ADMIN)
    asker = Asker(BROWSER, Purpose.CONFIRM, ben.id)
    assert why_not(session, signed(session, device, asker), asker) == ("of somebody else", "ann")


def test_ones_own_confirms_and_need_not_say_whose_it_is(
    session: Session, ann: Person, device: Device, passkey: Passkey
):
    asker = Asker(BROWSER, Purpose.CONFIRM, ann.id)
    said = device.sign(ask_for_passkey(session, asker, PARTY), userHandle=None)
    assert tried(session, said, asker) is passkey.person


@pytest.mark.usefixtures("passkey")
@pytest.mark.parametrize("handle", [None, to_text(b"ann"), to_text(bytes(32))])
def test_a_login_wants_the_owner_that_the_device_knows(
    session: Session, device: Device, handle: str | None
):
    said = device.sign(ask_for_passkey(session, STRANGER, PARTY), userHandle=handle)
    assert why_not(session, said) == ("of somebody else", "ann")


def test_a_passkey_of_another_name_of_the_site_opens_nothing(
    session: Session, device: Device, passkey: Passkey
):
    passkey.rp_id = "too.example"
    session.commit()
    assert why_not(session, signed(session, device))[0] == "of somebody else"
    other = RelyingParty("too.example", "https://too.example")
    said = device.sign(ask_for_passkey(session, STRANGER, other))
    with pytest.raises(PasskeyFailed):
        check_passkey(session, said, STRANGER, other, "::1")


def test_a_count_that_goes_back_is_refused(session: Session, device: Device, passkey: Passkey):
    device.count = 5
    tried(session, signed(session, device))
    session.commit()
    for count in (2, 5):  # the signature counts one more
        reason, _ = why_not(session, signed(session, device.but(count=count)))
        assert reason == "its count went back"
    silent = device.but(count=0, counts=False)
    assert why_not(session, signed(session, silent)) == ("its count went back", "ann")
    session.refresh(passkey)
    assert passkey.sign_count == 6


def test_whoever_has_no_key_cannot_say_that_a_count_went_back(
    session: Session, device: Device, passkey: Passkey
):
    passkey.sign_count = 9
    session.commit()
    forged = device.but(key=Device().key)
    assert why_not(session, signed(session, forged))[0] == "not signed as asked"


def test_a_device_that_counts_nothing_is_taken(session: Session, ann: Person):
    device = Device(counts=False)
    add(session, ann, device)
    for _ in range(2):
        assert tried(session, signed(session, device)) is ann
        session.commit()


@pytest.mark.usefixtures("passkey")
def test_a_closed_account_stays_closed(session: Session, ann: Person, device: Device):
    said = signed(session, device)
    set_role(session, ann, Role.OBSERVER, is_active=False)
    assert why_not(session, said) == ("closed account", "ann")


def test_a_passkey_that_nobody_has_opens_nothing(session: Session):
    stranger = Device(handle=b"x")
    assert why_not(session, signed(session, stranger)) == ("unknown", "nobody that we know")


def test_what_is_no_answer_opens_nothing(session: Session):
    for said in ("", "{}", "null", '{"rawId": "AA", "response": {"clientDataJSON": "e30"}}'):
        assert why_not(session, said) == ("unreadable", "nobody that we know")


@pytest.mark.usefixtures("passkey")
def test_after_too_many_failures_it_waits_as_a_password_does(session: Session, device: Device):
    for _ in range(MAX_FAILURES_OF_NAME):
        why_not(session, signed(session, device.but(flags=PRESENT)))
    with pytest.raises(PasskeyFailed, match="quarter of an hour") as failed:
        tried(session, signed(session, device))
    assert failed.value.must_wait
    with later(minutes=16):
        assert tried(session, signed(session, device)).username == "ann"


def test_an_address_that_tries_many_passkeys_waits(
    session: Session, device: Device, passkey: Passkey
):
    for _ in range(MAX_FAILURES_OF_ADDRESS):
        why_not(session, signed(session, Device(handle=b"x")))
    with pytest.raises(PasskeyFailed, match="quarter of an hour"):
        tried(session, signed(session, device))
    said = signed(session, device)
    assert check_passkey(session, said, STRANGER, PARTY, "another") is passkey.person


@pytest.mark.usefixtures("passkey")
def test_of_two_requests_with_one_challenge_one_is_let_in(
    session: Session, engine: Engine, device: Device
):
    said = signed(session, device)
    at_once = threading.Barrier(2)

    def try_it(_: int) -> bool:
        with session_factory(engine)() as own:
            at_once.wait(20)
            try:
                tried(own, said)
            except PasskeyFailed as failed:
                assert failed.reason == "no open challenge"  # noqa: PT017
                return False
            own.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_it, range(2))) == [False, True]


@pytest.mark.usefixtures("passkey")
def test_of_two_signatures_with_one_count_one_is_let_in(
    session: Session, engine: Engine, device: Device
):
    """A copy signs at the same time as the device itself: each has a challenge of its own."""
    texts = [signed(session, device.but()), signed(session, device.but())]
    both_read = threading.Barrier(2)

    def try_it(said: str) -> str:
        with session_factory(engine)() as own:
            try:
                tried(own, said)
            except PasskeyFailed as failed:
                return failed.reason
            open_session(own, own.scalars(select(Person)).one())
            return ""

    def together(name: str) -> None:
        if name == "before_lock_passkey":
            both_read.wait(20)

    with failpoints.watched_by(together), ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(try_it, texts)) == ["", "its count went back"]


@pytest.mark.usefixtures("passkey")
def test_a_passkey_that_is_removed_meanwhile_leaves_no_session(
    session: Session, engine: Engine, ann: Person, device: Device
):
    """Whoever comes first: afterwards there is neither the passkey nor a login by it."""
    said = signed(session, device)
    with session_factory(engine)() as own:
        person = tried(own, said)  # the row is held from here on
        with ThreadPoolExecutor(1) as pool:
            removal = pool.submit(_remove, engine, ann.id)
            while not (removal.done() or _somebody_waits(session)):
                pass
            open_session(own, person)
            removal.result(20)
    assert passkeys_of(session, ann.id) == []
    assert session.scalar(select(func.count()).select_from(WebSession)) == 0
    assert why_not(session, signed(session, device))[0] == "unknown"


def _somebody_waits(session: Session) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(session.execute(query).scalar())


def _remove(engine: Engine, person_id: int) -> None:
    with session_factory(engine)() as session:
        remove_passkeys(session, session.get_one(Person, person_id))


@pytest.mark.usefixtures("passkey")
def test_no_signature_and_no_challenge_is_in_the_log(
    session: Session, device: Device, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", logger="too_marshal")
    said = signed(session, device)
    why_not(session, signed(session, device.but(flags=PRESENT)))
    tried(session, said)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "not signed as asked" in logged
    assert "Passkey taken" in logged
    for secret in (*json.loads(said)["response"].values(), to_text(device.credential_id)):
        assert secret not in logged
