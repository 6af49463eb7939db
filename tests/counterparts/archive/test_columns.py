"""The columns of the archive: what they are, and which versions of them can be read."""

import pyarrow as pa

from counterparts.archive.columns import (
    COLUMNS,
    INDEX,
    NAMES,
    SCHEMA_VERSION,
    names_of,
    schema,
    version_of,
)


def test_each_column_says_what_it_is_and_where_it_comes_from():
    for field in schema():
        assert field.metadata[b"description"]
        assert field.metadata[b"source"]
    assert schema().field("ra").metadata[b"unit"] == b"deg"
    assert schema().field(INDEX).type == pa.int64()


def test_names_are_there_once():
    assert len(set(NAMES)) == len(COLUMNS)


def test_the_version_is_in_the_metadata():
    assert version_of(schema()) == SCHEMA_VERSION


def test_what_says_no_version_or_lacks_columns_is_no_file_of_the_archive():
    assert version_of(schema().remove_metadata()) is None
    assert version_of(schema().with_metadata({b"alerts_archive_version": b"x"})) is None
    assert version_of(schema().remove(3)) is None


def test_of_a_later_version_the_columns_that_we_know_are_read():
    assert names_of(SCHEMA_VERSION + 1) == NAMES
    later = schema().append(pa.field("color", pa.float32()))
    assert version_of(later.with_metadata({b"alerts_archive_version": b"2"})) == 2
