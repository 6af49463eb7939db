"""The rehearsal: a simulated merger, sent through the door that live notices come in by.

The map was made for one moment. Seen from the ground the sky repeats after a sidereal day,
and after a quarter of one it has turned by 90 degrees, which a HEALPix map can follow exactly:
its twelve base cells change places. So there are four honest moments a day at which the same
detectors would have localized the same source there, and the best of them for tonight is taken.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import confluent_kafka
import numpy as np
from astropy.io import fits
from astropy.time import Time
from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.deployment.settings import Settings

MAP = "bns_00507deg2_10102.multiorder.fits.gz"
"""Our own simulation; see the README beside it."""

MAP_GPS_TIME = 1461843967.727
"""When its merger was simulated to happen, GPS seconds."""

SIDEREAL_DAY = timedelta(seconds=86164.0905)
"""Mean sidereal day (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 3.6.2)."""

TOPIC = "igwn.gwalert"

LASTS = timedelta(hours=12)
"""A rehearsal event younger than this is not replaced by a new one at the next start."""


@dataclass(frozen=True)
class Moment:
    """One of the moments at which the simulated merger may have happened."""

    time: datetime
    """UTC."""

    quarter_turns: int
    """By how many times 90 deg the map turns eastward, 0 to 3."""


def moments(before: datetime) -> list[Moment]:
    """The four latest moments before a time, one for each quarter turn of the sky."""
    simulated = Time(MAP_GPS_TIME, format="gps").utc.to_datetime(timezone=UTC)
    quarter = SIDEREAL_DAY / 4
    latest = math.floor((before - simulated) / quarter)
    return [Moment(simulated + step * quarter, step % 4) for step in range(latest, latest - 4, -1)]


def turned_map(moment: Moment) -> bytes:
    """The multi-order FITS map as it would be for `moment`."""
    packed = (resources.files("too_marshal") / "data" / MAP).read_bytes()
    with fits.open(io.BytesIO(gzip.decompress(packed))) as hdus:
        table = hdus[1]
        table.data["UNIQ"] = _turned(table.data["UNIQ"], moment.quarter_turns)
        table.header["DATE-OBS"] = Time(moment.time).utc.isot
        table.header["MJD-OBS"] = float(Time(moment.time).utc.mjd)
        order = np.argsort(table.data["UNIQ"], kind="stable")
        table.data = table.data[order]
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


def _turned(uniq: np.ndarray[Any, Any], quarter_turns: int) -> np.ndarray[Any, Any]:
    """UNIQ indices of the same cells after a turn of the sky by quarters eastward.

    The base cells are numbered eastward in three rings of four.
    """
    order = (np.log2(uniq // 4) // 2).astype(np.int64)
    per_face = np.int64(1) << (2 * order)
    face, within = np.divmod(uniq - 4 * per_face, per_face)
    face = face // 4 * 4 + (face % 4 + quarter_turns) % 4
    return 4 * per_face + face * per_face + within


def best_moment(before: datetime) -> Moment:
    """The moment whose region ZTF can observe best in the 24 hours after `before`."""
    # Here, not above: the web process imports this module for the retraction.
    from planners.greedy import plan  # noqa: PLC0415
    from planners.skymaps.files import read_skymap  # noqa: PLC0415
    from telescopes.observing_plan import ObservingRequest  # noqa: PLC0415
    from telescopes.ztf.facts import ZTF  # noqa: PLC0415

    request = ObservingRequest(
        start=Time(before),
        end=Time(before + timedelta(hours=24)),
        filters=ZTF.default_filters,
        exposure_time=dict.fromkeys(ZTF.default_filters, ZTF.exposure_time),
    )
    scores = [
        (plan(read_skymap(turned_map(moment)), ZTF, request).statistics["probability"], moment)
        for moment in moments(before)
    ]
    return max(scores, key=lambda scored: scored[0])[1]


def alert(moment: Moment, superevent_id: str, created: datetime) -> bytes:
    """The `igwn.gwalert` message of the simulated merger, as LVK would send it."""
    return _encode(
        {
            "alert_type": "PRELIMINARY",
            "time_created": _iso(created),
            "superevent_id": superevent_id,
            "urls": {"gracedb": _gracedb(superevent_id)},
            "event": {
                "time": _iso(moment.time, milliseconds=True),
                "far": 1.2e-11,
                "significant": True,
                "instruments": ["L1", "V1"],
                "group": "CBC",
                "pipeline": "gstlal",
                "search": "MDC",
                "classification": {"BNS": 0.96, "NSBH": 0.03, "BBH": 0.0, "Terrestrial": 0.01},
                "properties": {"HasNS": 1.0, "HasRemnant": 1.0, "HasMassGap": 0.02},
                "duration": None,
                "central_frequency": None,
                "skymap": base64.b64encode(turned_map(moment)).decode(),
            },
            "external_coinc": None,
        }
    )


def retraction(superevent_id: str, created: datetime) -> bytes:
    """The message that withdraws the event."""
    return _encode(
        {
            "alert_type": "RETRACTION",
            "time_created": _iso(created),
            "superevent_id": superevent_id,
            "urls": {"gracedb": _gracedb(superevent_id)},
            "event": None,
            "external_coinc": None,
        }
    )


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _gracedb(superevent_id: str) -> str:
    return f"https://gracedb.ligo.org/superevents/{superevent_id}/view/"


def _iso(when: datetime, *, milliseconds: bool = False) -> str:
    text = when.astimezone(UTC).replace(tzinfo=None)
    return text.isoformat(timespec="milliseconds" if milliseconds else "seconds") + "Z"


def begin(session: Session, settings: Settings) -> str | None:
    """Send the simulated merger, unless the last one is still fresh.

    Returns
    -------
    str or None
        Its name; None where nothing was sent.
    """
    present = now()
    fresh = session.scalar(
        select(Event.id).where(
            Event.stream == "lvk",
            Event.is_test,
            ~Event.is_retracted,
            Event.created_at > present - LASTS,
        )
    )
    if fresh is not None:
        return None
    superevent_id = _free_name(session, present)
    send(settings, alert(best_moment(present), superevent_id, present))
    return superevent_id


def _free_name(session: Session, present: datetime) -> str:
    """A mock superevent's name that no event has yet: MS, date, letters."""
    taken = set(session.scalars(select(Event.key).where(Event.stream == "lvk", Event.is_test)))
    index = 0
    while True:
        name = f"MS{present:%y%m%d}{_letters(index)}"
        if name not in taken:
            return name
        index += 1


def _letters(index: int) -> str:
    """A to z, then aa, ab, and so on."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters


def send_retraction(settings: Settings, event: Event) -> None:
    """Send the retraction of a rehearsal's event.

    Raises
    ------
    ValueError
        If this is no rehearsal, or the event is real.
    """
    if not settings.rehearsal or not event.is_test:
        raise ValueError("only a rehearsal's own event can be retracted from here")
    send(settings, retraction(event.key, now()))


def send(settings: Settings, payload: bytes) -> None:
    """Publish a message on the rehearsal's broker, as LVK does on the real one.

    Raises
    ------
    TimeoutError
        If the broker does not take it within ten seconds.
    """
    producer = confluent_kafka.Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "broker.address.family": "v4",
            "message.max.bytes": 8_000_000,
        }
    )
    producer.produce(TOPIC, payload, partition=0)
    if producer.flush(10):
        raise TimeoutError("the rehearsal's broker did not take the notice within 10 s")
