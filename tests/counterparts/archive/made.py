"""Alerts that are made up, by a seed, and archives of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from counterparts.archive.storage.nights import span_of
from tests.strategies import angles

NIGHT = "2026-11-28"
NEXT = "2026-11-29"
RECEIVED = datetime(2026, 11, 29, 3, tzinfo=UTC)


def alerts(n: int, seed: int = 1, night: str = NIGHT, first: int = 0, **columns) -> pa.Table:
    """Rows by number, each always the same; columns that are given replace these."""
    numbers = np.arange(first, first + n)

    def uniform(column: int, low: float, high: float) -> np.ndarray:
        return np.random.default_rng([seed, column]).uniform(low, high, first + n)[first:]

    jd = span_of(night)[0] + uniform(0, 0.1, 0.9)
    rows = {
        "survey": ["ZTF"] * n,
        "object_id": [f"ZTF26{number % 50:07d}" for number in numbers],
        "candid": [str(1_000_000 + number) for number in numbers],
        "ra": uniform(1, 0, 360),
        "dec": np.degrees(np.arcsin(uniform(2, -1, 1))),
        "jd": jd,
        "filter": ["gri"[number % 3] for number in numbers],
        "magnitude": uniform(3, 15, 21).astype(np.float32),
        "is_positive": uniform(4, 0, 1) < 0.7,
        "real_bogus": uniform(5, 0, 1).astype(np.float32),
        "n_detections": uniform(6, 1, 30).astype(np.int32),
        "first_jd": jd - uniform(7, 0, 40),
        "received_at": [RECEIVED + timedelta(seconds=int(number)) for number in numbers],
    }
    return pa.table(rows | columns)


def candids(folder: Path, where: Where | None = None) -> list[str]:
    """Numbers of the alerts that the archive gives, in order, as often as it gives them."""
    answer = Archive(folder).query(where or Where(), columns=("candid",))
    assert answer.faults == ()
    return sorted(answer.table()["candid"].to_pylist())


def rows(folder: Path, where: Where | None = None) -> list[dict]:
    """All of what the archive gives, ordered by the numbers of the alerts."""
    answer = Archive(folder).query(where or Where())
    assert answer.faults == ()
    return sorted(answer.table().to_pylist(), key=lambda row: row["candid"])


@st.composite
def places(draw, most: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Positions, deg: poles, the meridian of zero and clumps around one of them are likely."""
    ra = np.array(draw(st.lists(angles(0, 359.999), min_size=1, max_size=most)))
    dec = np.array(draw(st.lists(angles(-90, 90), min_size=len(ra), max_size=len(ra))))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1e-4, 1e-2, 1.0]))
    near_ra = (ra[0] + random.normal(0, size, 10) / max(np.cos(np.radians(dec[0])), 1e-3)) % 360
    near_dec = np.clip(dec[0] + random.normal(0, size, 10), -90, 90)
    return np.concatenate([ra, near_ra]), np.concatenate([dec, near_dec])
