"""The order of notices: total in each real chain, and the mission's own sequence."""

from __future__ import annotations

import itertools
import random
import re
from collections import defaultdict

import pytest

from tests.too_marshal.notices.expectations import raw
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse

DOCTORED = ("notices/tracet_tests/", "notices/repo_tests/", "notices/growth_tests/")
"""Folders whose packets were edited by their collectors, with the identity left as it was."""


@pytest.fixture(scope="module")
def chains(corpus):
    """(stream, key) to the notices of each event that has several, with their raw text."""
    chains_by_event = defaultdict(dict)
    for path in sorted((corpus / "notices").rglob("*.*")):
        name = path.relative_to(corpus).as_posix()
        if name.startswith((*DOCTORED, "notices/gcn_json_schema_examples/")):
            continue
        payload = path.read_bytes()
        try:
            notice = parse(payload)
        except (NoticeMalformed, NoticeUnknown):
            continue
        if notice.event_key is not None:
            identity = (notice.notice_id, notice.published, notice.type_name)
            entry = (notice, payload.decode(errors="replace"))
            chains_by_event[notice.stream, notice.event_key].setdefault(identity, entry)
    return {
        key: list(entries.values()) for key, entries in chains_by_event.items() if len(entries) > 1
    }


def in_order(chain):
    return sorted(chain, key=lambda entry: entry[0].order)


def test_no_two_notices_of_an_event_have_the_same_order(chains):
    assert len(chains) > 250
    for name, chain in chains.items():
        orders = [notice.order for notice, _ in chain]
        assert len(set(orders)) == len(orders), name


def event_status(arrivals):
    """What an event has come to after these arrivals, each applied as it came."""
    latest = located = None
    for notice in arrivals:
        if latest is None or notice.order > latest.order:
            latest = notice
        if notice.localization and (located is None or notice.order > located.order):
            located = notice
    return latest, located


def test_thirty_chains_end_alike_whatever_the_order_of_arrival(chains):
    """Every permutation of up to five notices; two hundred shuffles of longer chains."""
    longest = sorted(chains.items(), key=lambda item: (-len(item[1]), item[0]))
    streams = defaultdict(list)
    for (stream, _), chain in longest:
        streams[stream].append([notice for notice, _ in chain])
    picked = [chain for group in streams.values() for chain in group[:6]]
    assert len(picked) >= 30
    assert len(streams) >= 8
    shuffle = random.Random(4).sample
    for chain in picked:
        wanted = event_status(chain)
        if len(chain) <= 5:
            arrivals = itertools.permutations(chain)
        else:
            arrivals = (shuffle(chain, len(chain)) for _ in range(200))
        assert all(event_status(arrival) == wanted for arrival in arrivals)


def sequences(chains, stream, serial_of):
    """For each chain of the stream, `serial_of` of its notices in our order."""
    series = [
        [
            value
            for notice, text in in_order(chain)
            if (value := serial_of(notice, text)) is not None
        ]
        for (name, _), chain in chains.items()
        if name == stream
    ]
    return [serials for serials in series if len(serials) > 1]


def assert_rising(series, least):
    assert len(series) >= least
    for serials in series:
        assert serials == sorted(serials)


def test_lvk_packets_follow_their_serial_numbers(chains):
    real = {
        key: chain
        for key, chain in chains.items()
        if key[1].startswith("S") and all("<voe" in text for _, text in chain)
    }
    assert_rising(sequences(real, "lvk", lambda _, text: int(raw(text, "Pkt_Ser_Num"))), 90)


def test_lvk_json_and_packets_of_one_event_sort_together(corpus, notice_of):
    """The user guide's event in both encodings: each alert beside its twin, retraction last."""
    folder = corpus / "notices/lvk/userguide"
    names = [path for path in folder.iterdir() if "display" not in path.name]
    notices = sorted((notice_of(path.relative_to(corpus)) for path in names), key=lambda n: n.order)
    kinds = [notice.type_name for notice in notices]
    assert kinds == sorted(
        kinds, key=["EARLYWARNING", "PRELIMINARY", "INITIAL", "UPDATE", "RETRACTION"].index
    )
    assert kinds[-2:] == ["RETRACTION", "RETRACTION"]


def test_gbm_goes_from_alert_to_final_position(chains):
    rank = {"110": 0, "111": 1, "112": 2, "146": 3, "115": 4}
    assert_rising(sequences(chains, "fermi_gbm", lambda _, t: rank[raw(t, "Packet_Type")]), 60)


def test_gbm_flight_positions_follow_their_sequence_numbers(chains):
    def serial_of(_, text):
        return int(raw(text, "Sequence_Num")) if raw(text, "Packet_Type") == "111" else None

    assert_rising(sequences(chains, "fermi_gbm", serial_of), 25)


def test_gbm_ground_positions_follow_the_time_of_sending(chains):
    """Their sequence numbers begin again (57, then 1, 2), so only the time tells."""

    def serial_of(_, text):
        sent = re.search(r"<Date>([^<]+)", text)[1]
        return sent if raw(text, "Packet_Type") == "112" else None

    assert_rising(sequences(chains, "fermi_gbm", serial_of), 15)


def test_icecube_follows_its_revisions(chains):
    assert_rising(sequences(chains, "icecube", lambda _, text: int(raw(text, "Rev"))), 12)


def test_swift_goes_from_bat_to_uvot(chains):
    rank = {"97": 0, "61": 1, "67": 2, "81": 3}
    assert_rising(sequences(chains, "swift", lambda _, t: rank.get(raw(t, "Packet_Type"))), 15)


def test_the_best_position_of_swift_is_the_last(chains):
    checked = 0
    for (stream, _), chain in chains.items():
        placed = [n for n, _ in in_order(chain) if n.localization]
        circles = [notice.localization for notice in placed]
        focused = any(n.type_name in {"SWIFT_XRT_POSITION", "SWIFT_UVOT_POS"} for n in placed)
        if stream == "swift" and focused and len(circles) > 1:
            assert circles[-1].radius == min(circle.radius for circle in circles)
            checked += 1
    assert checked >= 10


def test_integral_follows_the_subsequence_in_its_ivorn(chains):
    def serial_of(notice, _):
        match = re.search(r"_Pos_\d+-(\d+)-\d+$", notice.notice_id)
        return int(match[1]) if match else None

    assert_rising(sequences(chains, "integral", serial_of), 10)


def test_svom_follows_its_notice_levels(chains):
    assert_rising(sequences(chains, "svom", lambda _, text: raw(text, "Notice_Level")[:2]), 10)


def test_a_retraction_of_svom_comes_last_though_sent_in_the_same_second(chains):
    last, _ = in_order(chains["svom", "sb26030408"])[-1]
    assert last.kind.value == "retraction"
