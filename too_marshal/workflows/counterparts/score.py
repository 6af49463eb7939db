"""Score the alerts that are kept whole by braai, beside the score that their survey gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from counterparts.cutouts import CutoutInvalid, read_cutout
from counterparts.packets.alert import Alert
from counterparts.packets.read import read_packets
from counterparts.real_bogus import scores
from counterparts.real_bogus.triplets import is_scorable
from too_marshal import tasks
from too_marshal.db.base import now
from too_marshal.db.counterparts.alerts import KeptAlert
from too_marshal.workflows.counterparts.archiving import candid_of
from too_marshal.workflows.counterparts.packet_files import packet_path

VERSION = "d6_m9"
"""The network whose score is kept: ZTF's own `drb` is that of the one before, d6_m7."""

AT_ONCE, BATCHES = 200, 5
"""Alerts whose cutouts are held in memory; and how many times so many a job scores, in a second or
two: a plan that is urgent waits no longer for it."""

_CUTOUTS = ("science", "template", "difference")

Triplet = Sequence[NDArray[np.float32]]


def score_alerts(session: Session, data_dir: Path) -> int:
    """Score alerts that have their packets and were not tried yet; ask for the rest to be scored.

    Parameters
    ----------
    session
        Open session; committed after each batch.
    data_dir
        The data folder.

    Returns
    -------
    int
        How many got a score; those without three images get none.
    """
    done = 0
    for _ in range(BATCHES):
        rows = _untried(session)
        session.commit()  # no transaction stays open while images are read
        if not rows:
            return done
        triplets = {
            row.id: found
            for row in rows
            if (found := _triplet(data_dir, row.packet_sha256, row.candid)) is not None
        }
        scored = dict(zip(triplets, scores(list(triplets.values()), VERSION), strict=True))
        tried_at = now()
        session.execute(
            update(KeptAlert),
            [
                {"id": row.id, "braai": _number(scored.get(row.id)), "scored_at": tried_at}
                for row in rows
            ],
        )
        session.commit()
        done += len(scored)
    tasks.score_alerts().defer(session)
    session.commit()
    return done


def _untried(session: Session) -> Sequence[KeptAlert]:
    return session.execute(
        select(KeptAlert.id, KeptAlert.candid, KeptAlert.packet_sha256)
        .where(KeptAlert.scored_at.is_(None), KeptAlert.packet_sha256.is_not(None))
        .order_by(KeptAlert.id)
        .limit(AT_ONCE)
    ).all()  # type: ignore[return-value]  # rows that have these columns


def _triplet(data_dir: Path, sha256: str | None, candid: str) -> Triplet | None:
    """Images of an alert; None where they are missing or cannot be read."""
    try:
        packets = read_packets(packet_path(data_dir, sha256 or "").read_bytes())
        for found in packets:
            if isinstance(found, Alert) and candid_of(found) == candid:
                images = [read_cutout(found.cutouts[name]) for name in _CUTOUTS]
                return images if is_scorable(images) else None
    except (OSError, KeyError, CutoutInvalid):
        pass
    return None


def _number(score: np.float64 | None) -> float | None:
    return None if score is None else float(score)
