"""Packets in JSON."""

import base64
import json

from counterparts.packets.alert import Alert, PacketInvalid
from counterparts.packets.read import read_packets
from tests.counterparts.packets.samples import only, packet, refused


def document(**members):
    return json.dumps(packet(**{"cutoutScience": None, **members}))


def test_one_packet_a_list_and_lines_are_read():
    one = document()
    for text, number in ((one, 1), (f" [{one}, {one}]", 2), (f"{one}\n{one}\n\n{one}\n", 3)):
        found = list(read_packets(text.encode()))
        assert len(found) == number
        assert all(isinstance(alert, Alert) for alert in found)


def test_a_broken_line_costs_itself():
    found = list(read_packets(f"{document()}\n{{broken\n{document()}".encode()))
    assert [type(one) for one in found] == [Alert, PacketInvalid, Alert]


def test_images_in_text_become_bytes():
    text = base64.b64encode(b"\x1f\x8bimage").decode()
    for stamp in (text, {"$binary": text, "$type": "00"}):
        alert = only(document(cutoutScience={"stampData": stamp}).encode())
        assert alert.cutouts == {"science": b"\x1f\x8bimage"}
    assert not only(document(cutoutScience={"stampData": "no base64!"}).encode()).cutouts


def test_what_is_no_json_is_refused():
    assert refused(b"{").startswith("The packet is no JSON: ")
    assert refused(b"[" * 100_000).startswith("The packet is no JSON: ")
    assert refused(b"[7]") == "The packet is no JSON object."
    assert refused(b'{"objectId": "ZTF", "candid": 1, "candidate": 7}').startswith("No known")
