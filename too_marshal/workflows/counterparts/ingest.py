"""Take in packets from files: a night's archive, a folder, or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from counterparts.packets.alert import PacketInvalid
from counterparts.packets.files import whole_packets_in
from too_marshal.workflows.counterparts.live_maps import LiveMaps
from too_marshal.workflows.counterparts.take import Packet, Taken, take

BATCH = 500
"""Packets that are taken in one transaction: some 40 MB."""


@dataclass(frozen=True)
class Refused:
    """A packet that cannot be read."""

    where: str
    reason: str


def ingest(session: Session, paths: Iterable[Path], folder: Path) -> Iterator[Taken | Refused]:
    """Take in every packet under some paths.

    Parameters
    ----------
    session
        Open session; committed after each batch, so that what was taken stays when it is stopped.
    paths
        Files, archives or folders.
    folder
        The data folder, where packets are kept.

    Yields
    ------
    Taken or Refused
        What became of each batch, and of each packet that cannot be read.
    """
    maps, batch = LiveMaps(), []
    for path in paths:
        for where, found, data in whole_packets_in(path):
            if isinstance(found, PacketInvalid):
                yield Refused(where, str(found))
                continue
            batch.append(Packet(found, data))
            if len(batch) == BATCH:
                yield _taken(session, batch, maps, folder)
                batch = []
    if batch:
        yield _taken(session, batch, maps, folder)


def _taken(session: Session, batch: Sequence[Packet], maps: LiveMaps, folder: Path) -> Taken:
    done = take(session, batch, maps, folder)
    session.commit()
    return done
