"""The same alert from two clusters, in two encodings, counts once."""

from __future__ import annotations

import itertools
from pathlib import Path

from sqlalchemy import func, select, text

from tests.too_marshal.workflows.events.test_associate import forget, take
from too_marshal.db.events import Activity, Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.workflows.intake.ingest import Message, keep, process_notices

LVK = "igwn.gwalert"
KINDS = ("earlywarning", "preliminary", "initial", "update", "retraction")


def both_encodings(corpus: Path, kind: str) -> tuple[bytes, bytes]:
    return (
        (corpus / f"notices/lvk/userguide/MS181101ab-{kind}.json").read_bytes(),
        (corpus / f"avro/lvk/MS181101ab-{kind}.avro").read_bytes(),
    )


def counts(session) -> dict[str, int]:
    return {
        "notices": session.scalar(select(func.count(ReceivedNotice.id))),
        "understood": session.scalar(
            select(func.count()).where(ReceivedNotice.state == NoticeState.UNDERSTOOD)
        ),
        "events": session.scalar(select(func.count(Event.id))),
        "localizations": session.scalar(select(func.count(Localization.id))),
        "told": session.scalar(select(func.count()).where(Activity.subject == "notice")),
        "notified": session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'notify'")
        ),
    }


def test_an_alert_of_both_clusters_counts_once_whichever_is_first(session, corpus):
    json, avro = both_encodings(corpus, "initial")
    for order in ((json, avro), (avro, json)):
        for payload in order:
            process_notices(session, [keep(session, [Message(payload, "kafka", LVK)])[0][0]])
        assert counts(session) == {
            "notices": 2, "understood": 1, "events": 1, "localizations": 1, "told": 1,
            "notified": 1,
        }  # fmt: skip
        first, second = session.scalars(select(ReceivedNotice).order_by(ReceivedNotice.id)).all()
        assert (first.state, second.state) == (NoticeState.UNDERSTOOD, NoticeState.REPEATED)
        assert second.error == f"It says the same as notice {first.id}."
        assert second.event_id == first.event_id is not None
        forget(session)


def test_two_whole_chains_taken_together_are_one(session, corpus):
    pairs = [both_encodings(corpus, kind) for kind in KINDS]
    batch = [Message(payload, "kafka", LVK) for payload in itertools.chain(*pairs)]
    process_notices(session, [number for number, _ in keep(session, batch)])
    counted = counts(session)
    assert (counted["notices"], counted["understood"], counted["events"]) == (10, 5, 1)
    assert counted["told"] == counted["notified"] == 5
    assert session.scalars(select(Event.is_retracted)).one()


def test_what_differs_at_all_counts(session, corpus):
    json, _ = both_encodings(corpus, "initial")
    take(session, json, json.replace(b"INITIAL", b"UPDATE"))
    assert counts(session)["understood"] == 2
