"""A storm of notices: none lost, none doubled, and a live alert is seen at once.

Ten thousand are sent by `python -m benchmarks.storm`; here as many as a test may take.
"""

from __future__ import annotations

import os
import statistics

import pytest

from tests.too_marshal.fleet import Fleet, broker
from tests.too_marshal.storm import TOPICS, blow, check, delays, summary
from too_marshal.streams.kafka import Arrived, WaitingRoom

NOTICES = 600


@pytest.mark.parametrize("rate", [100.0, 0.0], ids=["steady", "as fast as possible"])
def test_a_storm_loses_nothing_and_holds_up_no_alert(engine, database_url, tmp_path, rate):
    with broker() as bootstrap:
        fleet = Fleet(
            {
                **os.environ,
                "TOO_DATABASE_URL": database_url,
                "TOO_DATA_DIR": str(tmp_path),
                "TOO_KAFKA_BOOTSTRAP": bootstrap,
                "TOO_KAFKA_TOPICS": ",".join(TOPICS),
            }
        )
        fleet.add("listener", "listen", "--refresh", "0.3")
        try:
            storm = blow(engine, fleet, bootstrap, NOTICES, rate=rate, kills=3, live=1)
        finally:
            fleet.stop()
    check(engine, storm, NOTICES)
    late = delays(engine, storm)
    print("\n" + summary(storm, late))
    # Kills cost a start of the listener, which a busy machine makes long.
    assert statistics.median(late) < 60


def test_every_topic_has_its_turn():
    room = WaitingRoom()
    for offset in range(1000):
        room.add(Arrived("storm", 0, offset, b"x"))
    room.add(Arrived("live", 0, 0, b"alert"))
    taken = room.take(50)
    assert [item.offset for item in taken if item.topic == "storm"] == list(range(49))
    assert [item.topic for item in taken].index("live") == 1
    assert len(room.take(2000)) == 951
    assert not room
    assert room.take(1) == []


def test_a_full_waiting_room_takes_no_more_in():
    room = WaitingRoom()
    room.add(Arrived("a", 0, 0, bytes(WaitingRoom.MAX_SIZE)))
    assert room.is_full
    room.take(1)
    assert not room.is_full
