"""Rows of Pitt-Google's table of ZTF alerts, those of one object in one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterparts.packets.alert import Alert
from counterparts.packets.brokers.newest import alert_of, history_of
from counterparts.packets.formats import PacketFormat, Shape
from counterparts.packets.members import Members
from counterparts.packets.surveys import ztf


def read(record: Mapping[str, Any], _shape: Shape, *, is_whole: bool) -> Alert:
    """Read the rows of one object; the newest is the detection.

    Parameters
    ----------
    record
        The document.
    is_whole
        Whether the older rows are wanted.

    Raises
    ------
    PacketInvalid
        If who, where or when is not certain.
    """
    document = Members(record)
    history = history_of(document, "rows", ztf.LAYOUT.measurement)
    newest = Members(history.members)
    return alert_of(
        history,
        is_whole=is_whole,
        survey="ZTF",
        broker="Pitt-Google",
        object_id=document.text("objectId"),
        candid=newest.text("candid"),
        ra=newest.needed("ra"),
        # BigQuery keeps dec for itself.
        dec=newest.needed("decl" if "decl" in newest.values else "dec"),
        notes=tuple(document.notes),
    )


FORMAT = PacketFormat("Pitt-Google", lambda shape: shape.has("objectId", "rows"), read, ())
