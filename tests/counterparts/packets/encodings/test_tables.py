"""Packets in Parquet."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from counterparts.packets.read import read_packets
from tests.counterparts.packets.samples import only, packet, refused


def table(*packets, **more):
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**one, **more} for one in packets]), file)
    return file.getvalue()


def test_each_row_is_a_packet_and_says_what_the_same_says_in_avro():
    alerts = list(read_packets(table(packet(), packet(candid=2))))
    assert [alert.candid for alert in alerts] == ["1234567890123456789", "2"]
    assert alerts[0].cutouts == {"science": b"\x1f\x8b"}
    assert [point.jd for point in alerts[0].detections] == [2459999.75]


def test_the_beginning_of_a_row_takes_the_columns_that_it_needs():
    alert = only(table(packet()), prefix=True)
    assert (alert.magnitude, alert.schema_version) == (18.5, "4.02")
    assert not alert.cutouts


def test_a_table_of_something_else_is_refused_once():
    assert refused(table({"ra": 1.0}, {"ra": 2.0})).startswith("No known survey")


def test_a_broken_table_is_refused():
    data = table(packet())
    assert "table is broken" in refused(data[: len(data) // 2])
    spoiled = bytearray(data)
    spoiled[4:40] = b"\xff" * 36
    found = list(read_packets(bytes(spoiled)))
    assert found
