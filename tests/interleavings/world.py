"""The one database on which histories are played, and what stands in it before each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from planners.files.plan_files import plan_to_json, request_from_json
from telescopes import TELESCOPES
from tests.interleavings.canned import EXPOSURES, Canned
from tests.interleavings.database import Questions
from tests.interleavings.robot import WiredRobots
from tests.too_marshal.factories import add_event, add_localization, circle_map
from too_marshal import clock
from too_marshal.db.base import session_factory
from too_marshal.db.events import Event
from too_marshal.db.localizations import LocalizationState
from too_marshal.db.observing.plans import Plan, PlanRule, PlanState
from too_marshal.workflows.planning.plan import store_plan

TOUCHED = (
    "posted_pointing",
    "replacement",
    "preflight",
    "exposure",
    "coverage",
    "delivery",
    "submission",
    "planned_exposure",
    "plan",
    "rule_decision",
    "activity",
    "switch",
    "robot_queue",
    "job_death",
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_workers",
)
"""Tables that a history writes, those that refer to others first."""

SHIFTS = (0, 3, 7)
"""Fields by which the event's maps are moved."""

WORKERS = (1, 2, 3)
"""Numbers of the workers, as the task queue knows them."""


def coming_night() -> Time:
    """Midnight at Palomar, so far ahead that no job of a history is due by the database's clock."""
    at = datetime.now(UTC) + timedelta(days=30)
    return Time(at.replace(hour=8, minute=0, second=0, microsecond=0))


class Stage:
    """The database that all histories of a process use, one after the other."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions: sessionmaker[Session] = session_factory(engine)
        self.midnight = coming_night()
        self.start = self.midnight.to_datetime(timezone=UTC) - timedelta(minutes=5)
        self.robots = WiredRobots()
        with clock.kept_by(lambda: self.start), self.sessions() as session:
            self._furnish(session)
        with engine.begin() as connection:
            kept = {
                name: connection.scalar(text(f"SELECT max(id) FROM {name}"))
                for name in ("plan", "planned_exposure", "activity")
            }
        self.questions = Questions(engine)
        self._statements = self._to_reset(kept)

    def _furnish(self, session: Session) -> None:
        right_ascension = float(self.midnight.sidereal_time("mean", -116.86).deg)
        event = add_event(session)
        localizations = [
            add_localization(session, event, circle_map(right_ascension, 30.0, 1.5)) for _ in SHIFTS
        ]
        for localization in localizations[1:]:
            localization.state = LocalizationState.PENDING
        event.current_localization_id = localizations[0].id
        self.canned = Canned(
            _nearest_fields(right_ascension, EXPOSURES + max(SHIFTS)),
            {
                localization.id: shift
                for localization, shift in zip(localizations, SHIFTS, strict=True)
            },
        )
        rule = self._the_rule(session)
        plans = [
            self._plan(session, event, timedelta(0), 0.0),
            self._plan(session, event, timedelta(minutes=2), 120.0),
        ]
        plans[0].rule_id = rule.id
        session.commit()
        self.event_id, self.localizations = (
            event.id,
            [localization.id for localization in localizations],
        )
        self.plans = [plan.id for plan in plans]

    def _the_rule(self, session: Session) -> PlanRule:
        """One rule that plans and submits, of those that there are by default."""
        rules = session.scalars(select(PlanRule).order_by(PlanRule.id)).all()
        for rule in rules:
            rule.enabled = rule is rules[0]
        rule = rules[0]
        rule.telescope, rule.planner = "ZTF", "greedy"
        rule.request = {**rule.request, "filters": ["g"]}
        rule.plans = rule.submits = True
        rule.notifies, rule.minimum_probability = False, None
        rule.conditions = {**rule.conditions, "maximum_area": None}
        return rule

    def _plan(self, session: Session, event: Event, wait: timedelta, gap: float) -> Plan:
        begin = self.midnight.to_datetime(timezone=UTC) + wait
        request = {
            "start": f"{Time(begin).isot}Z", "end": f"{Time(begin + timedelta(hours=2)).isot}Z",
            "filters": ["g"], "exposure_time": 30.0, "minimum_gap": gap, "airmass_limit": 2.5,
            "sun_altitude": -18.0, "moon_separation": 0.0,
        }  # fmt: skip
        made = self.canned.make(SHIFTS[0], TELESCOPES["ZTF"], request_from_json(request))
        plan = Plan(
            event_id=event.id,
            localization_id=event.current_localization_id,
            telescope="ZTF",
            planner="greedy",
            request=plan_to_json(made)["request"],
            state=PlanState.READY,
        )
        session.add(plan)
        session.flush()
        store_plan(session, plan, made)
        return plan

    def _to_reset(self, kept: dict[str, int | None]) -> list[str]:
        deletes = [
            f"DELETE FROM {name}" + (f" WHERE id > {kept[name]}" if name in kept else "")
            for name in TOUCHED
        ]
        workers = ", ".join(f"({number})" for number in WORKERS)
        return [
            "BEGIN",
            f"UPDATE event SET is_retracted = false WHERE id = {self.event_id}",
            f"UPDATE event SET current_localization_id = {self.localizations[0]}",
            *deletes,
            f"UPDATE localization SET state = 'pending' WHERE id > {self.localizations[0]}",
            "UPDATE plan SET state = 'ready', rescored = NULL",
            f"INSERT INTO procrastinate_workers (id) OVERRIDING SYSTEM VALUE VALUES {workers}",
            "COMMIT",
        ]

    def reset(self) -> None:
        """Make the database what it was before the first history."""
        self.questions.ask(*self._statements)


def _nearest_fields(right_ascension: float, number: int) -> tuple[tuple[int, float, float], ...]:
    """Fields around the zenith of Palomar at midnight, from one to the next."""
    grid = TELESCOPES["ZTF"].read_grid()
    peak = SkyCoord(right_ascension, 30.0, unit=u.deg)
    distance = grid.coord.separation(peak).deg + np.where(grid.is_primary, 0, 360)
    return tuple(
        (int(grid.field_id[i]), float(grid.coord.ra[i].deg), float(grid.coord.dec[i].deg))
        for i in np.argsort(distance)[:number]
    )
