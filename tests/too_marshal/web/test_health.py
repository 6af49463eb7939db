import shutil
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.too_marshal.factories import add_notice, add_person
from tests.too_marshal.web.event.test_page import page
from too_marshal import tasks
from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now, open_engine
from too_marshal.db.notices import Heartbeat, NoticeState
from too_marshal.db.observing.queues import submission_is_stopped
from too_marshal.deployment.settings import Settings
from too_marshal.web.health import level
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.live_database import mark_as_copy


def beat(session: Session, name: str, seconds: float) -> None:
    session.add(Heartbeat(name=name, beat_at=now() - timedelta(seconds=seconds)))
    session.commit()


def test_every_process_shows_when_it_last_lived(viewer: FlaskClient, session: Session):
    beat(session, "clock", 2)
    beat(session, "worker-1", 90)
    beat(session, "listener", 400)
    text = page(viewer, "/health")
    for color, name in (("green", "clock"), ("amber", "worker-1"), ("red", "listener")):
        assert f"tag-{color}" in text.split(f"</span> {name}</th>")[0][-60:]


def test_waiting_work_and_trouble_are_counted(viewer: FlaskClient, session: Session):
    for number in range(3):
        tasks.plan(plan_id=number).defer(session)
    session.commit()
    add_notice(session, state=NoticeState.QUARANTINED)
    add_notice(session, state=NoticeState.UNKNOWN)
    text = page(viewer, "/health")
    assert "<dt>Jobs waiting</dt><dd>3" in text
    assert "<dt>Quarantined</dt><dd>1" in text
    assert "<dt>Of unknown kind</dt><dd>1" in text


def test_the_kill_switch_turns_on_and_off_and_says_who(
    observer: FlaskClient, approver: FlaskClient, session: Session
):
    assert not submission_is_stopped(session)
    assert observer.post("/health/submission", data={"stopped": "yes"}).status_code == 303
    assert submission_is_stopped(session)
    text = page(observer, "/health")
    assert "All submission is stopped" in text
    assert "observer" in text
    assert observer.post("/health/submission", data={"stopped": "maybe"}).status_code == 422
    assert submission_is_stopped(session)
    assert observer.post("/health/submission", data={"stopped": "no"}).status_code == 403
    assert submission_is_stopped(session)
    assert "Allow submission again" not in text
    assert "Allow submission again" in page(approver, "/health")
    approver.post("/health/submission", data={"stopped": "no"})
    assert not submission_is_stopped(session)


@pytest.mark.parametrize(
    ("seconds", "level"), [(3, "green"), (61, "amber"), (240, "amber"), (301, "red")]
)
def test_every_page_shows_how_old_the_stream_is(
    settings: Settings, engine: Engine, session: Session, seconds: float, level: str
):
    beat(session, "stream", seconds)
    app = create_app(replace(settings, kafka_client_id="somebody"), engine)
    client = app.test_client()
    client.set_cookie("toom_session", open_session(session, add_person(session, "x", Role.VIEWER)))
    assert f'id="stream" class="tag tag-{level}"' in page(client, "/")


def test_without_a_stream_the_head_says_so(viewer: FlaskClient):
    assert "no stream configured" in page(viewer, "/")


def test_a_stream_that_was_never_heard_is_red(settings: Settings, engine: Engine, session: Session):
    app = create_app(replace(settings, kafka_bootstrap="127.0.0.1:1"), engine)
    client = app.test_client()
    client.set_cookie("toom_session", open_session(session, add_person(session, "x", Role.VIEWER)))
    assert "stream not heard yet" in page(client, "/")


def test_a_machine_is_told_that_pages_are_served(app: Flask, session: Session):
    beat(session, "worker-1", 2)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "parts": {"database": "green", "disk": "green", "worker-1": "green"},
    }


def test_a_dead_worker_degrades_and_does_not_fail_the_web_server(app: Flask, session: Session):
    beat(session, "worker-1", 1000)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "degraded"


def test_without_the_database_a_machine_and_a_person_are_told(settings: Settings):
    app = create_app(settings, open_engine("postgresql://127.0.0.1:9/none"))
    client = app.test_client()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "failing",
        "parts": {"database": "red", "disk": "green"},
    }
    client.set_cookie("toom_session", "x")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.get_data(as_text=True)


def test_a_full_disk_fails(app: Flask, monkeypatch: pytest.MonkeyPatch):
    usage = SimpleNamespace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["parts"]["disk"] == "red"


@pytest.mark.parametrize(
    ("seconds", "color"),
    [(-5, "green"), (60, "green"), (60.1, "amber"), (300, "amber"), (300.1, "red")],
)
def test_the_color_of_an_age_changes_at_one_and_five_minutes(seconds: float, color: str):
    assert level(seconds) == color


def test_work_without_a_living_worker_is_red(viewer: FlaskClient, session: Session):
    tasks.track("ZTF").defer(session, at=now() - timedelta(minutes=5))
    session.commit()
    assert viewer.get("/healthz").get_json()["parts"]["workers"] == "red"
    assert "Nobody does the work" in viewer.get("/health").text
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    session.commit()
    assert viewer.get("/healthz").get_json()["parts"]["workers"] == "amber"


def test_a_job_of_a_dead_worker_is_red(viewer: FlaskClient, session: Session):
    tasks.track("ZTF").defer(session)
    session.commit()
    session.execute(
        text(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '5 minutes')"
        )
    )
    fetch = "SELECT procrastinate_fetch_job_v2(NULL, max(id)) FROM procrastinate_workers"
    session.execute(text(fetch))
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    session.commit()
    assert "that nobody has taken up: 1" in viewer.get("/health").text


def test_a_copy_says_so_on_every_page_and_an_administrator_makes_it_live(
    admin: FlaskClient, observer: FlaskClient, session: Session
):
    assert 'id="copy"' not in page(admin, "/")
    mark_as_copy(session, "it was restored from the backup x.dump", by="marshal")
    for address in ("/", "/queues", "/health", "/rules"):
        assert "restored from the backup x.dump" in page(observer, address)
    health = observer.get("/healthz").get_json()
    assert health["status"] == "degraded"
    assert health["parts"]["copy"] == "red"
    assert "Make it the live one</button>" not in page(observer, "/health")
    assert "Make it the live one</button>" in page(admin, "/health")
    said = {"former_is_stopped": "yes"}
    assert observer.post("/health/live", data=said).status_code == 403
    assert admin.post("/health/live").status_code == 422
    assert 'id="copy"' in page(admin, "/")
    assert admin.post("/health/live", data=said).status_code == 303
    assert "This is the live service now." in page(admin, "/health")
    assert 'id="copy"' not in page(observer, "/")
    assert "copy" not in observer.get("/healthz").get_json()["parts"]
    admin.post("/health/live", data=said)
    assert "This was the live service already." in page(admin, "/health")
