"""Every file of the corpus says what its index says, or fails by name."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta

import pytest

from tests.too_marshal.notices import expectations as expected
from too_marshal.notices.notice import Circle, MapLink, NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import ParserFault, parse


def rows_with_notices(index):
    return [
        row
        for row in index
        if row["path"] not in expected.MALFORMED
        and not row["path"].startswith((*expected.UNKNOWN, expected.UNNUMBERED))
    ]


@pytest.fixture(scope="module")
def parsed(index, read):
    """(row, raw text, notice) of each file that holds a notice."""
    rows = []
    for row in rows_with_notices(index):
        payload = read(row["path"])
        rows.append((row, payload.decode(errors="replace"), parse(payload)))
    return rows


def check(parsed, differs):
    """Names of the files for which `differs` gives a sentence."""
    differences = [
        f"{row['path']}: {sentence}"
        for row, text, notice in parsed
        if (sentence := differs(row, text, notice))
    ]
    assert not differences, "\n".join(differences)


def unlike(actual, wanted):
    return "" if actual == wanted else f"{actual!r}, expected {wanted!r}"


def test_the_corpus_is_large_and_each_stream_is_counted(parsed, capsys):
    counts = Counter((notice.stream, notice.kind.value) for _, _, notice in parsed)
    kinds = ("initial", "update", "retraction", "test", "information")
    lines = [f"{'stream':<24}" + "".join(f"{kind:>13}" for kind in kinds)]
    lines += [
        f"{stream:<24}" + "".join(f"{counts[stream, kind]:>13}" for kind in kinds)
        for stream in sorted({stream for stream, _ in counts})
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + f"\n{len(parsed)} notices\n")
    assert len(parsed) > 1400
    assert {stream for stream, _ in counts} >= set(expected.STREAMS)


def test_stream(parsed):
    check(parsed, lambda row, _, n: unlike(n.stream, expected.stream(row)))


def test_event_key(parsed):
    def differs(row, text, notice):
        time = notice.event_time
        second = None if time is None else f"{time:%Y-%m-%dT%H:%M:%S}"
        return unlike(notice.event_key, expected.key(row, text, second))

    check(parsed, differs)


def test_kind(parsed):
    check(parsed, lambda row, text, n: unlike(n.kind.value, expected.kind(row, text)))


def test_role(parsed):
    check(parsed, lambda row, text, n: unlike(n.role, expected.role(row, text)))


def test_time(parsed):
    def differs(row, text, notice):
        wanted = expected.time(row, text)
        if wanted is None:
            stated = row["event_time"]
            repaired = "time repaired" in notice.flags
            return "" if repaired or not stated else f"{stated!r} is not flagged as repaired"
        near = notice.event_time is not None and abs(notice.event_time - wanted) < timedelta(
            milliseconds=1
        )
        return "" if near else f"{notice.event_time}, expected {wanted}"

    check(parsed, differs)


def place(notice):
    """(RA, Dec) of any localization that has one, and its radius."""
    where = notice.localization
    if isinstance(where, MapLink):
        where = where.fallback
    if isinstance(where, Circle):
        return (where.ra, where.dec), where.radius
    if where is not None and hasattr(where, "ra"):
        return (where.ra, where.dec), None
    return notice.position, None


def test_position(parsed):
    def differs(row, text, notice):
        wanted = expected.position(row, text)
        if wanted is not None and "rectangular_error_corners" in text:
            wanted = None
        position, _ = place(notice)
        if wanted is None or position is None:
            return unlike(position, wanted)
        return unlike(position, pytest.approx((wanted[0] % 360, wanted[1]), abs=1e-9))

    check(parsed, differs)


def test_radius(parsed):
    def differs(row, text, notice):
        wanted = expected.radius(row)
        if wanted is None or expected.position(row, text) is None:
            return ""
        return unlike(place(notice)[1], pytest.approx(wanted))

    check(parsed, differs)


def test_the_ivorn_is_the_notice_id(parsed):
    check(parsed, lambda row, _, n: unlike(n.notice_id, row["ivorn"]) if row["ivorn"] else "")


@pytest.mark.parametrize("path", sorted(expected.MALFORMED))
def test_a_broken_file_is_refused_by_name_of_its_fault(path, read):
    with pytest.raises(NoticeMalformed, match=expected.MALFORMED[path]):
        parse(read(path))


def test_a_kind_that_nobody_reads_is_unknown(index, read):
    paths = [row["path"] for row in index if row["path"].startswith(expected.UNKNOWN)]
    assert len(paths) > 60
    for path in paths:
        with pytest.raises(NoticeUnknown):
            parse(read(path))


def test_no_file_of_the_corpus_lets_another_exception_out(corpus):
    """Sky maps, tables, texts and pictures included; nor is any parser surprised."""
    paths = [path for path in corpus.rglob("*") if path.is_file()]
    assert len(paths) > 1600
    for path in paths:
        try:
            parse(path.read_bytes())
        except ParserFault:
            raise
        except (NoticeMalformed, NoticeUnknown):
            pass
