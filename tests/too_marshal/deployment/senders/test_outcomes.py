"""What is known of a message's arrival, of every kind that is sent by HTTP."""

from __future__ import annotations

import logging
import socket

import pytest

from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.service import Answer
from tests.too_marshal.deployment.senders.services import (
    HOOK_SECRET,
    HTTP_KINDS,
    MESSAGE,
    SECRETS,
    SHORT,
    addresses,
)
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.posting import MAX_WORDS

kinds = pytest.mark.parametrize("kind", HTTP_KINDS)
PERSONAL = ("slack", "mattermost", "webhook")


@kinds
def test_what_was_taken_is_sent(services, kind):
    outcome = services.sender(kind).send(services.address(kind), MESSAGE)
    assert outcome == Outcome(DeliveryState.SENT)
    assert len(services.desk.heard) == 1


@kinds
@pytest.mark.parametrize(
    ("status", "state"),
    [
        (302, DeliveryState.FAILED),
        (400, DeliveryState.FAILED),
        (401, DeliveryState.FAILED),
        (404, DeliveryState.FAILED),
        (408, DeliveryState.WAITING),
        (410, DeliveryState.FAILED),
        (429, DeliveryState.WAITING),
        (500, DeliveryState.WAITING),
        (502, DeliveryState.WAITING),
        (503, DeliveryState.WAITING),
        (504, DeliveryState.UNCONFIRMED),
    ],
)
def test_what_the_answer_says(services, kind, status, state):
    elsewhere = {"Location": services.server.url + "/elsewhere"}
    services.desk.refusals.append(Answer(status, b"<p>no</p>", headers=elsewhere))
    outcome = services.sender(kind).send(services.address(kind), MESSAGE)
    if kind == "matrix" and state == DeliveryState.UNCONFIRMED:
        state = DeliveryState.WAITING
    assert outcome == Outcome(state, f"HTTP {status}")
    assert len(services.desk.heard) == 1


@kinds
def test_where_nobody_listens_it_can_be_tried_again(services, kind):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        names = ("twilio_url", "telegram_url", "matrix_url", "ntfy_url")
        sender = services.sender(kind, **dict.fromkeys(names, url))
        outcome = sender.send(addresses(url)[kind], MESSAGE)
    assert outcome == Outcome(DeliveryState.WAITING, "no connection: ConnectionRefusedError")


@kinds
@pytest.mark.parametrize("fault", [FaultKind.HANG, FaultKind.RESET, FaultKind.DRIP])
def test_what_was_not_answered_has_perhaps_arrived(services, kind, fault):
    services.server.faults.add(Fault(fault))
    outcome = services.sender(kind, SHORT).send(services.address(kind), MESSAGE)
    assert outcome.state == (
        DeliveryState.WAITING if kind == "matrix" else DeliveryState.UNCONFIRMED
    )
    assert outcome.reason.startswith("no answer: ")


@pytest.mark.parametrize("kind", ["sms", "voice", "telegram", "matrix", "ntfy"])
def test_a_page_of_a_proxy_is_no_receipt(services, kind):
    services.server.faults.add(Fault(FaultKind.HTML))
    outcome = services.sender(kind).send(services.address(kind), MESSAGE)
    assert outcome.reason == "the answer is not the service's"
    assert outcome.state != DeliveryState.SENT


@pytest.mark.parametrize(
    ("kind", "field"),
    [("sms", "message"), ("voice", "message"), ("telegram", "description"),
     ("matrix", "error"), ("ntfy", "error")],
)  # fmt: skip
def test_the_services_own_words_are_kept_without_secrets(services, kind, field):
    sender = services.sender(kind)
    words = {field: f"The number {SECRETS['twilio_token']} is not valid" + "." * 1000}
    services.desk.refusals.append(Answer.json(400, words))
    reason = sender.send(services.address(kind), MESSAGE).reason
    assert reason.startswith("HTTP 400: The number [hidden] is not valid.")
    assert len(reason) == MAX_WORDS


@pytest.mark.parametrize("kind", PERSONAL)
def test_what_a_persons_server_says_is_not_shown(services, kind):
    services.desk.refusals.append(Answer.json(403, {"error": "inner secret"}))
    outcome = services.sender(kind).send(services.address(kind), MESSAGE)
    assert outcome == Outcome(DeliveryState.FAILED, "HTTP 403")


def test_matrix_takes_a_message_once_however_often_it_is_sent(services):
    sender, room = services.sender("matrix"), services.address("matrix")
    services.server.faults.add(Fault(FaultKind.ACCEPT_THEN_RESET))
    assert sender.send(room, MESSAGE).state == DeliveryState.WAITING
    assert sender.send(room, MESSAGE).state == DeliveryState.SENT
    first, second = services.desk.heard
    assert first.path == second.path


@kinds
def test_no_secret_is_logged_or_told(services, kind, caplog):
    caplog.set_level(logging.DEBUG)
    sender, address = services.sender(kind, SHORT), services.address(kind)
    faults = (FaultKind.RESET, FaultKind.HANG, FaultKind.HTML, FaultKind.TRUNCATED)
    told = repr(sender)
    for fault in (*(Fault(kind) for kind in faults), Fault(FaultKind.STATUS, status=403)):
        services.server.faults.add(fault)
        told += repr(sender.send(address, MESSAGE))
    services.server.shutdown()
    services.server.server_close()
    told += repr(sender.send(address, MESSAGE)) + caplog.text
    for secret in (*SECRETS.values(), HOOK_SECRET):
        assert secret not in told
