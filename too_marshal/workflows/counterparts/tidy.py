"""Put the archive of alerts in order: close nights that are over, join those of past months."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy.orm import Session

from counterparts.archive.errors import ArchiveFault
from counterparts.archive.storage.close import close, waiting_nights
from counterparts.archive.storage.compact import compact, months_to_compact
from counterparts.archive.storage.live import live
from counterparts.archive.storage.sweep import sweep
from too_marshal.db.base import now
from too_marshal.workflows.counterparts.archiving import archive_folder

logger = logging.getLogger(__name__)


def tidy_archive(session: Session, data_dir: Path) -> None:
    """Close the nights before the present one, join months that are over, and sweep.

    Parameters
    ----------
    session
        Open session, which is not needed: what counts stands in the archive's own list.
    data_dir
        The data folder.
    """
    session.commit()
    folder = archive_folder(data_dir)
    if not folder.is_dir():
        return
    # Nights begin at noon: that of yesterday is not over before today's.
    present = f"{now():%Y-%m-%d}"
    try:
        for night in waiting_nights(folder):
            if night < present:
                for fault in close(folder, night).faults:
                    logger.error("the archive of alerts: %s", fault)
        for month in months_to_compact(live(folder).manifest, present):
            compact(folder, month)
        sweep(folder)
    except ArchiveFault as err:
        # It is tried again; questions are answered from what is there.
        logger.warning("the archive of alerts could not be put in order: %s", err)
