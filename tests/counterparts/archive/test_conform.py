"""What is kept of a batch, and what is refused."""

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from counterparts.archive.columns import INDEX, schema
from counterparts.archive.conform import conform
from counterparts.archive.errors import BatchRefused
from planners.geometry.ranges import hpx29
from tests.counterparts.archive.made import alerts


def replaced(table: pa.Table, name: str, values: list) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def test_columns_that_are_missing_are_empty_and_the_index_is_added():
    table = conform(alerts(10))
    assert table.schema.equals(schema(), check_metadata=True)
    assert table["ss_distance"].null_count == 10
    expected = hpx29(SkyCoord(table["ra"], table["dec"], unit=u.deg))
    assert np.array_equal(table[INDEX].to_numpy(), expected)


def test_types_are_those_of_the_archive():
    table = replaced(alerts(2), "magnitude", [18.25, 19.5])
    assert conform(table)["magnitude"].type == pa.float32()


def test_an_empty_batch_is_kept_as_that():
    assert len(conform(alerts(0))) == 0


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("ra", [10.0, -1.0], "1000001 has no place"),
        ("ra", [10.0, float("nan")], "1000001 has no place"),
        ("dec", [90.5, 0.0], "1000000 has no place"),
        ("jd", [2461373.5, 61373.0], "1000001 has no place or time"),
        ("candid", ["1", None], "candid is empty in row 2"),
        ("magnitude", ["bright", "faint"], "magnitude cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, values, said):
    with pytest.raises(BatchRefused, match=said):
        conform(replaced(alerts(2), name, values))


def test_unknown_and_missing_columns_are_named():
    with pytest.raises(BatchRefused, match="no column color"):
        conform(alerts(1).append_column("color", pa.array([1])))
    with pytest.raises(BatchRefused, match="survey is missing"):
        conform(alerts(1).drop_columns(["survey"]))
