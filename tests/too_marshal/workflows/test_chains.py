"""Thirty real chains of notices, through the front door in every order: one event state each."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.too_marshal.notices.test_orders import DOCTORED
from tests.too_marshal.workflows.events.test_associate import forget, state
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse
from too_marshal.workflows.intake.ingest import Message, keep, process_notices

CHAINS = 30
OF_A_STREAM = 6
ALL_ORDERS = 5
"""Notices of a chain of which every order is tried; of a longer one as many are drawn."""


@pytest.fixture(scope="module")
def chains(corpus: Path) -> list[list[bytes]]:
    """Real notices of one event each, from as many missions as have any; the longest first."""
    chains: dict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
    for path in sorted((corpus / "notices").rglob("*.*")):
        name = path.relative_to(corpus).as_posix()
        if name.startswith((*DOCTORED, "notices/gcn_json_schema_examples/")):
            continue
        payload = path.read_bytes()
        try:
            notice = parse(payload)
        except (NoticeMalformed, NoticeUnknown):
            continue
        if notice.event_key is not None and len(payload) < 100_000:
            chains[notice.stream, notice.event_key].setdefault(notice.notice_id, payload)
    longest = sorted(chains.items(), key=lambda item: (-len(item[1]), item[0]))
    by_stream = defaultdict(list)
    for (stream, _), payloads in longest:
        if len(payloads) > 1:
            by_stream[stream].append(list(payloads.values()))
    turns = itertools.zip_longest(*(group[:OF_A_STREAM] for group in by_stream.values()))
    picked = [chain for turn in turns for chain in turn if chain is not None][:CHAINS]
    assert len(picked) == CHAINS
    assert len(by_stream) >= 8
    return picked


def orders(chain: list[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    """Every order of a chain again and again, or ever new ones of a long chain."""
    if len(chain) <= ALL_ORDERS:
        yield from itertools.cycle(list(order) for order in itertools.permutations(chain))
    while True:
        yield chance.sample(chain, len(chain))


def parts(order: list[bytes]) -> list[list[bytes]]:
    """Notices one by one; those of a long chain several at a time, as a busy listener has them."""
    size = -(-len(order) // ALL_ORDERS)
    return [order[start : start + size] for start in range(0, len(order), size)]


@pytest.mark.parametrize(("shortest", "longest", "rounds"), [(2, 4, 24), (5, 5, 120), (6, 99, 30)])
def test_thirty_real_chains_end_in_one_state_whatever_the_order(
    session, chains, shortest, longest, rounds
):
    """A round sends one order of each chain; the chains' first notices together, then the next."""
    picked = [chain for chain in chains if shortest <= len(chain) <= longest]
    sources = [orders(chain, random.Random(number)) for number, chain in enumerate(picked)]
    wanted = None
    tried: list[set[tuple[int, ...]]] = [set() for _ in picked]
    for _ in range(rounds):
        drawn = [next(source) for source in sources]
        for step in itertools.zip_longest(*(parts(order) for order in drawn), fillvalue=[]):
            batch = [Message(payload, "file") for payload in itertools.chain(*step)]
            process_notices(session, [number for number, _ in keep(session, batch)])
        outcome = state(session)
        wanted = wanted or outcome
        assert outcome == wanted
        for seen, order in zip(tried, drawn, strict=True):
            seen.add(tuple(hash(payload) for payload in order))
        forget(session)
    assert len(wanted[0]) >= len(picked), "an event for each"
    for chain, seen in zip(picked, tried, strict=True):
        if len(chain) <= ALL_ORDERS:
            assert len(seen) == math.factorial(len(chain)), "every order"
        else:
            assert len(seen) > 0.9 * rounds
    print(f"\n{len(picked)} chains, {sum(map(len, tried))} orders")
