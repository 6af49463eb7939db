"""What a message says: on one screen, enough to decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.deployment.robots import Robots
from too_marshal.formatting import utc
from too_marshal.workflows.events.spoken import spoken_name
from too_marshal.workflows.incident.changes import last_change
from too_marshal.workflows.incident.next_step import next_step
from too_marshal.workflows.incident.standing import sending, standings
from too_marshal.workflows.incident.verdict import what_can_be_done, what_it_is
from too_marshal.workflows.observability.tonight import tonight

MAX_SUBJECT = 150

DRILL = "DRILL, no action at telescopes"


@dataclass(frozen=True)
class Content:
    """A message about an event."""

    subject: str
    """One line."""

    text: str
    """A few lines."""

    speech: str
    """For a voice."""


def content_of(
    session: Session, robots: Robots, event: Event, *, what: str = "", is_drill: bool = False
) -> Content:
    """Say what an event is, what of it can be reached until when, and what to do next.

    Parameters
    ----------
    session, robots
        Open session, and the robots of the deployment.
    event
        As it stands.
    what
        What is new, e.g. "updated"; empty: the event is.
    is_drill
        It is a drill, and the message says so first.
    """
    standing = standings(session, [event])[event.id]
    step = next_step(standing, sending(session, robots), now())
    verdict = what_it_is(standing)
    reach = what_can_be_done(standing, step, tonight(session, event))
    mark = f"{DRILL}: " if is_drill else ("TEST: " if event.is_test else "")
    name = spoken_name(event)
    headline = f"{mark}{name}{f' {what}' if what else ''}"
    when = "" if event.event_time is None else f"T0 {utc(event.event_time)}."
    lines = [f"{verdict}.", when, f"{reach}." if reach else "", f"Next: {step.text}."]
    return Content(
        subject=_cut(f"{headline}: {verdict}"),
        text="\n".join([headline, *_changes(session, event, what), *filter(None, lines)]),
        speech=_spoken(". ".join(filter(None, [headline, verdict, reach])) + "."),
    )


def retraction_of(event: Event, *, is_drill: bool = False) -> Content:
    """Say that an event was withdrawn."""
    mark = f"{DRILL}: " if is_drill else ("TEST: " if event.is_test else "")
    headline = f"{mark}{spoken_name(event)} is RETRACTED"
    text = f"{headline}\nThe mission has withdrawn it. What was queued for it is being withdrawn."
    return Content(_cut(headline), text, _spoken(headline))


def _changes(session: Session, event: Event, what: str) -> Sequence[str]:
    change = last_change(session, event) if what else None
    return [f"{'; '.join(change.lines)}."] if change is not None and change.lines else []


def _cut(line: str) -> str:
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}\N{HORIZONTAL ELLIPSIS}"


def _spoken(text: str) -> str:
    """Text without the signs that a voice stumbles over."""
    for sign, words in (("%", " percent"), ("deg²", " square degrees"), ("±", " plus or minus ")):
        text = text.replace(sign, words)
    return re.sub(r"\s+", " ", text).strip()
