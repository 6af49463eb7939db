"""A VOEvent broker on loopback, as the VOEvent Transport Protocol has it."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from tests.too_marshal import alerts
from tests.too_marshal.workflows.intake.test_listen import wait_for
from too_marshal.db.base import session_factory
from too_marshal.db.events import Event
from too_marshal.db.notices import Heartbeat, ReceivedNotice
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.workflows.intake import listen_voevent as module
from too_marshal.workflows.intake.listen_voevent import Store, broker_address, listen_voevent

ALIVE = b"""<?xml version='1.0' encoding='UTF-8'?><trn:Transport role="iamalive" version="1.0"
 xmlns:trn="http://telescope-networks.org/schema/Transport/v1.1"><Origin>ivo://a.broker/loopback</Origin>
<TimeStamp>2026-11-22T00:00:00Z</TimeStamp></trn:Transport>"""
NO_ORIGIN = ALIVE.replace(b"<Origin>ivo://a.broker/loopback</Origin>", b"")


class Broker:
    """Takes one client after another and sends it what the test says."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(300)
        self.client: socket.socket | None = None

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.getsockname()
        return host, port

    def accept(self) -> None:
        if self.client is not None:
            self.client.close()
        self.client, _ = self._server.accept()
        self.client.settimeout(300)

    def send(self, payload: bytes) -> None:
        assert self.client is not None
        self.client.sendall(struct.pack("!I", len(payload)) + payload)

    def send_raw(self, data: bytes) -> None:
        assert self.client is not None
        self.client.sendall(data)

    def answer(self) -> bytes:
        (length,) = struct.unpack("!I", self._receive(4))
        return self._receive(length)

    def _receive(self, number: int) -> bytes:
        assert self.client is not None
        received = b""
        while len(received) < number:
            part = self.client.recv(number - len(received))
            assert part, "the client has gone"
            received += part
        return received

    def close(self) -> None:
        self._server.close()
        if self.client is not None:
            self.client.close()


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.close()


@contextmanager
def listening(broker: Broker, engine) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(
        target=listen_voevent, args=(broker.address, session_factory(engine), stop)
    )
    thread.start()
    try:
        broker.accept()
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def counted(engine, column) -> Callable[[], int]:
    def count() -> int:
        with session_factory(engine)() as session:
            return session.scalar(select(func.count(column))) or 0

    return count


def test_packets_are_acknowledged_stored_and_understood(broker, engine):
    with listening(broker, engine):
        broker.send(ALIVE)
        assert b'role="iamalive"' in broker.answer()
        payload = alerts.gbm()
        broker.send(payload)
        answer = broker.answer()
        assert b'role="ack"' in answer
        assert module.IVORN.encode() in answer
        wait_for(lambda: counted(engine, Event.id)() == 1)
        broker.send(payload)  # brokers send again what they doubt
        assert b'role="ack"' in broker.answer()
        broker.send(alerts.gbm(800_000_001))
        wait_for(lambda: counted(engine, Event.id)() == 2)
    with session_factory(engine)() as session:
        rows = session.scalars(select(ReceivedNotice)).all()
        assert {row.channel for row in rows} == {"voevent"}
        assert len(rows) == 2
        assert session.get(Heartbeat, "stream-voevent") is not None


@pytest.mark.parametrize(
    "packet",
    [
        struct.pack("!I", len(NO_ORIGIN)) + NO_ORIGIN,
        struct.pack("!I", 8) + b"not XML!",
    ],
    ids=["no Origin", "no XML"],
)
def test_a_packet_that_breaks_the_client_ends_a_connection_and_no_more(broker, engine, packet):
    with listening(broker, engine):
        broker.send_raw(packet)
        broker.accept()
        broker.send(alerts.gbm())
        wait_for(lambda: counted(engine, Event.id)() == 1)


def test_a_packet_waits_for_the_database(engine, monkeypatch):
    real, failures = module.keep, []

    def failing(session, messages):
        if not failures:
            failures.append(1)
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return real(session, messages)

    monkeypatch.setattr(module, "keep", failing)
    Store(session_factory(engine), threading.Event())(alerts.gbm(), None)
    assert failures
    assert counted(engine, Event.id)() == 1


def test_the_command_bounds_its_memory_and_lives_on(broker, engine, database_url, tmp_path):
    """A length of 4 GiB: pygcn would take that much memory at once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "too_marshal.cli", "listen", "--source", "voevent"],
        env={
            **os.environ,
            "TOO_DATABASE_URL": database_url,
            "TOO_DATA_DIR": str(tmp_path),
            "TOO_VOEVENT_BROKER": "{}:{}".format(*broker.address),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        broker.accept()
        broker.send_raw(b"\xff\xff\xff\xff")
        broker.accept()
        broker.send(alerts.gbm())
        wait_for(lambda: counted(engine, Event.id)() == 1)
    finally:
        process.terminate()
        _, output = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "MemoryError" in output


@pytest.mark.parametrize("value", ["", "broker", "broker:", ":8099", "broker:0", "broker:99999"])
def test_an_address_that_is_none_is_named(value):
    with pytest.raises(SettingInvalid, match="TOO_VOEVENT_BROKER"):
        broker_address(Settings(voevent_broker=value))
