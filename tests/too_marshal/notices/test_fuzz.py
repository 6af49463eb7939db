"""Laws of every parser: damaged real notices give a Notice or one of two errors, nothing else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from too_marshal.notices.formats.notice_json import notice_to_json
from too_marshal.notices.notice import Notice, NoticeMalformed, NoticeUnknown
from too_marshal.notices.registration import DOCUMENTS, PACKETS
from too_marshal.notices.registry import TOPICS, ParserFault, parse

GOLDEN = sorted(
    path
    for file in (Path(__file__).parent / "golden").glob("*.json")
    for path in json.loads(file.read_text())
)
SEEDS = [path for path in GOLDEN if "userguide" not in path and "kafka_json" not in path]
"""Small ones: a map of a megabyte makes mutations rare where they matter."""

fuzz = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survive(payload, topic=None):
    """Parse; whatever comes out must be a Notice that JSON can hold, or a typed error."""
    try:
        notice = parse(payload, topic)
    except ParserFault:
        raise
    except (NoticeMalformed, NoticeUnknown) as err:
        str(err).encode()
        return
    assert isinstance(notice, Notice)
    json.dumps(notice_to_json(notice), allow_nan=False).encode()
    assert hash(notice.order) is not None


@pytest.fixture(scope="session")
def seed_of(corpus):
    return cache(lambda path: (corpus / path).read_bytes())


@fuzz
@given(st.sampled_from(SEEDS), st.floats(0, 1))
def test_a_notice_cut_short(seed_of, path, fraction):
    payload = seed_of(path)
    survive(payload[: int(fraction * len(payload))])


@fuzz
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
)
def test_a_notice_with_bytes_overwritten(seed_of, path, changes):
    payload = bytearray(seed_of(path))
    for place, content in changes:
        start = int(place * len(payload))
        payload[start : start + len(content)] = content
    survive(bytes(payload))


TOKENS = st.sampled_from(
    [
        *("", " ", "-1", "0", "1e999", "nan", "NaN", "9" * 30, "99999999", "1/0", "true", "None"),
        *("2016-01--12T13:36:22.84", "9999-12-31T23:59:60", "é", "\U0001f600", "x" * 5000, "a b"),
        *("http://", "https://x y", "javascript:alert(1)", "../../etc/passwd", "S", "M", "GRB 1"),
    ]
)


@fuzz
@given(st.sampled_from([p for p in SEEDS if p.endswith(".xml")]), st.data())
def test_a_packet_with_values_replaced(seed_of, path, data):
    """Any attribute or text of the packet becomes something else."""
    text = seed_of(path).decode()
    for mark, end in (('value="', '"'), ("<ISOTime>", "<"), ("<C1>", "<"), ("<Date>", "<")):
        pieces = text.split(mark)
        if len(pieces) < 2:
            continue
        number = data.draw(st.integers(1, len(pieces) - 1))
        _, rest = pieces[number].split(end, 1)
        pieces[number] = data.draw(TOKENS) + end + rest
        text = mark.join(pieces)
    survive(text.encode())


def scalars():
    return st.none() | st.booleans() | st.integers() | st.floats() | TOKENS | st.text(max_size=20)


def values():
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    )


@fuzz
@given(st.sampled_from([p for p in SEEDS if p.endswith(".json")]), st.data())
def test_a_document_with_members_replaced(seed_of, path, data):
    """Any member, and any member of a member, becomes any JSON value."""
    document = json.loads(seed_of(path))
    for _ in range(data.draw(st.integers(1, 4))):
        inner = document
        names = sorted(inner)
        name = data.draw(st.sampled_from(names))
        if isinstance(inner[name], dict) and inner[name] and data.draw(st.booleans()):
            inner, name = inner[name], data.draw(st.sampled_from(sorted(inner[name])))
        inner[name] = data.draw(values())
    survive(json.dumps(document).encode())


REQUIRED = {
    "lvk": {"superevent_id", "alert_type", "time_created"},
    "circulars": {"circularId", "subject"},
    "icecube_lvk_search": {"ref_ID"},
    "any": {"$schema", "id", "trigger_time"},
}
"""Members that say which event, which kind of notice, and when; without them it may be refused."""


@settings(fuzz, max_examples=300)
@given(st.sampled_from([p for p in GOLDEN if p.endswith(".json")]), st.data())
def test_one_odd_optional_member_does_not_cost_the_notice(seed_of, path, data):
    """Any JSON value, NaN and halves of surrogate pairs included, at any depth."""
    payload = seed_of(path)
    document, before = json.loads(payload), parse(payload)
    required = REQUIRED["any"] | REQUIRED.get(before.stream, set())
    inner, name = document, data.draw(st.sampled_from(sorted(set(document) - required)))
    while isinstance(inner[name], dict) and inner[name] and data.draw(st.booleans()):
        inner, name = inner[name], data.draw(st.sampled_from(sorted(inner[name])))
    inner[name] = data.draw(values() | st.just("\x00") | st.just("\ud800") | st.just(10**400))
    notice = parse(json.dumps(document).encode())
    assert notice.stream == before.stream
    json.dumps(notice_to_json(notice), allow_nan=False).encode()


@fuzz
@given(
    st.sampled_from(sorted(DOCUMENTS)), st.dictionaries(st.text(max_size=10), values(), max_size=5)
)
def test_any_object_on_any_topic(topic, members):
    survive(json.dumps(members).encode(), topic)


@fuzz
@given(st.sampled_from(TOPICS), st.sampled_from(SEEDS))
def test_any_notice_on_any_topic(seed_of, topic, path):
    survive(seed_of(path), topic)


@fuzz
@given(st.binary(max_size=300), st.sampled_from([None, *TOPICS]))
def test_any_bytes_on_any_topic(payload, topic):
    survive(payload, topic)


@fuzz
@given(st.sampled_from(sorted(PACKETS)), st.sampled_from(["observation", "test"]))
def test_a_packet_of_every_type_with_nothing_in_it(packet_type, role):
    authority = PACKETS[packet_type].authorities[0]
    survive(
        f'<VOEvent ivorn="ivo://{authority}#x" role="{role}" version="2.0">'
        f'<What><Param name="Packet_Type" value="{packet_type}"/></What></VOEvent>'.encode()
    )


@pytest.mark.parametrize("topic", sorted(DOCUMENTS))
def test_an_empty_object_on_every_topic(topic):
    survive(b"{}", topic)
