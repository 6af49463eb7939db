"""Take alerts: those in a live region, or beside a candidate, are kept whole.

It does not matter in which order alerts come, nor how often: a detection is one row, and its level
in a map is what the map says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from counterparts.levels.live import LiveMap, levels_in
from counterparts.packets.alert import Alert
from planners.geometry.ranges import hpx29
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.db.counterparts.candidates import Candidate, CandidateStatus
from too_marshal.workflows.counterparts.archiving import archive, candid_of, object_id_of
from too_marshal.workflows.counterparts.live_maps import KEPT_LEVEL, LiveMaps, time_of
from too_marshal.workflows.counterparts.packet_files import store_packet

_IS_NEW: ColumnElement[bool] = literal_column("(xmax = 0)")
"""Whether a row was inserted, and not changed: PostgreSQL notes there who has changed it."""

BESIDE = 2.0 * u.arcsec
"""Of a candidate: the same object, or its host."""


@dataclass(frozen=True)
class Packet:
    """An alert, and the packet that it was read from, word for word where it is at hand."""

    alert: Alert
    data: bytes | None = None


@dataclass(frozen=True)
class Taken:
    """What became of a batch."""

    seen: int
    kept: int
    """In a live region or beside a candidate, whether they were there before or not."""

    new: int
    """Kept for the first time."""


def take(session: Session, packets: Sequence[Packet], maps: LiveMaps, folder: Path) -> Taken:
    """Take a batch of alerts; not committed, so that where they came from can move on with them.

    Parameters
    ----------
    session
        Open session.
    packets
        A few thousand at the most: all are held in memory.
    maps
        The maps that were read for earlier batches.
    folder
        The data folder, where packets are kept, and columns of all.

    Raises
    ------
    counterparts.archive.errors.BatchRefused
        If the archive can't keep one of them; then none is taken.
    OSError
        If something cannot be written.
    """
    if not packets:
        return Taken(0, 0, 0)
    alerts = [packet.alert for packet in packets]
    # Before it is read which maps there are: a map that comes later looks back at these.
    archive(folder, alerts)
    coord = SkyCoord([each.ra for each in alerts], [each.dec for each in alerts], unit="deg")
    index, jd = hpx29(coord), np.array([each.jd for each in alerts])
    live = maps.between(session, float(jd.min()), float(jd.max()))
    levels = levels_in(list(live.values()), index, jd)
    wanted = (levels < KEPT_LEVEL).any(axis=0) | _beside_candidates(session, coord)
    chosen = np.flatnonzero(wanted).tolist()
    rows = [_row(packets[i], int(index[i]), folder) for i in chosen]
    new = store(session, live, rows, levels[:, chosen])
    if chosen:
        tasks.score_alerts().defer(session)
    return Taken(len(packets), len(chosen), new)


def store(
    session: Session,
    live: Mapping[int, LiveMap],
    rows: Sequence[dict[str, Any]],
    levels: NDArray[np.float64],
) -> int:
    """Keep alerts, and their levels; what is there already stays. Not committed.

    Parameters
    ----------
    session
        Open session.
    live
        Maps by their events.
    rows
        Columns of `KeptAlert`, shape (n,).
    levels
        Of each row in each map, shape (n_maps, n).

    Returns
    -------
    int
        How many are new.
    """
    known, new = _store_alerts(session, rows)
    _store_levels(session, live, levels, [known[_key(row)] for row in rows])
    return new


def _beside_candidates(session: Session, coord: SkyCoord) -> NDArray[np.bool_]:
    query = select(Candidate.ra, Candidate.dec).where(Candidate.status != CandidateStatus.REJECTED)
    places = session.execute(query).all()
    beside = np.zeros(len(coord), dtype=bool)
    if places:
        candidates = SkyCoord(
            [place.ra for place in places], [place.dec for place in places], unit="deg"
        )
        _, distance, _ = coord.match_to_catalog_sky(candidates)
        beside |= distance <= BESIDE
    return beside


def _row(packet: Packet, index: int, folder: Path) -> dict[str, Any]:
    alert = packet.alert
    return {
        "survey": alert.survey,
        "broker": alert.broker,
        "candid": candid_of(alert),
        "object_id": object_id_of(alert),
        "ra": alert.ra,
        "dec": alert.dec,
        "hpx29": index,
        "observed_at": time_of(alert.jd),
        "filter": None if alert.filter is None else alert.filter[:10],
        "magnitude": alert.magnitude,
        "magnitude_error": alert.magnitude_error,
        "is_positive": alert.is_positive,
        "limiting_magnitude": alert.limiting_magnitude,
        "real_bogus": alert.real_bogus,
        "real_bogus_name": alert.real_bogus_name,
        "notes": list(alert.notes),
        "packet_sha256": None if packet.data is None else store_packet(folder, packet.data),
        "received_at": now(),
    }


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["survey"], row["candid"]


def _store_alerts(
    session: Session, rows: Sequence[dict[str, Any]]
) -> tuple[dict[tuple[str, str], int], int]:
    """Numbers of the rows by survey and detection, and how many of them are new."""
    unique = {_key(row): row for row in rows}
    if not unique:
        return {}, 0
    # In one order, whoever stores them: of two processes neither waits for the other.
    ordered = [unique[key] for key in sorted(unique)]
    statement = insert(KeptAlert).values(ordered)
    packet = statement.excluded.packet_sha256
    made = session.scalars(
        statement.on_conflict_do_update(
            index_elements=["survey", "candid"],
            # What was found in the archive, without its packet, gets it when it comes again.
            set_={"packet_sha256": packet},
            where=KeptAlert.packet_sha256.is_(None) & packet.is_not(None),
        ).returning(_IS_NEW)
    ).all()
    keys = tuple_(KeptAlert.survey, KeptAlert.candid)
    found = session.execute(
        select(KeptAlert.survey, KeptAlert.candid, KeptAlert.id).where(keys.in_(list(unique)))
    )
    return {(survey, candid): row_id for survey, candid, row_id in found}, sum(made)


def _store_levels(
    session: Session,
    live: Mapping[int, LiveMap],
    levels: NDArray[np.float64],
    alert_ids: Sequence[int],
) -> None:
    rows = {
        (alert_id, each.key): {
            "alert_id": alert_id,
            "localization_id": each.key,
            "event_id": event_id,
            "level": float(levels[row, i]),
        }
        for row, (event_id, each) in enumerate(live.items())
        for i, alert_id in enumerate(alert_ids)
        if levels[row, i] < KEPT_LEVEL
    }
    if rows:
        ordered = [rows[key] for key in sorted(rows)]
        session.execute(insert(AlertLevel).values(ordered).on_conflict_do_nothing())
