import pytest
from astropy import units as u

from telescopes import TELESCOPES
from telescopes.queues import QUEUES, open_queue


def test_every_way_leads_to_a_telescope():
    assert {name for name, _ in QUEUES} <= set(TELESCOPES)


def test_opens_by_address_alone():
    queue = open_queue("ZTF", "http://127.0.0.1:9999")
    assert queue.scheduler.transport.url == "http://127.0.0.1:9999"
    assert queue.depot is None


def test_opens_the_depot_with_its_credentials():
    queue = open_queue(
        "ZTF",
        {
            "url": "http://127.0.0.1:9999",
            "depot_url": "https://ztfweb.ipac.caltech.edu/ztf/depot",
            "depot_username": "observer",
            "depot_password": "secret",
        },
    )
    assert queue.depot.headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in queue.scheduler.transport.headers


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [("PTF", "http://127.0.0.1"), ("ZTF", {"url": "http://127.0.0.1", "protocol": "pigeon"})],
)
def test_an_unknown_way(name, endpoint):
    with pytest.raises(LookupError, match="ZTF by scheduler"):
        open_queue(name, endpoint)


def test_every_telescope_has_a_way_of_its_own_before_that_of_any():
    for name in TELESCOPES:
        protocols = [protocol for known, protocol in QUEUES if known == name]
        assert protocols[-1] == "configured"
        assert len(protocols) >= 2


def test_opens_a_drop():
    queue = open_queue(
        "DECam",
        {
            "host": "observatory.example",
            "username": "too",
            "host_key": "ssh-ed25519 AAAA",
            "directory": "decam/too",
            "key_file": "/etc/too/id_ed25519",
            "dither": 60,
        },
    )
    assert queue.drop.port == 22
    assert queue.script.dither == 60 * u.arcsec


def test_opens_a_portal():
    queue = open_queue(
        "LCO-1m-lsc", {"url": "https://observe.lco.global", "token": "secret", "proposal": "KEY"}
    )
    assert queue.site == "lsc"
    assert queue.proposal == "KEY"
    assert "secret" not in repr(queue)
