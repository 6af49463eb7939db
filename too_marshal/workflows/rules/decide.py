"""Does a rule apply? Every answer is kept with its reasons.

A rule is asked twice: of a notice, whether people are told; of a localization that is ready,
whether a plan is made, and whether people are told who could not be told before there was a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization
from too_marshal.db.notices import ReceivedNotice
from too_marshal.db.plans import PlanRule, RuleDecision
from too_marshal.notices.notice import Kind
from too_marshal.workflows.rules.ages import Purpose, age_of, too_old

NO_MAP = "it has no sky map"
RETRACTED = "the event is retracted"
PLANNED_BEFORE = "an earlier rule plans for its telescope"

_NOTICE, _LOCALIZATION = "notice", "localization"


@dataclass(frozen=True)
class Case:
    """What a rule is asked about."""

    event: Event
    """As all notices so far have it."""

    kind: str
    """Kind of the notice: initial, update, retraction or test."""

    place: Localization | None
    """What the notice says of the position, once its map is ready."""

    age: timedelta = timedelta(0)
    """Of the event, when the rule is asked."""


def reasons_against(
    rule: PlanRule, case: Case, purposes: Sequence[Purpose] | None = None
) -> list[str]:
    """Every reason why a rule does not apply; none means that it does.

    A condition on something that the event does not tell is not met: a rule that asks for
    HasNS says nothing about a gamma-ray burst. The event's age is a reason where it is too old
    for each of the `purposes`; unless given, all that the rule has but submission.
    """
    if purposes is None:
        purposes = _purposes(plans=rule.plans, tells=rule.notifies)
    return [
        *_of_the_event(rule, case.event, case.kind),
        *_of_the_age(rule, case.age, purposes),
        *_of_the_classes(rule, case.event),
        *_of_the_place(rule, case.place),
    ]


def _purposes(*, plans: bool, tells: bool) -> list[Purpose]:
    return [Purpose.PLAN] * plans + [Purpose.TELL] * tells


def needs_map(rule: PlanRule) -> bool:
    """Whether the rule asks for something that only a ready map tells."""
    return (rule.maximum_area, rule.maximum_distance, rule.maximum_radius) != (None, None, None)


def decide_notice(session: Session, event: Event, notice: ReceivedNotice) -> list[PlanRule]:
    """Ask every rule that tells people about a notice; keep the answers, not committed.

    Returns
    -------
    list of PlanRule
        Those that apply, the first time that this is asked: nobody is told twice.
    """
    case = Case(event, notice.kind or "", None, age_of(session, event))
    found = []
    for rule in _enabled(session):
        if rule.notifies:
            against = reasons_against(rule, case, [Purpose.TELL])
            if keep_decision(session, rule, event, _NOTICE, notice.id, against) and not against:
                found.append(rule)
    return found


def decide_localization(
    session: Session, event: Event, place: Localization
) -> tuple[list[PlanRule], list[PlanRule]]:
    """Ask every rule about a localization; keep the answers, not committed.

    Parameters
    ----------
    session, event, place
        A localization whose map is ready.

    Returns
    -------
    list of PlanRule, list of PlanRule
        Rules that plan, one a telescope; and rules that tell people only now that there is a map.
    """
    notice = session.get_one(ReceivedNotice, place.notice_id)
    case = Case(event, notice.kind or "", place, age_of(session, event))
    planning: dict[str, PlanRule] = {}
    telling = []
    for rule in _enabled(session):
        tells = rule.notifies and needs_map(rule)
        if not rule.plans and not tells:
            continue
        against = reasons_against(rule, case, _purposes(plans=rule.plans, tells=tells))
        is_met = not against
        # Of a rule that does both, one may come too late, and that is said beside the other.
        late = {purpose: too_old(rule, case.age, purpose) for purpose in Purpose}
        if rule.plans and rule.telescope in planning:
            against.append(PLANNED_BEFORE)
        aside = []
        if is_met and tells and rule.plans:
            aside = [f"no plan: {why}" for why in late[Purpose.PLAN]]
            aside += [f"nobody is told: {why}" for why in late[Purpose.TELL]]
        is_first = keep_decision(session, rule, event, _LOCALIZATION, place.id, against, aside)
        if tells and is_met and is_first and not late[Purpose.TELL]:
            telling.append(rule)
        if rule.plans and not against and not late[Purpose.PLAN]:
            planning[rule.telescope] = rule
    return list(planning.values()), telling


def keep_decision(  # noqa: PLR0913, PLR0917 - what a decision is
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


def _of_the_event(rule: PlanRule, event: Event, kind: str) -> Iterator[str]:
    if rule.streams and event.stream not in rule.streams:
        yield f"its stream is {event.stream}"
    if kind == Kind.INFORMATION.value or (rule.kinds and kind not in rule.kinds):
        yield f"the notice is of kind {kind}"
    if event.is_retracted and kind != Kind.RETRACTION.value:
        yield RETRACTED
    if event.is_test and not rule.tests:
        yield "it is a test event"
    if rule.significant_only and not event.is_significant:
        yield "it is not significant"
    for flag in sorted(set(rule.excluded_flags) & set(event.flags)):
        yield f"it is flagged {flag!r}"
    if rule.maximum_far is not None and not (
        event.far is not None and event.far <= rule.maximum_far
    ):
        yield f"its false-alarm rate is not below {rule.maximum_far:g} Hz"


def _of_the_age(rule: PlanRule, age: timedelta, purposes: Sequence[Purpose]) -> list[str]:
    against = [too_old(rule, age, purpose) for purpose in purposes]
    return list(dict.fromkeys(chain.from_iterable(against))) if all(against) else []


def _of_the_classes(rule: PlanRule, event: Event) -> Iterator[str]:
    if rule.minimum_astrophysical is not None:
        terrestrial = event.classification.get("Terrestrial")
        if terrestrial is None or 1 - terrestrial < rule.minimum_astrophysical:
            yield f"its astrophysical probability is not {rule.minimum_astrophysical:g} or more"
    if rule.minimum_has_ns is not None and not (
        event.properties.get("HasNS", -1.0) >= rule.minimum_has_ns
    ):
        yield f"its HasNS is not {rule.minimum_has_ns:g} or more"
    wanted = rule.minimum_classes
    if wanted and not any(
        event.classification.get(name, -1.0) >= least for name, least in wanted.items()
    ):
        listed = ", ".join(f"{name} {least:g}" for name, least in sorted(wanted.items()))
        yield f"no class reaches its least probability ({listed})"
    if rule.duration_classes:
        duration = str(event.attributes.get("duration_class") or "unknown").lower()
        if duration not in rule.duration_classes:
            yield f"its duration is {duration}"


def _of_the_place(rule: PlanRule, place: Localization | None) -> Iterator[str]:
    sky_map = None if place is None else place.sky_map
    if place is None or sky_map is None:
        if rule.plans or needs_map(rule):
            yield NO_MAP
        return
    if rule.maximum_area is not None and sky_map.area_90 > rule.maximum_area:
        yield f"its 90 % area is {sky_map.area_90:.4g} deg2, above {rule.maximum_area:g}"
    if rule.maximum_distance is not None and not (
        sky_map.distance_mean is not None and sky_map.distance_mean <= rule.maximum_distance
    ):
        yield f"its distance is not below {rule.maximum_distance:g} Mpc"
    if rule.maximum_radius is not None:
        radius = place.description.get("radius", place.description.get("semi_major"))
        if radius is None or radius > rule.maximum_radius:
            yield f"its error radius is not {rule.maximum_radius:g} deg or less"
