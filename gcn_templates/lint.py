"""Hold a circular against the rules of GCN, its style guide, and the grammar of numbers.

References
----------
GCN: "Circulars Style Guide", gcn.nasa.gov/docs/circulars/styleguide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from gcn_templates.bound import COLUMNS_OF_TABLE
from gcn_templates.gcn_rules import FORBIDDEN_IN_SUBJECT, event_in, events_in, is_recognized
from gcn_templates.words import ascii_only

MAX_LINES = 60
"""The style guide asks for fewer lines than this."""

MAX_COLUMNS = 80
"""Lines are broken before this column."""

MAX_TABLE_COLUMNS = 100
"""Rows of a table cannot be broken."""

MAX_SUBJECT = 200
"""Characters of a subject: the archive's list shows no more on two lines."""


class Level(StrEnum):
    """How much a finding matters."""

    FAULT = "fault"
    """GCN, or a reader, would not take the text: it cannot be approved."""

    ADVICE = "advice"
    """A person should look at it."""


@dataclass(frozen=True)
class Finding:
    """Something about a circular that is wrong, or may be."""

    level: Level
    """How much it matters."""

    where: str
    """The subject, the body, or a line of it."""

    words: str
    """What it is, in words."""

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


@dataclass(frozen=True)
class Circular:
    """A circular as it would be sent."""

    subject: str
    """One line."""

    body: str
    """Plain ASCII text, one event."""


def _fault(where: str, words: str) -> Finding:
    return Finding(Level.FAULT, where, words)


def _advice(where: str, words: str) -> Finding:
    return Finding(Level.ADVICE, where, words)


def subject_findings(subject: str) -> Iterator[Finding]:
    """Find what GCN would refuse in a subject."""
    where, lowered = "the subject", subject.lower()
    if not subject.strip():
        yield _fault(where, "is empty")
        return
    for word in FORBIDDEN_IN_SUBJECT:
        if word in lowered:
            yield _fault(where, f"contains {word!r}, by which GCN knows automatic replies")
    if not is_recognized(subject):
        yield _fault(where, "names no event that GCN would recognize")
    elif event_in(subject) is None:
        yield _advice(where, "has no name of an event under which GCN would file the circular")
    if "\n" in subject or "\r" in subject:
        yield _fault(where, "has more than one line")
    if len(subject) > MAX_SUBJECT:
        yield _fault(where, f"has {len(subject)} characters, {MAX_SUBJECT} are the most")
    yield from _strange(where, subject)
    for kind, names in events_in(subject).items():
        if len(names) > 1 and kind != "optical transient":
            # Two names of one day may be of one source, and have been.
            is_one_day = len({_DAY.sub("", name) for name in names}) == 1
            words = f"names {len(names)} events: {', '.join(sorted(names))}"
            yield _advice(where, words) if is_one_day else _fault(where, words)


_DAY = re.compile(r"[A-Za-z]+$")
"""The letters by which events of one day are told apart."""


def _strange(where: str, line: str) -> Iterator[Finding]:
    bad = sorted({letter for letter in line if not (letter.isascii() and letter.isprintable())})
    if bad:
        letters = "".join(bad)
        instead = ascii_only(letters)
        yield _fault(
            where,
            f"has characters that are not plain ASCII: {letters!r}"
            + (f" (as {instead!r})" if instead else ""),
        )


def _length(circular: Circular) -> Iterator[Finding]:
    lines = circular.body.splitlines()
    if not circular.body.strip():
        yield _fault("the body", "is empty")
    if len(lines) >= MAX_LINES:
        yield _fault("the body", f"has {len(lines)} lines, {MAX_LINES - 1} are the most")
    for number, line in enumerate(lines, start=1):
        limit = MAX_TABLE_COLUMNS if COLUMNS_OF_TABLE.search(line) else MAX_COLUMNS
        if len(line) > limit:
            yield _fault(f"line {number}", f"is longer than {limit} columns")


def _letters(circular: Circular) -> Iterator[Finding]:
    for number, line in enumerate(circular.body.splitlines(), start=1):
        yield from _strange(f"line {number}", line)


_MARKUP = (
    (re.compile(r"\\[a-zA-Z]+|\$[^$\n]+\$"), "LaTeX"),
    (re.compile(r"</?(?:[a-zA-Z]+|[a-zA-Z]+ [^>\n]*)>"), "HTML"),
    (re.compile(r"\{|\}"), "a brace"),
)
_SIGNATURE = re.compile(r"^(?:-- ?|(?:best|kind) regards,?|sent from my \w+.*)$", re.IGNORECASE)


def _markup(circular: Circular) -> Iterator[Finding]:
    for number, line in enumerate(circular.body.splitlines(), start=1):
        for pattern, what in _MARKUP:
            if (match := pattern.search(line)) is not None:
                yield _fault(f"line {number}", f"has {what}: {match[0]!r}")
        if _SIGNATURE.match(line.strip() if line != "-- " else line):
            yield _fault(f"line {number}", "reads like the end of a letter, or a signature")


_THING = (
    r"(?:image|exposure|observation|candidate|source|epoch|night|telescope|filter|"
    r"second|minute|hour|day|square degree|galax(?:y|ie))"
)
_ONE_OF_MANY = re.compile(
    rf"(?<![\d.,:-])1 (?!galaxy\b){_THING}s\b|(?<![\d.,:-])1 (?:image|exposure|candidate)\s+were\b"
)
_MANY_OF_ONE = re.compile(
    r"(?<![\d.,:-])(?:0|[2-9]|[1-9]\d+) (?:image|exposure|candidate|source|epoch|night)"
    r"(?=[.,;]|\s+(?:was|were|in|of|at|with|between|on)\b)"
    r"|(?<![\d.,:-])(?:[2-9]|[1-9]\d+) (?:images|exposures|candidates|sources)\s+was\b"
)


def _grammar(circular: Circular) -> Iterator[Finding]:
    text = circular.body.replace("\n", " ")
    for pattern in (_ONE_OF_MANY, _MANY_OF_ONE):
        for match in pattern.finditer(text):
            yield _fault("the body", f"has a singular where a plural stands, or both: {match[0]!r}")


_OWN_OPINION = re.compile(
    r"\b(?:unfortunately|surprisingly|amazing(?:ly)?|obviously)\b|!", re.IGNORECASE
)


def _one_event(circular: Circular) -> Iterator[Finding]:
    for kind, names in events_in(circular.subject).items():
        others = events_in(circular.body).get(kind, set()) - names
        if others and kind in {"gamma-ray burst", "gravitational wave", "neutrino"}:
            yield _advice(
                "the body",
                f"names another {kind}: {', '.join(sorted(others))}; a circular is about one event",
            )


def _style(circular: Circular) -> Iterator[Finding]:
    for number, line in enumerate(circular.body.splitlines(), start=1):
        if (match := _OWN_OPINION.search(line)) is not None:
            yield _advice(f"line {number}", f"has {match[0]!r}: only facts belong in a circular")


_RULES: tuple[Callable[[Circular], Iterator[Finding]], ...] = (
    _length, _letters, _markup, _grammar, _one_event, _style,
)  # fmt: skip


def findings(circular: Circular, event_name: str | None = None) -> list[Finding]:
    """Everything about a circular that is wrong or may be; faults first.

    Parameters
    ----------
    circular
        The text.
    event_name
        As the subject shall name the event; None: any event will do.
    """
    found = [*subject_findings(circular.subject)]
    if event_name is not None and event_name.lower() not in circular.subject.lower():
        found.append(_fault("the subject", f"does not name the event, {event_name}"))
    found += [finding for rule in _RULES for finding in rule(circular)]
    return sorted(found, key=lambda finding: finding.level != Level.FAULT)


def faults(circular: Circular, event_name: str | None = None) -> list[str]:
    """Every rule that a circular breaks, in words; none for a good one."""
    return [
        str(finding) for finding in findings(circular, event_name) if finding.level is Level.FAULT
    ]
