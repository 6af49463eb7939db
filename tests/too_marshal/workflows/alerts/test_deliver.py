"""People are told once, by a webhook that is down, slow, or gone."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from astropy import units as u
from sqlalchemy import select, text, update

from tests.too_marshal import alerts
from tests.too_marshal.factories import add_event, add_localization, add_notice
from tests.too_marshal.workflows.events.test_associate import take
from too_marshal import tasks
from too_marshal.db.base import now, session_factory
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Activity, Event
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment import channels as module
from too_marshal.deployment.channels import Channel, Channels, channels_of
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.processes.bindings import workflows
from too_marshal.workflows.alerts.deliver import PAUSES, announce, deliver, message
from too_marshal.workflows.alerts.notify import notify


class Hook:
    """A webhook on loopback: answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[int | str] = []
        """HTTP status of each answer in turn; "silent" never answers, "drip" never
        ends, "hang up" ends it."""
        self.received: list[dict[str, str]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.append(json.loads(body))
                answer = hook.answers.pop(0) if hook.answers else 200
                if answer == "silent":
                    hook.ended.wait(30)
                elif answer == "drip":
                    self.send_response(200)
                    while not hook.ended.wait(0.02):
                        self.wfile.write(b"X")
                elif isinstance(answer, int):
                    self.send_response(answer)
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.channel = Channel("oncall", f"http://127.0.0.1:{self._server.server_port}/services/T0")

        self.channels = Channels({"oncall": self.channel}, "https://too.example/")

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


@pytest.fixture
def announced(session, hook) -> dict[str, int]:
    """A message that waits: of the rule on gravitational waves, to the hook."""
    event = add_event(session, "S261122a")
    rule = session.scalars(
        select(PlanRule).where(PlanRule.name == "Tell: significant gravitational waves")
    ).one()
    asked = {"rule_id": rule.id, "event_id": event.id, "notice_id": add_notice(session, event).id}
    announce(session, hook.channels, what="initial", **asked)
    return asked


def waiting(session) -> list[tuple[int, object]]:
    rows = session.execute(
        text(
            "SELECT (args->>'delivery_id')::int, scheduled_at FROM procrastinate_jobs"
            " WHERE task_name = 'deliver' ORDER BY id"
        )
    )
    return [tuple(row) for row in rows]


def only(session) -> Delivery:
    return session.scalars(select(Delivery).execution_options(populate_existing=True)).one()


def test_a_message_is_sent_once(session, hook, announced):
    ((number, _),) = waiting(session)
    for _ in range(3):
        deliver(session, hook.channels, number)
    assert only(session).state == DeliveryState.SENT
    (received,) = hook.received
    assert received["text"].startswith("S261122a: initial, BNS 93%, false alarms 0.032 per year")
    assert received["text"].endswith(f"https://too.example/events/{announced['event_id']}")
    assert "People told by oncall" in session.scalars(select(Activity.text)).all()


def test_a_message_holds_the_address_of_the_picture(session):
    event = add_event(session)
    localization = add_localization(session, event)
    text = message(event, "initial", "all", "https://too.example/")
    assert text.endswith(
        f" https://too.example/events/{event.id}"
        f" map: https://too.example/localizations/{localization.id}/map.png"
    )
    assert "https" not in message(event, "initial", "all", "")


def test_two_rules_and_a_repeated_job_make_one_message(session, hook, announced):
    for rule in session.scalars(select(PlanRule)).all():
        announce(session, hook.channels, what="again", **announced | {"rule_id": rule.id})
    assert len(waiting(session)) == 1
    assert only(session).rule_name == "Tell: significant gravitational waves"


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_did_not_arrive_is_tried_again_later_and_later(session, hook, status):
    number = only(session).id
    hook.answers = [status, status, 200]
    for expected in (DeliveryState.WAITING, DeliveryState.WAITING, DeliveryState.SENT):
        deliver(session, hook.channels, number)
        assert only(session).state == expected
    assert len(hook.received) == 3
    _, first, second = waiting(session)
    for (_, at), pause in ((first, PAUSES[0]), (second, PAUSES[1])):
        assert abs((at - now()).total_seconds() - pause) < 20


@pytest.mark.usefixtures("announced")
def test_nobody_at_the_address_is_tried_again_and_given_up_in_the_end(session):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gone = Channel("oncall", f"http://127.0.0.1:{port}/")
    number = only(session).id
    for _ in range(len(PAUSES) + 3):
        deliver(session, Channels({"oncall": gone}), number)
    row = only(session)
    assert (row.state, row.attempts) == (DeliveryState.FAILED, len(PAUSES) + 1)
    assert "People could not be told by oncall: no connection" in session.scalars(
        select(Activity.text)
    )


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize("answer", ["silent", "drip", "hang up", 504])
def test_what_may_have_arrived_is_not_sent_again(session, hook, answer, monkeypatch):
    monkeypatch.setattr(module, "SILENCE", 0.3 * u.s)
    monkeypatch.setattr(module, "DEADLINE", 0.6 * u.s)
    hook.answers = [answer]
    for _ in range(3):
        deliver(session, hook.channels, only(session).id)
    assert only(session).state == DeliveryState.UNCONFIRMED
    assert len(hook.received) == 1


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(session, hook, status):
    hook.answers = [status]
    for _ in range(2):
        deliver(session, hook.channels, only(session).id)
    row = only(session)
    assert (row.state, row.reason) == (DeliveryState.FAILED, f"HTTP {status}")
    assert len(hook.received) == 1


@pytest.mark.usefixtures("announced")
def test_a_process_that_died_while_sending_leaves_it_unconfirmed(session, hook):
    session.execute(update(Delivery).values(state=DeliveryState.SENDING))
    session.commit()
    deliver(session, hook.channels, only(session).id)
    assert only(session).state == DeliveryState.UNCONFIRMED
    assert hook.received == []


@pytest.mark.usefixtures("announced")
def test_two_workers_at_once_send_one(session, engine, hook):
    number = only(session).id
    session.commit()

    def work() -> None:
        with session_factory(engine)() as own:
            deliver(own, hook.channels, number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(hook.received) == 1


def test_a_rule_names_its_channels(session, hook, announced):
    rule = session.get_one(PlanRule, announced["rule_id"])
    rule.channels = ["pager", "vanished"]
    notice = add_notice(session, session.get_one(Event, announced["event_id"]))
    pager = Channel("pager", hook.channel.url)
    both = Channels({"oncall": hook.channel, "pager": pager})
    announce(session, both, what="update", **announced | {"notice_id": notice.id})
    rows = session.scalars(select(Delivery).where(Delivery.notice_id == notice.id)).all()
    assert [row.channel for row in rows] == ["pager", "vanished"]
    for row in rows:
        deliver(session, both, row.id)
    assert [row.state for row in rows] == [DeliveryState.SENT, DeliveryState.FAILED]
    assert rows[1].reason == "no such channel is configured"


def test_a_notice_that_a_rule_tells_of_asks_for_it(session, hook):
    moment = now()
    (received,) = take(
        session,
        alerts.lvk(created=f"{moment:%Y-%m-%dT%H:%M:%SZ}", time=f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"),
    )
    notify(session, received.notice_id)
    ((arguments,),) = session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'announce'")
    )
    done_by = workflows(Settings(webhooks=f"oncall={hook.channel.url}", fetch_maps="no"))
    done_by[tasks.announce](session, **arguments)
    ((number, at),) = waiting(session)
    assert at is None or at <= now() + timedelta(seconds=1)
    done_by[tasks.deliver](session, delivery_id=number)
    assert hook.received[0]["text"].startswith("S261122a: initial notice")


def test_a_name_cannot_speak_to_the_channel():
    event = Event(name="<!channel> & <https://evil.example|look>", is_test=True, classification={})
    event.id, event.far, event.event_time = 1, None, None
    text = message(event, "initial notice", "a rule", "")
    assert text == (
        "&lt;!channel&gt; &amp; &lt;https://evil.example|look&gt;: initial notice, TEST"
        " (rule: a rule)"
    )


@pytest.mark.parametrize(
    "webhooks",
    [
        "https://hooks.example/T0",
        "a b=https://hooks.example/T0",
        "oncall=http://hooks.example/T0",
        "oncall=ftp://hooks.example/T0",
        "oncall=https://",
        "oncall=https://[::1",
        "oncall=https://hooks.example/T0 oncall=https://hooks.example/T1",
    ],
)
def test_a_channel_that_cannot_be_is_refused_and_its_address_stays_secret(webhooks):
    with pytest.raises(SettingInvalid, match="TOO_WEBHOOKS, item") as caught:
        channels_of(Settings(webhooks=webhooks))
    assert "hooks.example" not in str(caught.value)


def test_a_rehearsal_tells_nobody_outside():
    settings = Settings(webhooks="oncall=https://hooks.example/T0")
    assert list(channels_of(settings).by_name) == ["oncall"]
    assert "hooks.example" not in repr(settings) + repr(channels_of(settings))
    rehearsal = Settings(webhooks="oncall=https://hooks.example/T0", rehearsal=True)
    assert channels_of(rehearsal).by_name == {}
