"""Real notices for the tests of their parsers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from too_marshal.notices.notice import Notice
from too_marshal.notices.registry import parse


@pytest.fixture(scope="session")
def read(corpus: Path) -> Callable[[str], bytes]:
    """Bytes of a file of the corpus by its path there."""
    return lambda path: (corpus / path).read_bytes()


@pytest.fixture(scope="session")
def notice_of(read) -> Callable[[str], Notice]:
    """The parsed notice of a file of the corpus."""
    return lambda path: parse(read(path))


@pytest.fixture(scope="session")
def index(corpus: Path) -> list[dict[str, str]]:
    """Rows of the corpus' index, one a file."""
    with (corpus / "INDEX.tsv").open(newline="") as table:
        rows = {row["path"]: row for row in csv.DictReader(table, delimiter="\t")}
    return list(rows.values())
