"""Columns of every alert, kept in the archive before anything is decided of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterparts.archive.columns import COLUMNS
from counterparts.archive.storage.incoming import append
from counterparts.packets.alert import Alert
from too_marshal.db.base import now

FOLDER = "alerts"
"""Of the archive, below the data folder."""

_OF_PACKET = {
    "program_id": "programid",
    "n_detections": "ndethist",
    "first_jd": "jdstarthist",
    "last_jd": "jdendhist",
    "ss_distance": "ssdistnr",
    "ss_magnitude": "ssmagnr",
    "star_score": "sgscore1",
    "star_distance": "distpsnr1",
}
"""Columns that ZTF's packets, and those made like them, call so."""


def archive_folder(data_dir: Path) -> Path:
    """Where the archive stands."""
    return data_dir / FOLDER


def archive(data_dir: Path, alerts: Sequence[Alert]) -> None:
    """Keep the columns of some alerts; the same ones again change nothing.

    Parameters
    ----------
    data_dir
        The data folder.
    alerts
        What was read.

    Raises
    ------
    counterparts.archive.errors.BatchRefused
        If a value is none that the archive keeps.
    OSError
        If it cannot be written; nothing half-done is left.
    """
    if not alerts:
        return
    present = now()
    rows = [{**_columns(alert), "received_at": present} for alert in alerts]
    names = [column for column in COLUMNS if column.name in rows[0]]
    table = pa.table(
        {
            each.name: pa.array([_fitting(row[each.name], each.type) for row in rows], each.type)
            for each in names
        }
    )
    identity = "\n".join(sorted(f"{row['survey']} {row['candid']}" for row in rows))
    append(archive_folder(data_dir), hashlib.sha256(identity.encode()).hexdigest()[:40], table)


def candid_of(alert: Alert) -> str:
    """Number of a detection; its object and time where the survey gives none."""
    return (alert.candid or f"{alert.object_id} {alert.jd:.6f}")[:100]


def object_id_of(alert: Alert) -> str:
    """Name of an object; the number of its detection where the survey gives none."""
    return (alert.object_id or alert.candid or "")[:100]


def _columns(alert: Alert) -> dict[str, Any]:
    return {
        "survey": alert.survey,
        "object_id": object_id_of(alert),
        "candid": candid_of(alert),
        "ra": alert.ra,
        "dec": alert.dec,
        "jd": alert.jd,
        "filter": alert.filter,
        "magnitude": alert.magnitude,
        "magnitude_error": alert.magnitude_error,
        "limiting_magnitude": alert.limiting_magnitude,
        "is_positive": alert.is_positive,
        "real_bogus": alert.real_bogus,
        **{name: _number(alert.fields.get(member)) for name, member in _OF_PACKET.items()},
    }


def _fitting(value: Any, type_: pa.DataType) -> Any:
    """A value, unless it is a fraction where whole numbers stand: that costs it, and no alert."""
    is_fraction = isinstance(value, float) and not value.is_integer()
    return None if is_fraction and pa.types.is_integer(type_) else value


def _number(value: object) -> int | float | None:
    """A number that is one: -999 stands for nothing in all of these."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and -900 < value < 1e8 else None  # type: ignore[operator, return-value]
