"""Plans, their exposures, and the rules by which plans are made."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from too_marshal.db.base import MARSHAL, Base, Utc, now
from too_marshal.db.documents import PlanCurve, PlanRequest, PlanRescored, PlanStatistics
from too_marshal.db.events import Event
from too_marshal.db.galaxies import GalaxyTable
from too_marshal.db.localizations import Localization

MAXIMUM_AGE_TO_PLAN, MAXIMUM_AGE_TO_TELL, MAXIMUM_AGE_TO_SUBMIT = 168.0, 168.0, 24.0
"""Usual limits, h. A gravitational-wave map is still improved, and a kilonova still seen, days
after the merger; who has planned by a map must hear of the better one, or of a retraction. Nothing
of yesterday is sent without a person."""


_HOURS = Float().evaluates_none()
"""Of which none is a value, no limit, and not the lack of one."""


class PlanRule(Base):
    """When a plan is made by itself, and what is asked of it. A null condition always holds."""

    __tablename__ = "plan_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, comment="when it applies, as workflows.rules.conditions has it"
    )
    maximum_age_to_plan: Mapped[float | None] = mapped_column(
        _HOURS, default=MAXIMUM_AGE_TO_PLAN, comment="h; no plan is made of an older event"
    )
    maximum_age_to_tell: Mapped[float | None] = mapped_column(
        _HOURS, default=MAXIMUM_AGE_TO_TELL, comment="h; nobody is told of an older event"
    )
    maximum_age_to_submit: Mapped[float | None] = mapped_column(
        _HOURS,
        default=MAXIMUM_AGE_TO_SUBMIT,
        comment="h; an older event's plan is left to a person",
    )
    plans: Mapped[bool] = mapped_column(default=True, comment="whether it makes a plan")
    notifies: Mapped[bool] = mapped_column(default=False, comment="whether it tells people")
    wakes: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="whether it wakes who is on call"
    )
    submits: Mapped[bool] = mapped_column(
        default=False, comment="whether its plan is submitted without a person"
    )
    minimum_probability: Mapped[float | None] = mapped_column(
        comment="of the plan in all filters, to be submitted without a person, 0 to 1"
    )
    channels: Mapped[list[str]] = mapped_column(
        JSONB,
        default=list,
        comment="by which people are told; empty: every one that is configured",
    )
    tags: Mapped[list[str]] = mapped_column(
        JSONB, default=list, server_default="[]", comment="that it gives the event"
    )
    telescope: Mapped[str] = mapped_column(String(40))
    planner: Mapped[str] = mapped_column(String(20), default="optimal")
    program: Mapped[str] = mapped_column(String(40), default="")
    request: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, comment="what is asked of the planner, as a plan file has it"
    )
    deleted_at: Mapped[Utc | None] = mapped_column(
        comment="it is not asked any more, and can be restored"
    )
    deleted_by: Mapped[str | None] = mapped_column(String(80))


class RuleDecision(Base):
    """What a rule decided of a notice or a localization, and why: "why was I not woken?"."""

    __tablename__ = "rule_decision"
    __table_args__ = (
        # The first decision stays, however often the job is repeated.
        UniqueConstraint("rule_id", "subject", "subject_id"),
        Index(None, "event_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("plan_rule.id", ondelete="SET NULL"))
    rule_name: Mapped[str] = mapped_column(String(80), comment="as it was then")
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    subject: Mapped[str] = mapped_column(
        String(20), comment="notice: whether to tell people; localization: whether to plan"
    )
    subject_id: Mapped[int] = mapped_column(BigInteger)
    applies: Mapped[bool]
    reasons: Mapped[list[str]] = mapped_column(JSONB, comment="why it does not apply")
    decided_at: Mapped[Utc] = mapped_column(default=now)


class RuleTrial(Base):
    """A rule as it might be, asked about the notices of the last days."""

    __tablename__ = "rule_trial"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(
        ForeignKey("plan_rule.id"), comment="the rule to be changed, if any"
    )
    candidate: Mapped[dict[str, Any]] = mapped_column(
        JSONB, comment="the rule that is tried, as workflows.rules.fields has it"
    )
    days: Mapped[int] = mapped_column(comment="how far it looks back")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[Utc] = mapped_column(default=now)
    done: Mapped[int] = mapped_column(default=0, comment="notices asked about so far")
    total: Mapped[int | None] = mapped_column(comment="notices; null until it begins")
    result: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="counts and answers; null until it is done"
    )


class PlanState(StrEnum):
    """How far a plan has come."""

    COMPUTING = "computing"
    READY = "ready"
    EMPTY = "empty"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Plan(Base):
    """An observing plan on one localization for one telescope."""

    __tablename__ = "plan"
    __table_args__ = (
        # A rule makes one plan of a localization, however often it is asked.
        UniqueConstraint("localization_id", "rule_id"),
        Index(None, "event_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    localization_id: Mapped[int] = mapped_column(ForeignKey("localization.id"))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("plan_rule.id"))
    telescope: Mapped[str] = mapped_column(String(40))
    planner: Mapped[str] = mapped_column(String(20))
    program: Mapped[str] = mapped_column(String(40), default="")
    author: Mapped[str] = mapped_column(String(80), default=MARSHAL)
    request: Mapped[PlanRequest] = mapped_column(JSONB, comment="as in the plan file format")
    state: Mapped[PlanState] = mapped_column(String(20), default=PlanState.COMPUTING)
    remark: Mapped[str] = mapped_column(default="", comment="why it is empty or failed")
    statistics: Mapped[PlanStatistics] = mapped_column(JSONB, default=dict)
    document: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, deferred=True, comment="the plan in the plan file format"
    )
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("plan.id"),
        index=True,
        comment="the plan that it takes up: what was executed for the event then counts",
    )
    changed_from_id: Mapped[int | None] = mapped_column(
        ForeignKey("plan.id"), comment="the plan of which its author made this one by hand"
    )
    rescored: Mapped[PlanRescored | None] = mapped_column(
        JSONB, comment="localization_id, and the statistics on that later map"
    )
    galaxy_table_id: Mapped[int | None] = mapped_column(
        ForeignKey("galaxy_table.id"), comment="what the galaxies planner aims at"
    )
    has_chosen_map: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="a person wants it on this map, which was not the current one",
    )
    curve: Mapped[PlanCurve | None] = mapped_column(
        JSONB, comment="what telescope time buys; null until it is worked out"
    )
    created_at: Mapped[Utc] = mapped_column(default=now)
    begun_at: Mapped[Utc | None] = mapped_column(
        comment="when a worker began with it, the last time"
    )
    ready_at: Mapped[Utc | None]
    cancelled_at: Mapped[Utc | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(80))

    event: Mapped[Event] = relationship()
    localization: Mapped[Localization] = relationship()
    galaxy_table: Mapped[GalaxyTable | None] = relationship()
    exposures: Mapped[list[PlannedExposureRow]] = relationship(
        order_by="PlannedExposureRow.number", cascade="all, delete-orphan"
    )


class PlannedExposureRow(Base):
    """One exposure of a plan."""

    __tablename__ = "planned_exposure"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(comment="place in the order of time, from 0")
    field_id: Mapped[int]
    ra: Mapped[float] = mapped_column(comment="ICRS, deg")
    dec: Mapped[float] = mapped_column(comment="ICRS, deg")
    hpx29: Mapped[int] = mapped_column(BigInteger, index=True, comment="order-29 NESTED index")
    filter: Mapped[str] = mapped_column(String(10))
    start: Mapped[Utc]
    exposure_time: Mapped[float] = mapped_column(comment="s")
    airmass: Mapped[float]
    probability: Mapped[float]
    limiting_magnitude: Mapped[float | None] = mapped_column(comment="AB, 5 sigma, predicted")
