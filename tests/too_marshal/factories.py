"""Rows as the marshal itself writes them, for tests of what reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import numpy as np
from argon2 import PasswordHasher
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy.orm import Session

from planners.files.plan_files import plan_to_json
from planners.geometry.ranges import hpx29
from planners.skymaps.circles import circle_skymap
from planners.skymaps.skymap import SkyMap
from planners.visibility.nights import night_at
from planners.visibility.region_night import region_night
from telescopes import TELESCOPES
from telescopes.observing_plan import ObservingPlan, ObservingRequest, PlannedExposure
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.accounts.programs import Program
from too_marshal.db.base import now
from too_marshal.db.circulars import CircularDraft
from too_marshal.db.counterparts.alerts import AlertLevel, KeptAlert
from too_marshal.db.events import Event, record
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import NoticeState, ReceivedNotice
from too_marshal.db.observing.exposures import Coverage, Exposure, ExposureImport, Source
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.db.observing.plans import Plan, PlanState
from too_marshal.db.observing.preflights import Preflight
from too_marshal.db.observing.queues import Submission, SubmissionState
from too_marshal.db.observing.replacements import Replacement, ReplacementState
from too_marshal.workflows.localizations.localize import load_skymap, store_skymap
from too_marshal.workflows.observability.nights import numbers_of
from too_marshal.workflows.planning.plan import store_plan

_numbers = count(1)

PASSWORD = "correct horse battery"

QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""As little work as argon2 can do: nobody guesses at these passwords."""


@cache
def _password_hash() -> str:
    return QUICK_HASHER.hash(PASSWORD)


PROGRAM = "Partnership"
"""That the robots of tests charge unless a plan names another."""


def add_person(session: Session, username: str, role: Role, **values: str) -> Person:
    person = Person(username=username, password_hash=_password_hash(), role=role, **values)
    session.add(person)
    session.commit()
    return person


def add_notice(
    session: Session, event: Event | None = None, payload: bytes | None = None, **values: object
) -> ReceivedNotice:
    payload = payload or json.dumps({"number": next(_numbers)}).encode()
    row = ReceivedNotice(
        sha256=hashlib.sha256(payload).hexdigest(),
        payload=payload,
        channel="kafka",
        topic="igwn.gwalert",
        state=NoticeState.UNDERSTOOD,
        event_id=None if event is None else event.id,
        stream="lvk",
        kind="initial",
        order=[next(_numbers)],
        document={"stream": "lvk", "kind": "initial", "type": "PRELIMINARY"},
    )
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.commit()
    return row


def add_event(session: Session, name: str = "S260101a", **values: object) -> Event:
    event = Event(
        stream="lvk",
        key=name[:80],
        name=name,
        event_time=now() - timedelta(minutes=7),
        kind="initial",
        type_name="PRELIMINARY",
        classification={"BNS": 0.93, "NSBH": 0.04, "Terrestrial": 0.03},
        properties={"HasNS": 1.0, "HasRemnant": 0.9},
        far=1e-9,
        is_significant=True,
        links={"gracedb": f"https://gracedb.ligo.org/superevents/{name}/view/"},
        attributes={"instruments": ["H1", "L1", "V1"]},
    )
    for key, value in values.items():
        setattr(event, key, value)
    session.add(event)
    session.flush()
    record(session, f"{name} begins", subject="event", subject_id=event.id, event_id=event.id)
    session.commit()
    return event


@cache
def circle_map(ra: float, dec: float, radius: float) -> SkyMap:
    return circle_skymap(ra * u.deg, dec * u.deg, radius * u.deg, 0.9)


def add_localization(
    session: Session, event: Event, skymap: SkyMap | None = None, original: bytes | None = None
) -> Localization:
    skymap = skymap or circle_map(150.0, 30.0, 8.0)
    notice = add_notice(session, event)
    localization = Localization(
        event_id=event.id,
        notice_id=notice.id,
        order=[next(_numbers)],
        kind="circle" if original is None else "inlinemap",
        description={"kind": "circle"},
        state=LocalizationState.READY,
        sky_map_sha256=store_skymap(session, skymap, original),
        ready_at=now(),
    )
    session.add(localization)
    session.flush()
    event.current_localization_id = localization.id
    session.commit()
    session.refresh(event)
    return localization


def add_plan(
    session: Session,
    event: Event,
    *,
    start: datetime | None = None,
    most_fields: int = 6,
    state: PlanState = PlanState.READY,
    filters: Sequence[str] = ("g", "r"),
) -> Plan:
    localization = event.current_localization
    assert localization is not None
    made = _plan(localization, start or now() + timedelta(hours=2), most_fields, tuple(filters))
    document = plan_to_json(made)
    plan = Plan(
        event_id=event.id,
        localization_id=localization.id,
        telescope="ZTF",
        planner="greedy",
        request=document["request"],
        state=PlanState.COMPUTING,
    )
    session.add(plan)
    session.flush()
    if state is not PlanState.COMPUTING:
        store_plan(session, plan, made)
        plan.state, plan.ready_at = state, now()
    session.commit()
    return plan


def _plan(
    localization: Localization, start: datetime, most_fields: int, filters: tuple[str, ...]
) -> ObservingPlan:
    """The fields nearest to the peak, in filter blocks: enough of a plan to be shown and sent."""
    assert localization.sky_map is not None
    telescope = TELESCOPES["ZTF"]
    grid = telescope.read_grid()
    peak = SkyCoord(localization.sky_map.peak_ra, localization.sky_map.peak_dec, unit=u.deg)
    separation = grid.coord.separation(peak).deg + np.where(grid.is_primary, 0, 360)
    nearest = np.argsort(separation)[:most_fields]
    begin = Time(start)
    exposures = [
        PlannedExposure(
            field_id=int(grid.field_id[index]),
            ra=grid.coord.ra[index],
            dec=grid.coord.dec[index],
            filter=name,
            start=begin + (block * 30 * u.min + number * 40 * u.s),
            exposure_time=30 * u.s,
            airmass=1.2,
            probability=float(0.3 * np.exp(-separation[index] / 5)),
            visit=block,
        )
        for block, name in enumerate(filters)
        for number, index in enumerate(nearest)
    ]
    end = exposures[-1].start + 30 * u.s
    request = ObservingRequest(
        start=begin,
        end=begin + 12 * u.h,
        filters=filters,
        exposure_time=dict.fromkeys(filters, 30 * u.s),
    )
    statistics = {
        "probability": 0.71,
        "probability_all_filters": 0.69,
        "area": 280.5,
        "area_all_filters": 270.0,
        "exposures": len(exposures),
        "fields": most_fields,
        "start": exposures[0].start.isot + "Z",
        "end": end.isot + "Z",
        "exposure_time": 30.0 * len(exposures),
        "total_time": float((end - exposures[0].start).to_value(u.s)),
        "upper_bound": 0.75,
        "optimality_gap": 0.08,
        "solve_time": 0.1,
    }
    return ObservingPlan("ZTF", "greedy", request, tuple(exposures), statistics)


def add_preflight(session: Session, plan: Plan, *findings: tuple[str, str]) -> Preflight:
    row = Preflight(
        plan_id=plan.id,
        asked_by="observer",
        program=plan.program or PROGRAM,
        done_at=now(),
        findings=[{"level": level, "words": words} for level, words in findings],
    )
    session.add(row)
    session.commit()
    return row


def add_submission(
    session: Session, plan: Plan, state: SubmissionState = SubmissionState.ACCEPTED
) -> Submission:
    row = Submission(
        plan_id=plan.id,
        telescope=plan.telescope,
        idempotency_key=f"key-{next(_numbers):08d}",
        queue_name=f"ToO_{plan.id}_{next(_numbers)}",
        state=state,
        approved_by="observer",
    )
    session.add(row)
    session.commit()
    return row


def add_program(
    session: Session, *members: Person, hours: float = 10.0, name: str = PROGRAM, **values: Any
) -> Program:
    """A program of ZTF's that has time now."""
    row = Program(
        **{
            "telescope": "ZTF",
            "name": name,
            "semester": "this one",
            "begins_at": now() - timedelta(days=60),
            "ends_at": now() + timedelta(days=60),
            "hours": hours,
            "rules_may_charge": False,
            "members": list(members),
            **values,
        }
    )
    session.add(row)
    session.commit()
    return row


def add_object(session: Session, event: Event, object_id: str, **values: Any) -> KeptAlert:
    """An alert in the region of an event's current map."""
    row = KeptAlert(
        **{
            "survey": "ZTF",
            "candid": str(next(_numbers)),
            "object_id": object_id,
            "ra": 10.0,
            "dec": 20.0,
            "hpx29": 0,
            "observed_at": now(),
            "filter": "g",
            "magnitude": 19.5,
            "real_bogus": 0.9,
            **values,
        }
    )
    session.add(row)
    session.flush()
    session.add(
        AlertLevel(
            alert_id=row.id,
            localization_id=event.current_localization_id,
            event_id=event.id,
            level=0.2,
        )
    )
    session.commit()
    return row


def add_replacement(session: Session, submission: Submission, plan: Plan) -> Replacement:
    row = Replacement(
        event_id=plan.event_id,
        submission_id=submission.id,
        plan_id=plan.id,
        state=ReplacementState.OFFERED,
        difference={
            "executed": 5,
            "kept": 2,
            "added": 7,
            "dropped": 4,
            "added_fields": [700, 701],
            "dropped_fields": [650],
            "probability": [0.41, 0.73],
            "probability_all_filters": [0.4, 0.7],
        },
    )
    session.add(row)
    session.commit()
    return row


def add_exposures(session: Session, submission: Submission, number: int) -> list[Exposure]:
    """Execute the first `number` exposures of the submitted plan."""
    rows = [
        Exposure(
            telescope=submission.telescope,
            exposure_id=str(next(_numbers)),
            submission_id=submission.id,
            queue_name=submission.queue_name,
            field_id=planned.field_id,
            ra=planned.ra,
            dec=planned.dec,
            hpx29=int(hpx29(SkyCoord(planned.ra, planned.dec, unit=u.deg))),
            filter=planned.filter,
            start=planned.start,
            exposure_time=planned.exposure_time,
            detectors=list(range(64)),
            airmass=planned.airmass,
            seeing=2.0,
            limiting_magnitude=20.5,
        )
        for planned in submission.plan.exposures[:number]
    ]
    session.add_all(rows)
    session.commit()
    return rows


def add_import(session: Session, event: Event) -> ExposureImport:
    """An upload whose one row was rejected."""
    row = ExposureImport(
        event_id=event.id,
        telescope="ZTF",
        source=Source.UPLOADED,
        name="night.csv",
        rejected=[{"row": 2, "reason": "ZTF has no field 9999999", "text": "9999999,g"}],
        made_by="observer",
    )
    session.add(row)
    session.commit()
    return row


def add_coverage(session: Session, event: Event, probability: float = 0.2) -> Coverage:
    """What `workflows.track.cover` would store of a few exposures."""
    assert event.current_localization_id is not None
    row = Coverage(
        localization_id=event.current_localization_id,
        telescope="ZTF",
        event_id=event.id,
        exposures=3,
        probability=probability,
        probability_twice=probability / 2,
        area=90.0,
        area_twice=40.0,
        by_filter={"g": {"probability": probability}},
        series=[["2026-01-01T00:00:00Z", probability, probability / 2]],
    )
    session.add(row)
    session.commit()
    return row


def add_night(
    session: Session, event: Event, telescope: str = "ZTF", ahead: int = 0
) -> RegionNightRow:
    """What `workflows.observability.nights` would store of tonight, or of a night after it."""
    localization = event.current_localization
    assert localization is not None
    where, skymap = TELESCOPES[telescope], load_skymap(session, localization)
    night = night_at(where.site, now()) + timedelta(days=ahead)
    found = region_night(*skymap.cells(), skymap.peak(), where, night)
    row = RegionNightRow(
        localization_id=localization.id,
        telescope=telescope,
        night=night,
        starts_at=found.start.to_datetime(timezone=UTC),
        numbers=numbers_of(found, where),
    )
    session.add(row)
    session.commit()
    return row


def add_circular(session: Session, event: Event) -> CircularDraft:
    row = CircularDraft(
        event_id=event.id,
        telescopes=["ZTF"],
        subject=f"LIGO/Virgo/KAGRA {event.name}: observations with ZTF",
        text="We observed the region of the trigger and obtained {ZTF.images=12 images}.",
        body="We observed the region of the trigger and obtained 12 images.\n",
        values={"ZTF.images": {"text": "12 images", "source": "executed exposures of ZTF"}},
        facts={"event_name": event.name},
        request={"telescopes": ["ZTF"]},
        author="observer",
        changed_by="observer",
    )
    session.add(row)
    session.commit()
    return row


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
