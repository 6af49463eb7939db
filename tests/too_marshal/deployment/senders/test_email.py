"""E-mails: what arrives, and what is known of it."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.too_marshal.deployment.senders.mail import (
    ANOTHER_LOOPBACK,
    LOOPBACK,
    USER,
    mail_server,
)
from tests.too_marshal.deployment.senders.services import (
    BARE,
    MESSAGE,
    PASSWORD,
    PATIENT,
    SHORT,
    hasty,
)
from tests.too_marshal.fetching.server import make_certificate
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.email import EmailSender, email_address, email_sender
from too_marshal.deployment.senders.posting import Limits
from too_marshal.deployment.senders.smtp import Encryption
from too_marshal.deployment.senders.smtp import mail_server as server_of
from too_marshal.deployment.settings import SettingInvalid, Settings

FROM = "ToO-Wächter <marshal@obs.example>"
TO = "ada@example.org"
CREDENTIALS = f"{USER.replace('@', '%40')}:{PASSWORD}"


def sender_by(url: str, limits: Limits = PATIENT) -> EmailSender:
    sender = email_sender(Settings(smtp_url=url, mail_from=FROM))
    assert sender is not None
    return hasty(sender, limits)


def text_of(mail: EmailMessage) -> str:
    return mail.get_content().replace("\r\n", "\n")


@pytest.fixture
def mailbox_and_sender():
    with mail_server() as (mailbox, port):
        yield mailbox, sender_by(f"smtp://127.0.0.1:{port}")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("mail"), LOOPBACK, ANOTHER_LOOPBACK)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def test_a_mail_arrives_word_for_word(mailbox_and_sender):
    mailbox, sender = mailbox_and_sender
    assert sender.send(TO, MESSAGE) == Outcome(DeliveryState.SENT)
    (envelope,), (mail,) = mailbox.received, mailbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("marshal@obs.example", [TO])
    assert (mail["From"], mail["To"], mail["Subject"]) == (FROM, TO, MESSAGE.subject)
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mailbox.received[0].original_content.isascii()
    assert text_of(mail) == (
        "FAR 1 in 100 yr\narea 24 deg²\ndistance 150 ± 40 Mpc\n\n"
        "Event page: https://too.example/events/S231118d?a=1&b=2\n"
        "Acknowledge: https://too.example/acknowledge/t0k3n_x\n"
    )
    assert (mail["Importance"], mail["Auto-Submitted"]) == ("high", "auto-generated")
    assert mail["Date"].datetime.tzinfo is not None


def test_every_attempt_has_one_identity(mailbox_and_sender):
    mailbox, sender = mailbox_and_sender
    for message in (MESSAGE, replace(MESSAGE, subject="again"), replace(MESSAGE, key="other")):
        sender.send(TO, message)
    first, second, other = (mail["Message-ID"] for mail in mailbox.mails)
    assert first == second != other
    assert first.endswith("@obs.example>")


def test_an_ordinary_mail_has_no_importance_and_no_links(mailbox_and_sender):
    mailbox, sender = mailbox_and_sender
    sender.send(TO, BARE)
    (mail,) = mailbox.mails
    assert mail["Importance"] is None
    assert text_of(mail) == BARE.text + "\n"


@given(subject=st.text(max_size=120), text=st.text(max_size=1500) | st.text(".\n a", max_size=40))
@example(subject="S1", text=".\n..\n.\r\nend")
@example(
    subject="S231118d: 90 % in 507 deg², at 244 ± 69 Mpc; ZTF reaches 62 % ± 3 … until 09:40",
    text="",
)
def test_any_text_comes_back(shared_mailbox, subject, text):
    mailbox, sender = shared_mailbox
    mailbox.received.clear()
    message = replace(BARE, subject=subject, text=text)
    assert sender.send(TO, message) == Outcome(DeliveryState.SENT)
    (mail,) = mailbox.mails
    assert (
        mail["Subject"].split()
        == "".join(
            " " if sign < " " or sign in "\x7f\x85\u2028\u2029" else sign for sign in subject
        ).split()
    )
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert text_of(mail).removesuffix("\n") == expected.removesuffix("\n")


@pytest.fixture(scope="module")
def shared_mailbox():
    with mail_server() as (mailbox, port):
        yield mailbox, sender_by(f"smtp://127.0.0.1:{port}")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("451 come later", DeliveryState.WAITING),
        ("550 nobody here", DeliveryState.FAILED),
    ],
)
def test_what_the_server_says(mailbox_and_sender, command, answer, state):
    mailbox, sender = mailbox_and_sender
    mailbox.answers[command] = [answer]
    assert sender.send(TO, MESSAGE) == Outcome(state, f"SMTP {answer.replace(' ', ': ', 1)}")
    assert sender.send(TO, MESSAGE).state == DeliveryState.SENT


@pytest.mark.parametrize(
    ("command", "state"),
    [
        ("MAIL", DeliveryState.WAITING),
        ("RCPT", DeliveryState.WAITING),
        ("DATA", DeliveryState.UNCONFIRMED),
    ],
)
@pytest.mark.parametrize("answer", ["cut", "silent"])
def test_only_a_whole_mail_has_perhaps_arrived(mailbox_and_sender, command, answer, state):
    mailbox, sender = mailbox_and_sender
    mailbox.answers[command] = [answer]
    outcome = hasty(sender, SHORT).send(TO, MESSAGE)
    assert outcome.state == state
    assert len(mailbox.received) == (command == "DATA")


@contextmanager
def saying(*lines: str):
    """A server that says one line to each that it hears, whatever that is, then hangs up."""
    server = socket.create_server((LOOPBACK, 0))
    server.settimeout(10)

    def serve() -> None:
        peer, _ = server.accept()
        with peer:
            for line in lines:
                peer.sendall(line.encode() + b"\r\n")
                if not peer.recv(4096):
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with server:
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["421 too busy"], DeliveryState.WAITING),
        (["554 no service here"], DeliveryState.FAILED),
        (["220 here", "250 obs", "250 ok", "250 ok", "554 not now"], DeliveryState.FAILED),
        (["220 here", "250 obs", "250 ok", "250 ok"], DeliveryState.WAITING),
        (["HTTP/1.1 400 Bad Request"], DeliveryState.WAITING),
        (["220 here", "250 obs", "250 ok", "250 ok", "354 go on", "nonsense"],
         DeliveryState.UNCONFIRMED),
    ],
)  # fmt: skip
def test_a_server_that_is_odd(lines, state):
    with saying(*lines) as port:
        assert sender_by(f"smtp://127.0.0.1:{port}").send(TO, MESSAGE).state == state


def test_where_nobody_listens_it_can_be_tried_again():
    with socket.socket() as unused:
        unused.bind((LOOPBACK, 0))
        outcome = sender_by(f"smtp://127.0.0.1:{unused.getsockname()[1]}").send(TO, MESSAGE)
    assert outcome == Outcome(DeliveryState.WAITING, "no connection: ConnectionRefusedError")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("scheme", "host", "from_the_start"),
    [("smtp", ANOTHER_LOOPBACK, False), ("smtps", LOOPBACK, True)],
)
def test_credentials_go_by_tls_alone(certificate, scheme, host, from_the_start):
    with mail_server(certificate, host=host, from_the_start=from_the_start) as (mailbox, port):
        place = f"{host}:{port}"
        sent = sender_by(f"{scheme}://{CREDENTIALS}@{place}").send(TO, MESSAGE)
        assert sent == Outcome(DeliveryState.SENT)
        wrong = sender_by(f"{scheme}://{USER.replace('@', '%40')}:wr0ng-0ne@{place}")
        refused = wrong.send(TO, MESSAGE)
    assert refused.state == DeliveryState.FAILED
    assert refused.reason.startswith("SMTP 535")
    assert len(mailbox.received) == 1


@pytest.mark.parametrize(
    ("scheme", "host", "from_the_start"),
    [("smtp", ANOTHER_LOOPBACK, False), ("smtps", LOOPBACK, True)],
)
def test_a_certificate_that_nobody_signed_is_not_taken(certificate, scheme, host, from_the_start):
    with mail_server(certificate, host=host, from_the_start=from_the_start) as (mailbox, port):
        outcome = sender_by(f"{scheme}://{CREDENTIALS}@{host}:{port}").send(TO, MESSAGE)
    assert outcome == Outcome(DeliveryState.WAITING, "no connection: SSLCertVerificationError")
    assert mailbox.received == []


def test_nothing_is_sent_in_clear_beyond_this_machine():
    with mail_server(host=ANOTHER_LOOPBACK) as (mailbox, port):
        outcome = sender_by(f"smtp://{CREDENTIALS}@{ANOTHER_LOOPBACK}:{port}").send(TO, MESSAGE)
    assert outcome.state == DeliveryState.FAILED
    assert "TLS" in outcome.reason
    assert mailbox.received == []


def test_no_password_is_logged_or_told(caplog, certificate, trusted):  # noqa: ARG001
    caplog.set_level(logging.DEBUG)
    with mail_server(certificate, from_the_start=True) as (mailbox, port):
        sender = sender_by(f"smtps://{CREDENTIALS}@127.0.0.1:{port}", SHORT)
        mailbox.answers["DATA"] = ["cut", f"550 {PASSWORD} is not it", "451 no", "silent"]
        told = repr(sender) + "".join(repr(sender.send(TO, MESSAGE)) for _ in range(4))
    told += repr(sender.send(TO, MESSAGE))
    assert "[hidden] is not it" in told
    assert PASSWORD not in told
    assert not [record for record in caplog.records if record.name.startswith("too_marshal")]


@pytest.mark.parametrize(
    ("url", "encryption", "port"),
    [
        ("smtp://mail.example", Encryption.BY_STARTTLS, 587),
        ("smtp://u:p%40ss@mail.example:25", Encryption.BY_STARTTLS, 25),
        ("smtps://mail.example", Encryption.FROM_THE_START, 465),
        ("smtp://localhost:25", Encryption.NONE, 25),
        ("smtp://[::1]:25", Encryption.NONE, 25),
        ("smtps://localhost", Encryption.FROM_THE_START, 465),
        ("smtp://127.0.0.1.evil.example", Encryption.BY_STARTTLS, 587),
    ],
)
def test_how_a_server_is_spoken_to(url, encryption, port):
    server = server_of(url)
    assert (server.encryption, server.port) == (encryption, port)
    assert server.password in {"", "p@ss"}


@pytest.mark.parametrize(
    "url",
    ["mail.example", "https://mail.example", "smtp://", "smtp://:25", "smtp://h:port",
     "smtp://h:99999", "smtp://h/path", "smtp://[::1", "smtp://a..b"],
)  # fmt: skip
def test_an_address_of_no_mail_server_is_refused(url):
    with pytest.raises(SettingInvalid, match="TOO_SMTP_URL"):
        server_of(url)


@pytest.mark.parametrize("sender", ["nobody", "A <b>", "a@b.example, c@d.example", "<>"])
def test_an_address_of_no_sender_is_refused(sender):
    with pytest.raises(SettingInvalid, match="TOO_MAIL_FROM"):
        email_sender(Settings(smtp_url="smtp://localhost", mail_from=sender))


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@example.org\nBcc: x",
     "ada@example.org>", "ada@example.org,eve@example.org", "ädä@example.org",
     "a@" + "b." * 130 + "c"],
)  # fmt: skip
def test_what_is_no_address_is_refused_when_given_and_when_sent(mailbox_and_sender, address):
    mailbox, sender = mailbox_and_sender
    with pytest.raises(ValueError, match="e-mail address"):
        sender.check(address)
    assert sender.send(address, MESSAGE).state == DeliveryState.FAILED
    assert mailbox.received == []


def test_an_address_is_kept_without_blanks():
    assert email_address("  ada.l+too@sub.example.org ") == "ada.l+too@sub.example.org"
