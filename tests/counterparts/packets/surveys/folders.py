"""Packets of a folder of the corpus."""

from pathlib import Path

from counterparts.packets.alert import Alert
from counterparts.packets.read import read_packets


def alerts(folder: Path) -> list[Alert]:
    """Each is one."""
    found = [
        one for path in sorted(folder.rglob("*.avro")) for one in read_packets(path.read_bytes())
    ]
    assert found
    assert all(isinstance(one, Alert) for one in found)
    return found
