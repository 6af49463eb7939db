"""Compressed bytes: expanded to a limit, and refused when broken."""

import zlib

import cramjam
import pytest

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.encodings.codecs import CODECS, MAX_BLOCK, expand, inflate


def compressed(codec, data):
    if codec == "null":
        return data
    if codec == "deflate":
        return zlib.compress(data, wbits=-15)
    if codec == "zstandard":
        return bytes(cramjam.zstd.compress(data))
    return bytes(cramjam.snappy.compress_raw(data)) + zlib.crc32(data).to_bytes(4, "big")


@pytest.mark.parametrize("codec", CODECS)
def test_what_was_compressed_comes_back(codec):
    assert expand(codec, compressed(codec, b"packet" * 99)) == b"packet" * 99


@pytest.mark.parametrize("codec", ["deflate", "snappy", "zstandard"])
def test_a_bomb_is_refused(codec):
    bomb = compressed(codec, bytes(MAX_BLOCK + 1))
    with pytest.raises(PacketInvalid, match="expand to more than"):
        expand(codec, bomb)


@pytest.mark.parametrize("codec", ["deflate", "snappy", "zstandard"])
@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1], lambda b: b[:5], lambda _: b"", lambda b: b[::-1]]
)
def test_broken_bytes_are_refused(codec, spoil):
    data = compressed(codec, bytes(range(256)) * 4)
    with pytest.raises(PacketInvalid, match="compressed bytes"):
        expand(codec, spoil(data))


def test_a_length_that_snappy_only_claims_takes_no_memory():
    with pytest.raises(PacketInvalid, match="expand to more than"):
        expand("snappy", b"\xff\xff\xff\xff\x0f" + bytes(8))


def test_a_checksum_that_is_another_is_refused():
    with pytest.raises(PacketInvalid, match="checksum"):
        expand("snappy", bytes(cramjam.snappy.compress_raw(b"packet")) + b"none")


def test_a_codec_that_nobody_knows_is_named():
    with pytest.raises(PacketInvalid, match="'lzma9'"):
        expand("lzma9", b"")


def test_what_fits_exactly_is_expanded():
    assert len(inflate(zlib.compress(bytes(100)), 100, 15)) == 100
    with pytest.raises(PacketInvalid):
        inflate(zlib.compress(bytes(101)), 100, 15)
