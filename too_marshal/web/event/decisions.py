"""What the rules decided of an event, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from too_marshal.db.observing.plans import RuleDecision


@dataclass(frozen=True)
class Subject:
    """What the rules were asked about: a notice, or a position with its map."""

    notice_id: int | None
    localization_id: int | None


def by_subject(rows: Sequence[RuleDecision]) -> list[tuple[Subject, list[RuleDecision]]]:
    """Group decisions by what they are about: the latest first, and first the rules that apply."""
    grouped: dict[Subject, list[RuleDecision]] = {}
    for row in rows:
        is_notice = row.subject == "notice"
        subject = Subject(
            row.subject_id if is_notice else None, None if is_notice else row.subject_id
        )
        grouped.setdefault(subject, []).append(row)
    return [
        (subject, sorted(decided, key=lambda row: (not row.applies, row.id)))
        for subject, decided in grouped.items()
    ]
