"""Files, archives and folders of packets."""

import gzip
import io
import json
import tarfile
import tracemalloc
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.encodings.codecs import MAX_BLOCK
from counterparts.packets.files import packets_in, whole_packets_in
from tests.counterparts.packets.samples import avro, packet


def archive(**members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def found_in(path):
    return [(where.removeprefix(str(path)), found) for where, found in packets_in(path)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_broken_member_of_an_archive_costs_itself(tmp_path, pack):
    path = tmp_path / "night"
    one = avro(packet())
    path.write_bytes(pack(archive(first=one, second=one[:100], third=one)))
    found = found_in(path)
    assert [where for where, _ in found] == [":first", ":second", ":third"]
    assert [type(one) for _, one in found] == [Alert, PacketInvalid, Alert]


def test_names_decide_nothing_and_folders_are_walked(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.json").write_bytes(avro(packet(candid=1)))
    (tmp_path / "inner" / "b").write_bytes(gzip.compress(avro(packet(candid=2))))
    found = dict(found_in(tmp_path))
    assert {where: alert.candid for where, alert in found.items()} == {
        "/a.json": "1",
        "/inner/b": "2",
    }


def test_a_file_that_is_not_there_or_never_ends_is_refused_in_words(tmp_path):
    for path in (tmp_path / "none", "/dev/zero"):
        ((_, found),) = packets_in(type(tmp_path)(path))
        assert str(found) == "There is no such file, or it is none that ends."


def test_an_archive_that_ends_too_early_gives_what_it_has_and_a_reason(tmp_path):
    path = tmp_path / "night"
    whole = gzip.compress(archive(first=avro(packet()), second=bytes(range(256)) * 400))
    path.write_bytes(whole[: len(whole) - 40])
    found = found_in(path)
    assert isinstance(found[0][1], Alert)
    assert isinstance(found[-1][1], PacketInvalid)


def test_what_an_archive_only_claims_takes_no_memory(tmp_path):
    path = tmp_path / "bomb"
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo("bomb")
        info.size = 32 * MAX_BLOCK
        tar.addfile(info, _Zeros())
        small = tarfile.TarInfo("packet")
        small.size = len(avro(packet()))
        tar.addfile(small, io.BytesIO(avro(packet())))
    packed = tmp_path / "packed"
    with path.open("rb") as file, gzip.open(packed, "wb", 1) as out:
        while part := file.read(1 << 20):
            out.write(part)
    path.unlink()
    tracemalloc.start()
    (where, bomb), (_, alert) = found_in(packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert where == ":bomb"
    assert str(bomb) == f"The packet has more than {MAX_BLOCK} bytes."
    assert isinstance(alert, Alert)
    assert peak < 4 * MAX_BLOCK


def test_headers_of_an_archive_that_claim_much_are_refused(tmp_path):
    header = tarfile.TarInfo("././@PaxHeader")
    header.type = tarfile.XHDTYPE
    header.size = 4 << 30
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(4096)))
    ((_, found),) = packets_in(path)
    assert "The archive is broken" in str(found)


def test_every_kind_of_file_may_be_gzipped(tmp_path):
    document = json.dumps(packet(cutoutScience=None)).encode()
    rows = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([packet()]), rows)
    for number, data in enumerate((document, avro(packet()), rows.getvalue(), b"\0\0\0\3\x85")):
        path = tmp_path / str(number)
        path.write_bytes(gzip.compress(data))
        ((_, found),) = packets_in(path)
        assert isinstance(found, Alert) or str(found) == "Schema id 901 is not known."


def test_a_compressed_file_that_is_broken_is_refused(tmp_path):
    whole = gzip.compress(avro(packet(), packet()))
    path = tmp_path / "night"
    for spoiled in (whole[:-30], whole[:12], whole[:60] + b"\xff" * 60 + whole[120:]):
        path.write_bytes(spoiled)
        found = found_in(path)
        assert isinstance(found[-1][1], PacketInvalid)


def test_a_file_that_expands_to_a_compressed_one_is_not_followed(tmp_path):
    path = tmp_path / "twice"
    path.write_bytes(gzip.compress(gzip.compress(avro(packet()))))
    ((_, found),) = packets_in(path)
    assert str(found) == "The bytes are neither Avro nor JSON nor a table of packets."


def test_a_document_without_end_takes_little_memory(tmp_path):
    path = tmp_path / "bomb"
    packing = zlib.compressobj(wbits=31)
    with path.open("wb") as file:
        for _ in range(256):
            file.write(packing.compress(b"[" * (1 << 20)))
        file.write(packing.flush())
    ((_, found),) = packets_in(path)
    assert "more than" in str(found)


class _Zeros:
    """As many zeros as anybody wants."""

    def read(self, size):
        return bytes(size)


def test_a_packet_that_stands_alone_comes_with_its_bytes(corpus):
    folder = corpus / "alerts" / "winter"
    told = list(packets_in(folder))
    whole = list(whole_packets_in(folder))
    assert [(where, found) for where, found, _ in whole] == told
    for where, found, data in whole:
        assert isinstance(found, Alert)
        assert data == (folder.parent / where).read_bytes()


def test_packets_of_an_archive_come_with_the_bytes_of_their_member(corpus):
    archive = corpus / "alerts" / "ztf" / "Ampel-ZTF" / "recent_alerts.tar.gz"
    with tarfile.open(archive) as opened:
        members = {
            f"{archive}:{member.name}": opened.extractfile(member).read()
            for member in opened.getmembers()
            if member.isfile()
        }
    found = list(whole_packets_in(archive))
    assert len(found) > 10
    assert all(members[where] == data for where, _, data in found)


def test_packets_of_a_table_share_its_bytes_and_come_without(corpus):
    table = corpus / "alerts" / "ztf" / "fink-science" / "alerts.parquet"
    whole = list(whole_packets_in(table))
    assert [data for _, _, data in whole] == [None] * len(whole)
    assert [str(found) for _, found, _ in whole] == [str(found) for _, found in packets_in(table)]
