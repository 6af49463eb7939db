"""A corrected circular lends no name any more, whatever hangs on it, in every order of arrival."""

from __future__ import annotations

import itertools
import random

import pytest
from sqlalchemy import func, select

from tests.too_marshal import alerts
from tests.too_marshal.workflows import messages
from tests.too_marshal.workflows.events.test_associate import (
    event_of,
    every_order,
    forget,
    state,
    take,
)
from too_marshal.db.events import Event, EventLink, find_by_name
from too_marshal.db.notices import ReceivedNotice
from too_marshal.workflows.intake.ingest import Message, keep, process_notices

X, Y = ("fermi_gbm", "785800001"), ("fermi_gbm", "785850002")


@pytest.fixture
def circulars(cases) -> dict[str, bytes]:
    """The four circulars, by the letter of their case."""
    return {path.name[2]: path.read_bytes() for path in sorted(cases.glob("14*.json"))}


def names(session, key: tuple[str, str]) -> list[str]:
    query = select(Event).where(Event.stream == key[0], Event.key == key[1])
    event = session.scalars(query.execution_options(populate_existing=True)).one()
    return [name for name in event.aliases if name.startswith("GRB ")]


def owner(session, payload: bytes) -> tuple[str, str] | None:
    row = session.scalars(
        select(ReceivedNotice)
        .where(ReceivedNotice.sha256 == Message(payload, "file").sha256)
        .execution_options(populate_existing=True)
    ).one()
    return None if row.event is None else (row.event.stream, row.event.key)


def test_the_corrected_circular_frees_its_wrong_name(session, circulars):
    take(session, alerts.gbm(785800001), alerts.gbm(785850002), circulars["a"], circulars["d"])
    assert owner(session, circulars["d"]) == X, "as long as nobody knows better"
    take(session, circulars["b"])
    assert names(session, X) == ["GRB 261125A"]
    assert owner(session, circulars["d"]) is None, "it waits for the burst of its name"
    assert [e.key for e in find_by_name(session, "GRB 261125B")] == []
    take(session, circulars["c"])
    assert names(session, Y) == ["GRB 261125B"]
    assert owner(session, circulars["d"]) == Y
    assert owner(session, circulars["a"]) == owner(session, circulars["b"]) == X


def test_every_order_of_arrival_ends_alike(session, circulars):
    payloads = [alerts.gbm(785800001), alerts.gbm(785850002), *circulars.values()]
    orders = list(itertools.permutations(payloads))
    ends = []
    for order in random.Random(14).sample(orders, 60):
        take(session, *order)
        ends.append(state(session))
        assert names(session, X) == ["GRB 261125A"]
        assert names(session, Y) == ["GRB 261125B"]
        assert [owner(session, circulars[letter]) for letter in "abcd"] == [X, X, Y, Y]
        forget(session)
    assert all(end == ends[0] for end in ends)


def test_taken_together_they_end_as_one_by_one(session, circulars):
    payloads = [alerts.gbm(785800001), alerts.gbm(785850002), *circulars.values()]
    take(session, *payloads)
    wanted = state(session)
    for seed in range(10):
        forget(session)
        random.Random(seed).shuffle(payloads)
        batch = [Message(payload, "file") for payload in payloads]
        process_notices(session, [number for number, _ in keep(session, batch)])
        assert state(session) == wanted


def test_a_correction_of_the_trigger_number_moves_the_name(session):
    first = messages.circular(7, "GRB 261125A: detection", "(trigger 785800001 / 261125050)")
    second = messages.circular(
        7, "GRB 261125A: detection", "(trigger 785850002 / 261125700)", version=2
    )
    bursts = [alerts.gbm(785800001), alerts.gbm(785850002)]
    ends = every_order(session, [*bursts, first, second])
    assert all(end == ends[0] for end in ends)
    take(session, *bursts, first, second)
    assert (names(session, X), names(session, Y)) == ([], ["GRB 261125A"])
    assert owner(session, first) == owner(session, second) == Y


def test_a_link_by_a_name_that_was_wrong_is_undone(session):
    wrong = messages.circular(8, "GRB 260509A: detection", "(trigger 800000000 / 260509259)")
    right = messages.circular(
        8, "GRB 260509B: detection", "(trigger 800000000 / 260509259)", version=2
    )
    swifts = messages.circular(9, "GRB 260509A: Swift detection", "(trigger=1234567)")
    for order in itertools.permutations([alerts.gbm(), messages.swift(61), wrong, right, swifts]):
        take(session, *order)
        live = select(func.count(EventLink.id)).where(EventLink.undone_by.is_(None))
        assert session.scalar(live) == 0
        assert "GRB 260509B" in event_of(session, "fermi_gbm").aliases
        forget(session)


def test_a_repeat_follows_its_circular(session, circulars):
    take(session, alerts.gbm(785800001), alerts.gbm(785850002), circulars["a"], circulars["d"])
    spaced = circulars["d"].replace(b'":', b'" :')
    take(session, spaced)
    assert owner(session, spaced) == X
    take(session, circulars["b"], circulars["c"])
    assert owner(session, spaced) == Y
