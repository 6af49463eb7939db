"""Does a rule apply? Every answer is kept with its reasons.

A rule is asked twice: of a notice, whether people are told; of a localization that is ready,
whether a plan is made, and whether people are told who could not be told before there was a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.observing.plans import PlanRule, RuleDecision
from too_marshal.notices.notice import Kind
from too_marshal.workflows.rules.ages import Purpose, age_of, too_old
from too_marshal.workflows.rules.conditions import Case, Condition, RuleConditions

NO_MAP = "it has no sky map"
RETRACTED = "the event is retracted"
PLANNED_BEFORE = "an earlier rule plans for its telescope"

_NOTICE, _LOCALIZATION = "notice", "localization"


def failed_conditions(
    rule: PlanRule, case: Case, purposes: Sequence[Purpose] | None = None
) -> list[str]:
    """Every reason why a rule does not apply; none means that it does.

    A condition on something that the event does not tell is not met: a rule that asks for
    HasNS says nothing about a gamma-ray burst. The event's age is a reason where it is too old
    for each of the `purposes`; unless given, all that the rule has but submission.
    """
    if purposes is None:
        purposes = _purposes(plans=rule.plans, tells=calls(rule))
    return [
        *_of_the_event(case),
        *_of_the_age(rule, case.age, purposes),
        *_of_the_conditions(rule, case, plans=Purpose.PLAN in purposes),
    ]


def _purposes(*, plans: bool, tells: bool) -> list[Purpose]:
    return [Purpose.PLAN] * plans + [Purpose.TELL] * tells


def calls(rule: PlanRule) -> bool:
    """Whether the rule tells people, or wakes them."""
    return rule.notifies or rule.wakes


def needs_map(rule: PlanRule) -> bool:
    """Whether the rule asks for something that only a ready map tells."""
    return any(condition.needs_map for condition, _ in conditions_of(rule))


def decide_notice(session: Session, event: Event, notice: ReceivedNotice) -> list[PlanRule]:
    """Ask every rule that tells people, or tags, about a notice; keep the answers, not committed.

    Returns
    -------
    list of PlanRule
        Those that apply, the first time that this is asked: nobody is told twice.
    """
    case = Case(event, notice.kind or "", None, age_of(session, event))
    matching = []
    for rule in _enabled(session):
        if calls(rule) or rule.tags:
            against = failed_conditions(rule, case, _purposes(plans=False, tells=calls(rule)))
            if store_decision(session, rule, event, _NOTICE, notice.id, against) and not against:
                matching.append(rule)
    return matching


def decide_localization(
    session: Session, event: Event, localization: Localization
) -> tuple[list[PlanRule], list[PlanRule], list[PlanRule]]:
    """Ask every rule about a localization; keep the answers, not committed.

    Parameters
    ----------
    session, event, localization
        A localization whose map is ready.

    Returns
    -------
    list of PlanRule, list of PlanRule, list of PlanRule
        Rules that plan, one a telescope; rules that tell people only now that there is a map; and
        rules that tag the event only now.
    """
    notice = session.get_one(ReceivedNotice, localization.notice_id)
    case = Case(event, notice.kind or "", localization, age_of(session, event))
    planning: dict[str, PlanRule] = {}
    notifying, tagging = [], []
    for rule in _enabled(session):
        tells = calls(rule) and needs_map(rule)
        tags = bool(rule.tags) and needs_map(rule)
        if not (rule.plans or tells or tags):
            continue
        against = failed_conditions(rule, case, _purposes(plans=rule.plans, tells=tells))
        is_met = not against
        # Of a rule that does both, one may come too late, and that is said beside the other.
        late = {purpose: too_old(rule, case.age, purpose) for purpose in Purpose}
        is_planned = rule.plans and rule.telescope in planning
        aside = []
        if is_met and tells and rule.plans:
            aside = [f"no plan: {why}" for why in late[Purpose.PLAN]]
            aside += [f"nobody is told: {why}" for why in late[Purpose.TELL]]
        # A rule that tells people all the same does apply.
        if is_planned and is_met and tells and not late[Purpose.TELL]:
            aside.append(f"no plan: {PLANNED_BEFORE}")
        elif is_planned:
            against.append(PLANNED_BEFORE)
        is_first = store_decision(
            session, rule, event, _LOCALIZATION, localization.id, against, aside
        )
        if tells and is_met and is_first and not late[Purpose.TELL]:
            notifying.append(rule)
        if tags and is_met and is_first:
            tagging.append(rule)
        if rule.plans and not against and not is_planned and not late[Purpose.PLAN]:
            planning[rule.telescope] = rule
    return list(planning.values()), notifying, tagging


def store_decision(  # noqa: PLR0913, PLR0917 - what a decision is
    session: Session,
    rule: PlanRule,
    event: Event,
    subject: str,
    subject_id: int,
    against: list[str],
    aside: Sequence[str] = (),
) -> bool:
    """Keep what a rule decided; False if it has decided before: the first decision stays.

    What is said `aside` is kept with the reasons `against` it, and is none of them.
    """
    added = session.execute(
        insert(RuleDecision)
        .values(
            rule_id=rule.id,
            rule_name=rule.name,
            event_id=event.id,
            subject=subject,
            subject_id=subject_id,
            applies=not against,
            reasons=[*against, *aside],
            decided_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(RuleDecision.id)
    )
    return added.first() is not None


def decisions_of(session: Session, event_id: int, limit: int = 300) -> list[RuleDecision]:
    """What every rule decided of an event, the latest first."""
    query = (
        select(RuleDecision)
        .where(RuleDecision.event_id == event_id)
        .order_by(RuleDecision.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def _enabled(session: Session) -> list[PlanRule]:
    asked = PlanRule.enabled & PlanRule.deleted_at.is_(None)
    return list(session.scalars(select(PlanRule).where(asked).order_by(PlanRule.id)))


def conditions_of(rule: PlanRule) -> list[tuple[Condition, Any]]:
    """Each condition that a rule sets, with its value."""
    return list(RuleConditions.model_construct(**rule.conditions).set_conditions())


def _of_the_event(case: Case) -> Iterator[str]:
    if case.event.is_retracted and case.kind != Kind.RETRACTION.value:
        yield RETRACTED


def _of_the_age(rule: PlanRule, age: timedelta, purposes: Sequence[Purpose]) -> list[str]:
    against = [too_old(rule, age, purpose) for purpose in purposes]
    return list(dict.fromkeys(chain.from_iterable(against))) if all(against) else []


def _of_the_conditions(rule: PlanRule, case: Case, *, plans: bool) -> Iterator[str]:
    has_map = case.localization is not None and case.localization.sky_map is not None
    if not has_map and (plans or needs_map(rule)):
        yield NO_MAP
    case = replace(case, telescope=rule.telescope or "")
    for condition, value in conditions_of(rule):
        if has_map or not condition.needs_map:
            yield from condition.against(value, case)
