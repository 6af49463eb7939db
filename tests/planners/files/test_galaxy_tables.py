"""Names of galaxies are read from whatever the table's format makes of them, and kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from planners.files.galaxy_tables import pack_galaxies, read_galaxy_bytes, unpack_galaxies

NUMBERS = {"ra": [1.0, 2.0, 3.0], "dec": [4.0, 5.0, 6.0], "distance": [40.0, np.nan, 50.0]}


def written(table: Table, form: str) -> bytes:
    if form == "fits":
        file = io.BytesIO()
        table.write(file, format="fits")
        return file.getvalue()
    text = io.StringIO()
    table.write(text, format=form)
    return text.getvalue().encode()


@pytest.mark.parametrize("form", ["fits", "ascii.csv", "ascii.ecsv"])
def test_a_name_stays_with_its_galaxy_in_every_format(form: str):
    names = MaskedColumn(["NGC 4993", "left out", "x"], mask=[False, False, True])
    data = written(Table({**NUMBERS, "ObjName": names}), form)
    galaxies = read_galaxy_bytes(data)
    assert galaxies.table["name"].tolist() == ["NGC 4993", ""]
    assert galaxies.unused_columns == ()
    kept = unpack_galaxies(pack_galaxies(galaxies.table))
    assert kept["name"].tolist() == ["NGC 4993", ""]
    assert kept["distance"].tolist() == [40.0, 50.0]


def test_a_number_is_a_name_too_and_a_long_name_is_cut():
    rows = f"id,ra,dec,distance\n4711,1,2,3\n{'a  b' * 30},1,2,3\n"
    names = read_galaxy_bytes(rows.encode()).table["name"].tolist()
    assert names[0] == "4711"
    assert names[1] == ("a b" * 30)[:40]


def test_a_second_column_of_names_is_told_as_not_used():
    galaxies = read_galaxy_bytes(b"name,id,ra,dec,distance\nM31,7,1,2,0.8\n")
    assert galaxies.table["name"].tolist() == ["M31"]
    assert galaxies.unused_columns == ("id",)


def test_a_table_without_names_has_no_such_column():
    assert "name" not in read_galaxy_bytes(b"ra,dec,distance\n1,2,3\n").table.colnames
