"""The table of ways to the robots, and what the guide says of it."""

import json
from pathlib import Path

import pytest
from astropy import units as u
from pydantic import BaseModel

from telescopes import TELESCOPES
from telescopes.entries import entries
from telescopes.protocols.endpoint import credentials
from telescopes.queues import QUEUES, endpoint_model, open_queue


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


def described(name: str, model: type[BaseModel]) -> str:
    """What the guide says of one key of a model."""
    field, entry = model.model_fields[name], entries(model)[name]
    key = f"`{name}_file` or `{name}_env`" if name in credentials(model) else f"`{name}`"
    default = "needed" if field.is_required() else json.dumps(field.default)
    more = "; ".join(filter(None, (entry.detail, entry.unit_label)))
    meaning = f"{entry.label} ({more})" if more else entry.label
    return f"| {key} | {'' if default == 'null' else default} | {meaning} |".replace("|  |", "| |")


def guide_of_ways() -> str:
    """The guide's tables of what each way is told."""
    ways: dict[tuple[str, ...], list[str]] = {}
    for telescope, protocol in QUEUES:
        model = endpoint_model(telescope, protocol)
        rows = tuple(described(name, model) for name in model.model_fields)
        ways.setdefault((protocol, *rows), []).append(telescope)
    parts = []
    for (protocol, *rows), names in ways.items():
        who = "Any telescope" if len(names) == len(TELESCOPES) else ", ".join(names)
        head = ["| key | default | meaning |", "| --- | --- | --- |"]
        parts.append("\n".join([f"{who}: `{protocol}`", "", *head, *rows, ""]))
    return "\n".join(parts)


def test_the_guide_lists_what_each_way_is_told():
    guide = Path(__file__).parents[2] / "docs" / "telescopes.md"
    assert guide_of_ways() in guide.read_text()


@pytest.mark.parametrize(("telescope", "protocol"), QUEUES, ids="-".join)
def test_every_key_of_a_way_is_described(telescope, protocol):
    model = endpoint_model(telescope, protocol)
    assert list(entries(model)) == list(model.model_fields)
