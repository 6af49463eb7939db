"""Tables of exposures: good rows count, bad ones are told, and all can be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from astropy import units as u
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from planners.coverage.sky_coverage import coverage
from telescopes import TELESCOPES
from tests.too_marshal.factories import (
    add_event,
    add_exposures,
    add_localization,
    add_plan,
    add_submission,
    circle_map,
)
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import Coverage, Exposure
from too_marshal.workflows.circulars.gather import gather
from too_marshal.workflows.circulars.request import CircularRequest
from too_marshal.workflows.exposures.cover import cover
from too_marshal.workflows.exposures.records import as_executed, exposures_of
from too_marshal.workflows.exposures.store import store_exposures
from too_marshal.workflows.exposures.upload import undo, upload


@pytest.fixture
def event(session: Session) -> Event:
    event = add_event(session, event_time=now() - timedelta(days=1))
    add_localization(session, event)
    return event


def fields_near(number: int) -> list[int]:
    grid = TELESCOPES["ZTF"].read_grid()
    skymap = circle_map(150.0, 30.0, 8.0)
    order = grid.coord.separation(skymap.peak()).deg.argsort()
    return grid.field_id[order[:number]].tolist()


def csv(event: Event, number: int = 4, shift: float = 0.0) -> bytes:
    begin = event.event_time + timedelta(hours=3, seconds=shift)
    rows = [
        f"{field},g,{(begin + timedelta(minutes=k)).isoformat()},30,20.{k}"
        for k, field in enumerate(fields_near(number))
    ]
    return "\n".join(["field_id,filter,start,exposure_time,limiting_magnitude", *rows]).encode()


def bring(session: Session, event: Event, data: bytes, **more: str):
    values = {"telescope": "ZTF", "name": "night.csv", "by": "ann", **more}
    return upload(session, event, data=data, **values)


def covered(session: Session, event: Event) -> Coverage | None:
    cover(session, event.id, "ZTF")
    return session.get(Coverage, (event.current_localization_id, "ZTF"), populate_existing=True)


def test_good_rows_are_kept_and_bad_ones_told(session, event):
    lines = csv(event).decode().splitlines()
    lines += [
        "9999999,g,2026-11-20T05:00:00,30,20",  # no such field
        lines[1],  # a row that stands twice
        f"{fields_near(1)[0]},g,{(now() + timedelta(days=2)).isoformat()},30,20",
        f"{fields_near(1)[0]},q,2026-11-20T05:00:00,30,20",
    ]
    made = bring(session, event, "\n".join(lines).encode())
    assert (made.added, made.known, len(made.rejected)) == (4, 0, 4)
    assert [item["row"] for item in made.rejected] == [6, 7, 8, 9]
    words = " ".join(item["reason"] for item in made.rejected)
    for part in ("no field 9999999", "future"):
        assert part in words
    jobs = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert jobs == [("cover", {"event_id": event.id, "telescope": "ZTF"})]


def test_what_is_known_is_known_by_whatever_name(session, event):
    bring(session, event, csv(event))
    again = bring(session, event, csv(event))
    assert (again.added, again.known) == (0, 4)
    shifted = bring(session, event, csv(event, shift=0.5))
    assert (shifted.added, shifted.known) == (0, 4), "the same exposure, its start rounded"
    later = bring(session, event, csv(event, shift=90.0))
    assert later.added == 4


def test_an_upload_counts_and_is_undone(session, event):
    made = bring(session, event, csv(event))
    row = covered(session, event)
    rows = exposures_of(session, event.id, "ZTF")
    direct = coverage(
        circle_map(150.0, 30.0, 8.0), TELESCOPES["ZTF"], [as_executed(item) for item in rows]
    )
    assert row.probability == pytest.approx(direct.probability)
    assert row.by_source == {
        "uploaded": {
            "exposures": 4, "probability": pytest.approx(direct.probability),
            "probability_twice": pytest.approx(direct.probability_twice),
            "area": pytest.approx(direct.area.to_value(u.deg**2)),
        }
    }  # fmt: skip
    limits = dict(map(tuple, row.depths["g"]))
    assert limits[20.0] == pytest.approx(direct.probability)
    asked = CircularRequest(telescopes=["ZTF"])
    (facts,) = gather(session, event, asked, author="ann").facts.telescopes
    assert facts.images == 4
    undo(session, made.id, by="bob")
    assert undo(session, made.id, by="carl").undone_by == "bob"
    assert session.scalar(select(func.count(Exposure.id))) == 0
    assert covered(session, event) is None


def test_survey_exposures_in_the_window_count_apart(session, event):
    plan = add_plan(session, event, start=now() - timedelta(hours=20))
    submission = add_submission(session, plan)
    own = add_exposures(session, submission, 3)
    survey = [as_executed(item) for item in add_exposures(session, submission, 6)[3:]]
    for row in session.scalars(select(Exposure).where(Exposure.id > own[-1].id)).all():
        session.delete(row)
    session.flush()
    kept = store_exposures(
        session, "ZTF", [type(item)(**{**vars(item), "queue_name": None}) for item in survey]
    )
    assert len(kept.strays) == kept.added == 3
    row = covered(session, event)
    assert row.exposures == 3, "a circular speaks of ours"
    assert {name: part["exposures"] for name, part in row.by_source.items()} == {
        "planned": 3, "survey": 3, "all": 6,
    }  # fmt: skip
    assert row.by_source["all"]["probability"] > row.by_source["planned"]["probability"]
    event.event_time = now() - timedelta(days=9)
    session.commit()
    assert "survey" not in covered(session, event).by_source


def test_an_upload_for_one_event_is_survey_to_another(session, event):
    other = add_event(session, "S260102b", event_time=event.event_time)
    add_localization(session, other)
    bring(session, event, csv(event))
    cover(session, other.id, "ZTF")
    row = session.get(Coverage, (other.current_localization_id, "ZTF"))
    assert (row.exposures, list(row.by_source)) == (0, ["survey"])


@pytest.mark.parametrize(
    ("data", "more", "words"),
    [
        (b"", {}, "empty|no row|nothing"),
        (b"\x00\xff\xfe", {}, "table|text"),
        (b"ra,dec\n1,2\n", {}, "filter"),
        (b"filter,start,field_id\n", {"telescope": "Hubble"}, "unknown telescope"),
    ],
)
def test_what_is_no_table_is_refused_whole(session, event, data, more, words):
    with pytest.raises(ValueError, match=words):
        bring(session, event, data, **more)


def test_what_says_that_it_was_not_taken_is_never_coverage(session, event, cases):
    data = (cases / "05_exposures_with_status_planned_cancelled_failed.csv").read_bytes()
    made = bring(session, event, data)
    assert (made.added, made.known, len(made.rejected)) == (0, 0, 3)
    reasons = [item["reason"] for item in made.rejected]
    for reason, status in zip(reasons, ("planned", "cancelled", "failed"), strict=True):
        assert f"status is '{status}'" in reason
    assert made.unused_columns == ["pointing_id"]
    assert covered(session, event) is None
    assert session.scalar(select(func.count(Exposure.id))) == 0


def test_of_a_log_only_what_was_taken_counts(session, event):
    head, *rows = csv(event).decode().splitlines()
    states = ("observed", "planned", "teapot", "Completed")
    lines = [f"{head},state,moon", *(f"{row},{s},0.3" for row, s in zip(rows, states, strict=True))]
    made = bring(session, event, "\n".join(lines).encode())
    assert (made.added, made.unused_columns) == (2, ["moon"])
    assert [item["row"] for item in made.rejected] == [3, 4]
    assert "'teapot'" in made.rejected[1]["reason"]
