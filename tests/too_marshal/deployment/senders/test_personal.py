"""Addresses that people give lead to no place that only we can reach."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telescopes.simulators.service import SimulatorServer
from tests.too_marshal.deployment.senders.services import MESSAGE, PATIENT, Desk
from tests.too_marshal.fetching.server import make_certificate
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import JsonFormatter, TextFormatter
from too_marshal.deployment.senders.personal import PersonalServers
from too_marshal.deployment.senders.registry import senders_of
from too_marshal.deployment.settings import Settings

PUBLIC = "131.215.1.1"

REFUSED = {
    "": "https",
    "hooks.example/x": "https",
    "http://hooks.example/x": "https",
    "http://localhost/x": "https",
    "http://127.0.0.1/x": "https",
    "ftp://hooks.example/x": "https",
    "file:///etc/passwd": "https",
    "https:///x": "no server",
    "https://user:word@hooks.example/x": "user name",
    "https://@hooks.example/x": "user name",
    "https://127.0.0.1/x": "private",
    "https://10.1.2.3/x": "private",
    "https://192.168.0.1:8443/x": "private",
    "https://169.254.169.254/latest/meta-data/": "private",
    "https://[::1]/x": "private",
    "https://[::ffff:127.0.0.1]/x": "private",
    "https://[fe80::1]/x": "private",
    "https://0.0.0.0/x": "private",
    "https://hooks.example:x/": "cannot be read",
    "https://hooks.example:99999/": "cannot be read",
    "https://[::1/": "cannot be read",
    "https://a..b/": "cannot be read",
    "https://" + "a" * 64 + ".example/": "cannot be read",
    "https://hooks.example/a b": "characters",
    "https://hooks.example/\r\nHost: evil.example": "characters",
    "https://hooks.exämple/": "characters",
    "https://hooks.example/" + "a" * 3000: "longer",
}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_may_not_be_asked_is_refused(url):
    servers = PersonalServers(lookup=lambda _host, _port: [PUBLIC])
    with pytest.raises(ValueError, match=REFUSED[url]):
        servers.check(url)
    outcome = servers.post(url, {})
    assert outcome.state == DeliveryState.FAILED
    assert REFUSED[url] in outcome.reason


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_address_or_refused(tail):
    servers = PersonalServers(lookup=lambda _host, _port: ["127.0.0.1"])
    for url in (tail, f"https://{tail}", f"https://hooks.example{tail}"):
        assert servers.post(url, {}).state == DeliveryState.FAILED


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fc00::1", "64:ff9b::7f00:1"],
)
def test_a_name_that_leads_within_is_refused_when_it_does(address):
    # A name that was public when it was given may lead elsewhere by now.
    servers = PersonalServers(lookup=lambda _host, _port: [PUBLIC, address])
    url = servers.check("https://hooks.example/x")
    outcome = servers.post(url, {})
    assert outcome == Outcome(DeliveryState.FAILED, "the address leads into a private network")


def test_numbers_in_disguise_lead_nowhere():
    # The system reads them as 127.0.0.1.
    for host in ("2130706433", "0x7f000001", "127.1", "localhost"):
        assert PersonalServers().post(f"https://{host}/x", {}).state == DeliveryState.FAILED


def test_a_name_that_is_not_known_may_be_known_later():
    def lookup(_host, _port):
        raise OSError(-3, "Temporary failure in name resolution")

    servers = PersonalServers(lookup=lookup)
    assert servers.post("https://hooks.example/x", {}).state == DeliveryState.WAITING
    servers = replace(servers, lookup=lambda _host, _port: [])
    assert servers.post("https://hooks.example/x", {}).state == DeliveryState.WAITING


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("hooks"))


@pytest.fixture
def https(certificate):
    desk = Desk()
    server = SimulatorServer(("127.0.0.1", 0), desk)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield desk, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def within(**options) -> PersonalServers:
    """Of a site whose names lead to this machine."""
    values = {"allows_private": True, "limits": PATIENT, "lookup": lambda _h, _p: ["127.0.0.1"]}
    return PersonalServers(**(values | options))


def test_a_message_goes_by_https_to_the_address_that_was_checked(https, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk, port = https
    outcome = within().post(f"https://maps.example:{port}/hooks/x?y=1#z", {"a": "é"})
    assert outcome == Outcome(DeliveryState.SENT)
    (request,) = desk.heard
    assert (request.path, request.query) == ("/hooks/x", {"y": "1"})
    assert request.headers["host"] == f"maps.example:{port}"
    assert json.loads(request.body) == {"a": "é"}


def test_a_server_must_prove_to_be_the_one_that_was_named(https, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk, port = https
    outcome = within().post(f"https://other.example:{port}/x", {})
    assert outcome == Outcome(DeliveryState.WAITING, "no connection: SSLCertVerificationError")
    assert desk.heard == []


def test_one_address_that_does_not_answer_is_passed_over(https, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk, port = https
    servers = within(lookup=lambda _h, _p: ["127.0.0.9", "127.0.0.1"])
    assert servers.post(f"https://maps.example:{port}/hooks", {}).state == DeliveryState.SENT
    assert len(desk.heard) == 1


def test_slack_is_slack_unless_the_site_has_servers_of_its_own():
    slack = senders_of(Settings())["slack"]
    url = "https://hooks.slack.com/services/T0/B0/XXXX"
    assert slack.check(f" {url} ") == url
    for other in ("https://hooks.slack.com.evil.example/x", "https://evil.example/hooks.slack.com"):
        with pytest.raises(ValueError, match=r"begin with https://hooks\.slack\.com/"):
            slack.check(other)
    own = senders_of(Settings(allow_private_addresses=True))["slack"]
    assert own.check("https://chat.obs.example/hooks/x")
    for kind in ("webhook", "mattermost"):
        assert senders_of(Settings())[kind].check("https://chat.obs.example/hooks/x")


def test_in_clear_only_to_this_machine_and_only_where_the_site_says_so():
    for url in ("http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]/x"):
        assert within().check(url) == url
        with pytest.raises(ValueError, match="https"):
            PersonalServers().check(url)
    for url in ("http://10.0.0.1/x", "http://chat.obs.example/x"):
        with pytest.raises(ValueError, match="https"):
            within().check(url)


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_address_is_hidden_in_logs_once_it_was_given_or_used(formatter):
    for number, use in enumerate((PersonalServers.check, lambda s, url: s.post(url, {}))):
        url = f"https://hooks.example/c4n4ry/{type(formatter).__name__}/{number}"
        use(PersonalServers(lookup=lambda _h, _p: ["127.0.0.1"]), url)
        record = logging.makeLogRecord({"msg": "lost: %s", "args": (url,), "where": url})
        assert "c4n4ry" not in formatter.format(record)


def test_a_message_to_a_webhook_that_is_refused_has_not_been_sent():
    outcome = senders_of(Settings())["webhook"].send("https://[::1]/x", MESSAGE)
    assert outcome == Outcome(DeliveryState.FAILED, "the address leads into a private network")
