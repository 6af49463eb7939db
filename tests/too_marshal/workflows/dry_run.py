"""A rule asked about every notice of the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from too_marshal.db.observing.plans import PlanRule
from too_marshal.workflows.rules.decide import failed_conditions
from too_marshal.workflows.rules.dry_run import USUAL_SPAN, Past, past_cases


@dataclass(frozen=True)
class Answer:
    """What the rule would have decided of one notice."""

    past: Past
    reasons: list[str]

    @property
    def event_id(self) -> int:
        return self.past.event.id

    @property
    def event_name(self) -> str:
        return self.past.event.name

    @property
    def localization_id(self) -> int | None:
        return None if self.past.case.localization is None else self.past.case.localization.id

    @property
    def applies(self) -> bool:
        return not self.reasons


def dry_run(session: Session, rule: PlanRule, span: timedelta = USUAL_SPAN) -> list[Answer]:
    """Ask a rule; the latest notice first."""
    cases = past_cases(session, span, limit=5000)
    return [Answer(past, failed_conditions(rule, past.case)) for past in cases]
