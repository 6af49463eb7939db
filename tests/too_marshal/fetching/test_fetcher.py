"""The fetcher against a server that does everything wrong, over real TLS on loopback."""

from __future__ import annotations

import ssl
import time

import pytest

from tests.too_marshal.fetching.server import reply
from too_marshal.deployment.addresses import is_global
from too_marshal.fetching.addresses import FetchFailed, FetchRefused
from too_marshal.fetching.fetcher import Limits


def drip(handler) -> None:
    """A header that never ends, one letter at a time: never silent, never done."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_body(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
    while True:
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.05)


def endless(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        handler.wfile.write(b"a" * 65536)


def silent(handler) -> None:
    time.sleep(3)
    reply(200, b"late")(handler)


def short(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nonly this")


def junk(handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")


def many_headers(handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n")


def hang_up(handler) -> None:
    del handler


MISBEHAVIOR = {
    "dripping header": (drip, FetchFailed, "over 2 s"),
    "dripping body": (drip_body, FetchFailed, "slower than|over 2 s"),
    "endless": (endless, FetchRefused, "longer than 100000"),
    "silent": (silent, FetchFailed, "silent"),
    "short": (short, FetchFailed, "too early|of 5000 bytes"),
    "not HTTP": (junk, FetchFailed, "BadStatusLine"),
    "headers without end": (many_headers, FetchFailed, "headers"),
    "hangs up": (hang_up, FetchFailed, "RemoteDisconnected|ended"),
    "says it is huge": (reply(200, Content_Length="9999999"), FetchRefused, "more than 100000"),
    "gzip": (reply(200, b"x", Content_Encoding="gzip"), FetchRefused, "encoded"),
    "404": (reply(404), FetchFailed, "404"),
    "403": (reply(403), FetchFailed, "403"),
    "500": (reply(500), FetchFailed, "500"),
    "503": (reply(503), FetchFailed, "503"),
    "400": (reply(400), FetchRefused, "400"),
    "204": (reply(204), FetchFailed, "204"),
    "to http": (reply(302, Location="http://maps.example/x"), FetchRefused, "http is not https"),
    "to a file": (reply(302, Location="file:///etc/passwd"), FetchRefused, "file is not https"),
    "to a host inside": (reply(302, Location="https://10.0.0.1/"), FetchRefused, "not on the list"),
    "to another port": (reply(301, Location="https://maps.example:25/"), FetchRefused, "port 25"),
    "to itself": (reply(307, Location="/page"), FetchRefused, "more than 3 redirects"),
    "to a user": (reply(308, Location="https://a@maps.example/"), FetchRefused, "user name"),
}


@pytest.mark.parametrize("name", MISBEHAVIOR)
def test_misbehavior_is_named_in_time(server, make_fetcher, name):
    page, error, message = MISBEHAVIOR[name]
    server.pages["/page"] = page
    began = time.monotonic()
    with pytest.raises(error, match=message):
        make_fetcher().fetch(server.url("/page"))
    assert time.monotonic() - began < 60


def test_a_good_file_comes_whole_through_redirects(server, make_fetcher):
    server.pages["/a"] = reply(302, Location=server.url("/b", "mirror.example"))
    server.pages["/b"] = reply(301, Location="/c?version=1")
    server.pages["/c"] = reply(200, b"a map")
    fetched = make_fetcher().fetch(server.url("/a"))
    assert fetched.content == b"a map"
    assert fetched.url == server.url("/c?version=1", "mirror.example")
    assert server.asked == ["/a", "/b", "/c?version=1"]


def test_a_chunked_answer_is_read(server, make_fetcher):
    def chunked(handler) -> None:
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na map\r\n0\r\n\r\n"
        )

    server.pages["/a"] = chunked
    assert make_fetcher().fetch(server.url("/a")).content == b"a map"


def test_an_inner_address_is_never_connected_to(server, make_fetcher):
    """The name is on the list, and leads here: the look-up decides, once, and asks nobody."""
    server.pages["/a"] = reply(200, b"secret")
    answers = iter([["131.215.1.1", "127.0.0.1"], ["127.0.0.1"]])
    fetcher = make_fetcher(lookup=lambda _host, _port: next(answers), allowed=is_global)
    for _ in range(2):
        with pytest.raises(FetchRefused, match="not public"):
            fetcher.fetch(server.url("/a"))
    assert server.asked == []


def test_a_name_that_changes_its_address_is_looked_up_for_each_step(server, make_fetcher):
    server.pages["/a"] = reply(302, Location="/b")
    server.pages["/b"] = reply(200, b"secret")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with pytest.raises(FetchRefused, match=r"10\.0\.0\.1, which is not public"):
        make_fetcher(lookup=lambda _host, _port: next(answers)).fetch(server.url("/a"))
    assert server.asked == ["/a"]


def test_a_server_that_cannot_prove_its_name_is_not_believed(server, make_fetcher):
    server.pages["/a"] = reply(200, b"a map")
    strangers = make_fetcher(context=ssl.create_default_context())
    with pytest.raises(FetchFailed, match="certificate"):
        strangers.fetch(server.url("/a"))
    assert server.asked == []


def test_the_deadline_covers_the_handshake(make_fetcher):
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        fetcher = make_fetcher(ports=(port,), limits=Limits(seconds=0.5, silence=30))
        began = time.monotonic()
        with pytest.raises(FetchFailed, match=r"over 0\.5 s"):
            fetcher.fetch(f"https://maps.example:{port}/a")
        assert time.monotonic() - began < 25
