"""Hostile addresses are refused by name before anything is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.deployment.addresses import is_global
from too_marshal.fetching.addresses import (
    FetchFailed,
    FetchRefused,
    Target,
    check_url,
    resolve,
)

HOSTS = ("gracedb.ligo.org", "gcn.gsfc.nasa.gov")

HOSTILE_URLS = {
    "http://gracedb.ligo.org/map.fits": "http is not https",
    "ftp://gracedb.ligo.org/map.fits": "ftp is not https",
    "file:///etc/passwd": "file is not https",
    "gopher://gracedb.ligo.org/": "gopher is not https",
    "javascript:alert(1)": "javascript is not https",
    "//gracedb.ligo.org/map.fits": "no scheme",
    "/etc/passwd": "no scheme",
    "": "no scheme",
    "https:///map.fits": "not on the list",
    "https://": "not on the list",
    "https://localhost/": "not on the list",
    "https://127.0.0.1/": "not on the list",
    "https://127.1/": "not on the list",
    "https://2130706433/": "not on the list",
    "https://0.0.0.0/": "not on the list",
    "https://[::1]/": "not on the list",
    "https://[::ffff:127.0.0.1]/": "not on the list",
    "https://169.254.169.254/latest/meta-data/": "not on the list",
    "https://evil.example/map.fits": "not on the list",
    "https://gracedb.ligo.org.evil.example/": "not on the list",
    "https://evilgracedb.ligo.org/": "not on the list",
    "https://gracedb.ligo.org./": "not on the list",
    "https://gracedb.ligo.org@evil.example/": "user name",
    "https://user:secret@gracedb.ligo.org/": "user name",
    "https://@gracedb.ligo.org/": "user name",
    "https://gracedb.ligo.org:22/": "port 22",
    "https://gracedb.ligo.org:8443/": "port 8443",
    "https://gracedb.ligo.org:99999/": "cannot be read",
    "https://gracedb.ligo.org:x/": "cannot be read",
    "https://[::1/": "cannot be read",
    "https://gracedb.ligo.org\\@evil.example/": "characters",
    "https://gracedb.ligo.org/a b": "characters",
    "https://gracedb.ligo.org/\r\nHost: evil.example": "characters",
    "https://gracedb.ligo.org/\x00": "characters",
    "https://gracedb.ligo.\u043erg/": "characters",
    "https://gracedb.ligo.org/" + "a" * 3000: "too long",
}


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_address_is_refused_by_name(url):
    with pytest.raises(FetchRefused, match=HOSTILE_URLS[url]):
        check_url(url, HOSTS)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://gracedb.ligo.org/api/superevents/S1/files/b.fits,1",
         Target("gracedb.ligo.org", 443, "/api/superevents/S1/files/b.fits,1")),
        ("https://GraceDB.LIGO.org:443?a=b", Target("gracedb.ligo.org", 443, "/?a=b")),
        ("https://gcn.gsfc.nasa.gov/x#part", Target("gcn.gsfc.nasa.gov", 443, "/x")),
    ],
)  # fmt: skip
def test_a_good_address_is_taken_apart(url, target):
    assert check_url(url, HOSTS) == target


@given(st.text(max_size=60))
def test_nothing_but_a_refusal_or_a_listed_host_comes_out(tail):
    for url in (tail, f"https://{tail}", f"https://gracedb.ligo.org{tail}"):
        try:
            target = check_url(url, HOSTS)
        except FetchRefused:
            continue
        assert target.host in HOSTS
        assert target.port == 443
        assert target.path.isascii()
        assert " " not in target.path


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%e",
     "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
     "64:ff9b::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "no address"],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address):
    target = Target("gracedb.ligo.org", 443, "/")
    assert not is_global(address)
    with pytest.raises(FetchRefused, match="not public"):
        resolve(target, lambda _host, _port: ["131.215.1.1", address], is_global)


@pytest.mark.parametrize("address", ["131.215.1.1", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8"])
def test_a_public_address_is_connected_to(address):
    target = Target("gracedb.ligo.org", 443, "/")
    assert resolve(target, lambda _host, _port: [address], is_global) == address


def test_an_unknown_name_may_be_known_later():
    def lookup(_host, _port):
        raise OSError(-3, "Temporary failure in name resolution")

    with pytest.raises(FetchFailed, match="Temporary failure"):
        resolve(Target("gracedb.ligo.org", 443, "/"), lookup, is_global)
    with pytest.raises(FetchFailed, match="no address"):
        resolve(Target("gracedb.ligo.org", 443, "/"), lambda _host, _port: [], is_global)
