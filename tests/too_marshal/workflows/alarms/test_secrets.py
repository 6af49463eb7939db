"""No job that writes to people leaves a credential or an address in its arguments or in a log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from telescopes.simulators.faults import Fault, FaultKind
from tests.too_marshal.deployment.senders.mail import USER, Mailbox, mail_server
from tests.too_marshal.deployment.senders.services import (
    HOOK_SECRET,
    HTTP_KINDS,
    PASSWORD,
    SECRETS,
    Services,
    services,
)
from tests.too_marshal.factories import (
    add_event,
    add_localization,
    add_notice,
    add_person,
    add_plan,
    add_submission,
)
from tests.too_marshal.fetching.server import make_certificate
from too_marshal import tasks
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.alarms import Alarm, Contact, Notification, Shift
from too_marshal.db.base import now
from too_marshal.db.deliveries import Delivery, DeliveryState
from too_marshal.db.events import Activity, Event
from too_marshal.db.jobs import IO_BOUND
from too_marshal.db.notices import NoticeState
from too_marshal.db.observing.plans import PlanRule
from too_marshal.deployment.logs import JsonFormatter, TextFormatter
from too_marshal.deployment.settings import Settings
from too_marshal.processes import worker
from too_marshal.workflows.alarms.shifts import MAX_LENGTH
from too_marshal.workflows.alarms.subscriptions import Wanted, subscribe
from too_marshal.workflows.alarms.tell import send_test
from too_marshal.workflows.alarms.tokens import Acknowledging, read_token
from too_marshal.workflows.incident.notes import write_note

KEY = "k3y-c4n4ry-of-links"
CHANNEL_SECRET = "ch4nn3l-c4n4ry"
MAIL = "ann.c4n4ry@obs.example"
LOUD = ("too_marshal", "planners", "telescopes", "procrastinate")


@pytest.fixture
def running() -> Iterator[Services]:
    with services() as found:
        yield found


@pytest.fixture
def mail(tmp_path, monkeypatch) -> Iterator[tuple[Mailbox, int]]:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate, from_the_start=True) as (mailbox, port):
        yield mailbox, port


@pytest.fixture(autouse=True)
def one_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers here use the test's own connections, which are closed in the end."""
    monkeypatch.setattr(worker, "open_engine", lambda *_, **__: engine)


@pytest.fixture
def settings(running: Services, mail: tuple[Mailbox, int], tmp_path) -> Settings:
    user = USER.replace("@", "%40")
    return running.settings(
        data_dir=tmp_path,
        secret_key=KEY,
        public_url="https://too.example.org",
        smtp_url=f"smtps://{user}:{PASSWORD}@127.0.0.1:{mail[1]}",
        mail_from="marshal@obs.example",
        webhooks=f"night={running.server.url}/hooks/{CHANNEL_SECRET}",
    )


@pytest.fixture
def ann(session: Session, running: Services) -> Person:
    """On call, and reached by all there is."""
    person = add_person(session, "ann", Role.OBSERVER)
    session.add(Contact(person_id=person.id, kind="email", address=MAIL))
    for kind in HTTP_KINDS:
        session.add(Contact(person_id=person.id, kind=kind, address=running.address(kind)))
    start = now()
    session.add(
        Shift(starts_at=start, ends_at=start + MAX_LENGTH, primary_id=person.id, made_by="root")
    )
    session.commit()
    subscribe(session, Wanted("all", {}), person=person)
    return person


def ask_for_everything(session: Session, ann: Person) -> Event:
    """Every kind of job that ends in a message; one fails with a traceback."""
    event = add_event(session)
    add_localization(session, event)
    notice = add_notice(session, event)
    submission = add_submission(session, add_plan(session, event))
    unread = add_notice(session, state=NoticeState.QUARANTINED, error="not a notice")
    rule = session.scalars(select(PlanRule).order_by(PlanRule.id)).first()
    assert rule is not None
    rule.enabled = rule.notifies = rule.wakes = True
    rule.channels, rule.conditions = [], {}
    note = write_note(session, event.id, "@ann look", by="ben")
    asked = (
        tasks.notify(notice_id=notice.id),
        tasks.tell_channels(event_id=event.id),
        tasks.tell_mentioned(note_id=note.id),
        tasks.call_people(submission_id=submission.id, what="cannot be settled"),
        tasks.tell_unread(notice_id=unread.id),
        tasks.send_notification(notification_id=10**9),
    )
    for job in asked:
        job.defer(session)
    for contact in session.scalars(select(Contact).where(Contact.person_id == ann.id)).all():
        send_test(session, contact)
    session.commit()
    return event


def work(settings: Settings, url: str) -> None:
    """Do all that is due, as a worker does, and keep the jobs."""
    app = worker.task_app(url)
    worker.register(app, settings, url)

    async def run() -> None:
        async with app.open_async():
            await app.run_worker_async(
                queues=[IO_BOUND], wait=False, concurrency=1, delete_jobs="never",
                install_signal_handlers=False,
            )  # fmt: skip

    # In a thread: tests in a browser leave a loop behind in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(run())).result()


def stored(session: Session) -> str:
    """Arguments of all jobs, and all that pages show of what became of a message."""
    jobs = session.execute(text("SELECT task_name || args::text FROM procrastinate_jobs"))
    lines = [*jobs.scalars(), *session.scalars(select(Activity.text))]
    lines += session.scalars(select(Notification.reason))
    lines += session.scalars(select(Delivery.reason))
    return "\n".join(lines)


def links_of(running: Services) -> set[str]:
    """Tokens of the links that were sent."""
    messages = [request.json() for request in running.desk.heard if b'"key"' in request.body]
    links = [message["acknowledge"] for message in messages if message.get("acknowledge")]
    return {link.rpartition("/")[2] for link in links}


def test_jobs_and_logs_hold_no_credential_and_no_address(  # noqa: PLR0917 - fixtures
    session: Session, database_url: str, running: Services, mail: tuple[Mailbox, int],
    settings: Settings, ann: Person, caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    for name in LOUD:
        caplog.set_level(logging.DEBUG, logger=name)
    event = ask_for_everything(session, ann)
    for kind in (FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED):
        running.server.faults.add(Fault(kind))
    running.server.faults.add(Fault(FaultKind.STATUS, status=403))
    mail[0].answers["DATA"] = [f"550 {PASSWORD} is not it"]
    work(settings, database_url)
    running.server.shutdown()
    running.server.server_close()
    tasks.tell_listeners(event_id=add_event(session, "S2").id).defer(session)
    session.commit()
    work(settings, database_url)

    tokens = links_of(running)
    alarm = session.scalars(select(Alarm).where(Alarm.event_id == event.id)).one()
    assert {read_token(KEY, token) for token in tokens} == {Acknowledging(alarm.id, ann.id)}
    states = set(session.scalars(select(Notification.state)))
    assert states == set(DeliveryState) - {DeliveryState.SENDING}
    done = set(session.scalars(text("SELECT DISTINCT task_name FROM procrastinate_jobs")))
    assert done >= {
        "notify", "announce", "deliver", "call_people", "tell_unread", "tell_listeners",
        "tell_mentioned", "tell_channels", "open_alarm", "escalate", "send_notification",
    }  # fmt: skip
    formatters = TextFormatter(), JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records for formatter in formatters]
    assert any("NoResultFound" in line for line in lines), "a traceback was logged"
    addresses = session.scalars(select(Contact.address)).all()
    said = "\n".join([*lines, stored(session)])
    for secret in (*SECRETS.values(), HOOK_SECRET, PASSWORD, CHANNEL_SECRET, KEY, *tokens):
        assert secret not in said
    for address in addresses:
        assert address not in said
