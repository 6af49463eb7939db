"""The HTTP transport against a server that misbehaves."""

import contextlib
import socket
import struct
import threading
import time

import pytest
from astropy import units as u

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPTransport, basic_authorization
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.service import Answer, running


class Parrot:
    """Says what it was asked."""

    def __init__(self):
        self.heard = []

    def answer(self, request):
        self.heard.append(request)
        return Answer.json(200, {"path": request.path, "query": dict(request.query)})

    def truncated(self, request):
        return request

    def describe(self):
        return {}

    def set_clock(self, now, rate):
        raise ValueError(now, rate)


@pytest.fixture
def parrot():
    return Parrot()


@pytest.fixture
def server(parrot):
    with running(parrot) as server:
        yield server


def impatient(url, **settings):
    return HTTPTransport(url, **{"timeout": 0.3 * u.s, "deadline": 0.6 * u.s, **settings})


def test_asks_and_reads(server, parrot):
    transport = HTTPTransport(server.url + "/root/", {"Authorization": "Bearer secret"})
    answer = transport.exchange("PUT", "/queues", query={"a": "1 2"}, body='{"é": 1}')
    assert answer.status == 200
    assert answer.json() == {"path": "/root/queues", "query": {"a": "1 2"}}
    (request,) = parrot.heard
    assert request.body.decode() == '{"é": 1}'
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_where_nothing_listens_nothing_was_sent(method):
    with contextlib.closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(QueueUnreachable, match="no connection"):
            HTTPTransport(url).exchange(method, "/queues")


def test_half_a_message_is_none():
    def hang_up(listener):
        peer, _ = listener.accept()
        peer.recv(1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # More than any buffer between us takes in.
        with pytest.raises(QueueUnreachable, match="was lost"):
            HTTPTransport(url).exchange("PUT", "/queues", body="x" * 2**26)
        thread.join()


def test_a_name_that_is_not_known(monkeypatch):
    def fail(*_args, **_keywords):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(QueueUnreachable, match="Name or service not known"):
        HTTPTransport("http://robot.invalid").exchange("PUT", "/queues", body="{}")


def test_a_peer_that_does_not_speak_tls_was_told_nothing(server, parrot):
    with pytest.raises(QueueUnreachable):
        impatient(server.url.replace("http:", "https:")).exchange("PUT", "/queues", body="{}")
    assert parrot.heard == []


def test_a_checked_address_is_connected_to_and_no_other(server, parrot):
    port = server.url.rpartition(":")[2]
    # Nothing listens at the first; the server is told the name all the same, which nobody knows.
    transport = impatient(f"http://hook.invalid:{port}", addresses=("127.0.0.9", "127.0.0.1"))
    assert transport.exchange("POST", "/x", body="{}").status == 200
    assert parrot.heard[0].headers["host"] == f"hook.invalid:{port}"
    gone = impatient(f"http://127.0.0.1:{port}", addresses=("127.0.0.9",))
    with pytest.raises(QueueUnreachable):
        gone.exchange("POST", "/x", body="{}")
    assert len(parrot.heard) == 1


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.HANG,
        FaultKind.RESET,
        FaultKind.ACCEPT_THEN_RESET,
        FaultKind.TRUNCATED,
        FaultKind.DRIP,
        FaultKind.ENDLESS,
    ],
)
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", QueueUnreachable),
        ("PUT", QueueUnconfirmed),
        ("POST", QueueUnconfirmed),
        ("DELETE", QueueUnconfirmed),
    ],
)
def test_what_may_have_arrived_is_said_to_be_so(server, kind, method, expected):
    server.faults.add(Fault(kind))
    began = time.monotonic()
    with pytest.raises(expected):
        impatient(server.url, largest_answer=2**20).exchange(method, "/queues", body="{}")
    assert time.monotonic() - began < 30


def test_a_slow_answer_is_cut_at_the_deadline(server):
    server.faults.add(Fault(FaultKind.DRIP))
    with pytest.raises(QueueUnreachable, match=r"no complete answer after \d"):
        impatient(server.url, timeout=10 * u.s).exchange("GET", "/queues")


def test_the_longest_answer_is_read(server):
    server.faults.add(Fault(FaultKind.STATUS, status=200, body="x" * 1000))
    assert len(HTTPTransport(server.url, largest_answer=1000).exchange("GET", "/").body) == 1000
    server.faults.add(Fault(FaultKind.STATUS, status=200, body="x" * 1001))
    with pytest.raises(QueueUnreachable, match="more than 1000 bytes"):
        HTTPTransport(server.url, largest_answer=1000).exchange("GET", "/")


def test_no_redirect_is_followed(server, parrot):
    fault = Fault(FaultKind.STATUS, status=307, headers={"Location": server.url + "/elsewhere"})
    server.faults.add(fault)
    assert HTTPTransport(server.url).exchange("PUT", "/queues", body="{}").status == 307
    assert parrot.heard == []


def test_no_proxy_is_taken_from_the_environment(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert HTTPTransport(server.url).exchange("GET", "/queues").status == 200


def test_words_tell_when_to_come_back(server):
    fault = Fault(FaultKind.STATUS, status=429, body="slow down", headers={"Retry-After": "30"})
    server.faults.add(fault)
    answer = HTTPTransport(server.url).exchange("GET", "/queues")
    assert answer.message == "429 Too Many Requests (retry after 30): slow down"


def test_a_page_is_no_json(server):
    server.faults.add(Fault(FaultKind.HTML))
    with pytest.raises(QueueUnreachable, match="not JSON"):
        HTTPTransport(server.url).exchange("GET", "/queues").json()


@pytest.mark.parametrize(
    "url", ["", "palomar", "ftp://127.0.0.1", "http://", "http://user:secret@127.0.0.1"]
)
def test_an_address_that_cannot_be_meant(url):
    with pytest.raises(ValueError, match=r"address"):
        HTTPTransport(url)


def test_credentials_are_not_shown():
    transport = HTTPTransport("http://127.0.0.1", basic_authorization("observer", "secret"))
    assert transport.headers == {"Authorization": "Basic b2JzZXJ2ZXI6c2VjcmV0"}
    assert "b2Jz" not in repr(transport)
