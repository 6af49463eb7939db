"""Remove what could not be read for so long that nobody will: everything else is kept for ever."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists
from sqlalchemy.orm import Session

from gcn_templates import counted
from too_marshal.db.base import now
from too_marshal.db.deliveries import Delivery
from too_marshal.db.events import record
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.deployment.settings import Settings
from too_marshal.workflows.counterparts.quarantine import prune_packets


def prune(session: Session, settings: Settings) -> int:
    """Remove quarantined notices of which nobody was told, and packets, that came long ago.

    Committed.

    Parameters
    ----------
    session
        Open session.
    settings
        `keep_quarantined` says for how many days; 0: for ever.

    Returns
    -------
    int
        Notices that were removed; the timeline says how many.
    """
    if settings.keep_quarantined <= 0:
        return 0
    prune_packets(session, settings)
    oldest = now() - timedelta(days=settings.keep_quarantined)
    removed = session.scalars(
        delete(ReceivedNotice)
        .where(
            ReceivedNotice.state == NoticeState.QUARANTINED,
            ReceivedNotice.received_at < oldest,
            ReceivedNotice.event_id.is_(None),
            ~exists().where(Delivery.notice_id == ReceivedNotice.id),
        )
        .returning(ReceivedNotice.id)
    ).all()
    if removed:
        text = (
            f"{counted(len(removed), 'quarantined notice')} of more than"
            f" {settings.keep_quarantined} days ago removed"
        )
        record(session, text, subject="notice")
    session.commit()
    return len(removed)
