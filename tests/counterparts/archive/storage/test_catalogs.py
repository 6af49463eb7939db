"""What is written is a HATS catalog: by the layout's own reader, and by what the layout says."""

import warnings

import numpy as np
import pyarrow.parquet as pq
import pytest

from counterparts.archive.columns import INDEX
from counterparts.archive.storage.close import close
from counterparts.archive.storage.compact import compact
from counterparts.archive.storage.incoming import append
from counterparts.archive.storage.manifest import read_entry
from counterparts.archive.storage.partitions import FINEST, Cell, Histogram
from counterparts.archive.storage.rows import opened
from planners.geometry.ranges import HIGHEST_ORDER
from tests.counterparts.archive.made import NEXT, NIGHT, alerts


@pytest.fixture
def catalog(tmp_path):
    """A month of two nights, in files of few rows."""
    append(tmp_path, "one", alerts(400))
    append(tmp_path, "two", alerts(300, night=NEXT, first=400))
    close(tmp_path, NIGHT, max_rows=50)
    close(tmp_path, NEXT, max_rows=50)
    return tmp_path, compact(tmp_path, NIGHT[:7], max_rows=50)


def test_the_reader_of_the_layout_finds_it_valid(catalog):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import hats  # noqa: PLC0415 - slow, and only here
        from hats.io.validation import is_valid_catalog  # noqa: PLC0415
    folder, month = catalog
    assert is_valid_catalog(folder / month.folder, strict=True)
    read = hats.read_hats(folder / month.folder)
    assert read.catalog_info.total_rows == 700
    assert read.catalog_info.healpix_column == INDEX
    assert len(read.get_healpix_pixels()) == len(month.parts)


def test_each_file_lies_in_its_cell_and_is_sorted(catalog):
    folder, month = catalog
    for part in month.parts:
        order, _, pixel = (piece.split("=")[1] for piece in part.path.split("/")[-3:])
        cell = Cell(int(order), int(pixel.removesuffix(".parquet")))
        index = pq.read_table(folder / part.path)[INDEX].to_numpy()
        assert (np.diff(index) >= 0).all()
        assert cell.lo <= index[0] == part.first_index
        assert part.last_index == index[-1] < cell.hi
        assert len(index) == part.rows <= 50


def test_all_parts_are_read_as_one_by_other_tools(catalog):
    folder, month = catalog
    place = folder / month.folder / "dataset"
    assert len(pq.read_table(place)) == 700
    assert pq.read_metadata(place / "_metadata").num_rows == 700
    assert (
        pq.read_schema(place / "_common_metadata").names
        == pq.read_schema(folder / month.parts[0].path).names
    )


def test_its_entry_stands_with_it(catalog):
    folder, month = catalog
    assert read_entry(folder / month.folder) == month
    assert month.nights == (NIGHT, NEXT)


def test_cells_are_the_largest_that_hold_few_enough():
    histogram = Histogram()
    shift = 2 * (HIGHEST_ORDER - FINEST)
    crowd = 5 << (2 * FINEST)
    histogram.add(np.repeat(np.arange(crowd, crowd + 3), 4) << shift)
    histogram.add(np.array([0, 1, 7 << (2 * HIGHEST_ORDER)]))
    cells = dict(histogram.cells(max_rows=5))
    assert sum(cells.values()) == 15
    assert cells[Cell(0, 0)] == 2
    assert cells[Cell(0, 7)] == 1
    assert [cell.order for cell in cells].count(FINEST) == 3


def test_a_cell_of_the_finest_order_stays_whole():
    histogram = Histogram()
    histogram.add(np.zeros(20, dtype=np.int64))
    assert histogram.cells(max_rows=5) == [(Cell(FINEST, 0), 20)]


def test_what_is_written_is_in_groups_that_say_what_is_in_them(catalog):
    folder, month = catalog

    class File:
        path = month.parts[0].path

    statistics = opened(folder, File()).metadata.row_group(0).column(22).statistics
    assert statistics.has_min_max
