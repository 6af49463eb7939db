"""What is left of a map: where the source may be and nobody of us has looked."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session

from planners.coverage.sky_coverage import ObservedSky
from planners.skymaps.remaining_map import multiorder_file, remaining
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.observing.exposures import OURS
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.exposures.records import (
    as_executed,
    camera_of,
    exposures_by_source,
    exposures_of,
)
from too_marshal.workflows.localizations.localize import load_skymap

_one_at_a_time = threading.Lock()
"""It keeps a core busy for two seconds: pages never wait for several."""

_PATIENCE = 20.0
"""s"""


def what_is_left(session: Session, localization: Localization) -> bytes:
    """The map of a localization without what our telescopes have observed of the event.

    Parameters
    ----------
    session
        Open session; it is not written to.
    localization
        Ready.

    Returns
    -------
    bytes
        Multi-order FITS, gzipped; it sums to what is left and is not scaled.

    Raises
    ------
    Forbidden
        If nothing is left, or others are being served.
    """
    event = session.get_one(Event, localization.event_id)
    cameras = []
    for name in sorted({row.telescope for row in exposures_of(session, event.id)}):
        sources = exposures_by_source(session, event, name)
        rows = [as_executed(row) for source in OURS for row in sources.get(source, [])]
        cameras.append((camera_of(session, event.id, name), rows))
    skymap = load_skymap(session, localization)
    session.rollback()  # no transaction stays open while the file is written
    covered = ObservedSky.of(skymap, cameras).coverage()
    left = remaining(skymap, covered.once)
    if not len(left.lo):
        raise Forbidden("Nothing is left: all of the map was observed.")
    origin = f"What {covered.exposures} exposures left of {event.name}"
    if not _one_at_a_time.acquire(timeout=_PATIENCE):
        raise Forbidden("Others are being served: try again in a minute.")
    try:
        return multiorder_file(left, origin[:70])
    except (TimeoutError, RuntimeError) as err:
        raise Forbidden("The file could not be written: try again in a minute.") from err
    finally:
        _one_at_a_time.release()
