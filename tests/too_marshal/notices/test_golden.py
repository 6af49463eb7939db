"""Golden cases: whole records, compared member by member with what was read by eye."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from too_marshal.notices.formats.notice_json import notice_to_json

GOLDEN = {
    path: record
    for file in sorted((Path(__file__).parent / "golden").glob("*.json"))
    for path, record in json.loads(file.read_text()).items()
}


@pytest.mark.parametrize("path", sorted(GOLDEN))
def test_the_whole_record_is_as_expected(path, notice_of):
    assert notice_to_json(notice_of(path)) == GOLDEN[path]


def test_there_are_enough_of_them():
    assert len(GOLDEN) >= 60
    assert len({record["stream"] for record in GOLDEN.values()}) >= 25
