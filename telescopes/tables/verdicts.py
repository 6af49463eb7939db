"""What a table of exposures says of itself: whether each of them was taken.

Logs of telescopes, queues and pipelines name planned, canceled and failed exposures beside those
that were taken. Only what a row's own words allow counts as executed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from telescopes.tables.table_rows import Row
from telescopes.tables.verdict_columns import Kind, VerdictColumn


class NotTaken(ValueError):
    """The row says of itself that the exposure was not taken, or is not good."""


def _names(text: str) -> frozenset[str]:
    """Words apart by blanks."""
    return frozenset(text.split())


_DECISIVE = frozenset({Kind.WORD, Kind.STATUS, Kind.TRUTH, Kind.FRACTION})
"""Where such columns are, one must say of each row that it was taken; a blank elsewhere says
nothing."""

_YES = _names(
    "true yes y t observed done complete completed executed success successful succeeded"
    " ok okay good taken finished accepted acquired exposed passed pass usable valid"
    " processed reduced archived delivered reported nominal"
)
_FILLERS = _names(
    "observation observations exposure exposures image obs status state successfully"
    " fully is was has been and all"
)
_NO = _names(
    "false no n f planned plan cancelled canceled cancel failed failure fail fails"
    " failing scheduled expected aborted abort rejected reject pending queued submitted"
    " requested expired skipped lost missed bad unusable error errors interrupted"
    " weathered withdrawn deleted unobserved incomplete unsuccessful invalid never"
    " upcoming future tentative proposed waiting running progress ongoing started stopped"
    " paused killed dropped discarded disabled ignored retracted terminated refused"
    " uncompleted unfinished untaken triggered approved timeout crashed faulted"
)
_NEGATIONS = frozenset({"not", "non", "un", "without", "cannot"})
_TRUTHS = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})

_ACCEPTED = "observed, completed, done, success and true are counted"
_REFUSED = "planned, cancelled, failed and false are not"


def check_taken(row: Row, columns: Sequence[VerdictColumn]) -> None:
    """Pass if the row says that the exposure was taken, or if its table says nothing of it.

    Raises
    ------
    NotTaken
        If a column says that it was not.
    ValueError
        If a column holds a word that is not known, or none where one is needed.
    """
    decisive = [column for column in columns if column.kind in _DECISIVE]
    is_taken = [_is_taken(row, column) for column in decisive]
    if decisive and not any(is_taken):
        headings = ", ".join(column.heading for column in decisive)
        raise ValueError(
            f"nothing stands in {headings}, which should say whether the exposure was taken:"
            f" {_ACCEPTED}, {_REFUSED}"
        )
    for column in columns:
        if column.kind not in _DECISIVE and not (column.kind is Kind.INTENT and decisive):
            _is_taken(row, column)


def _is_taken(row: Row, column: VerdictColumn) -> bool:
    """Whether a cell says that the exposure was taken; it may also say nothing."""
    text = row.values.get(column.heading)
    if text is None:
        return False
    verdict = _comment(text) if column.kind is Kind.COMMENT else _verdict(column, text)
    if verdict is False:
        raise NotTaken(
            f"{column.heading} is {text!r}: the exposure is marked as failed or not taken"
        )
    if verdict is None:
        raise ValueError(f"{column.heading} {text!r} is {_expected(column.kind)}")
    return True


def _expected(kind: Kind) -> str:
    """What a cell is not, and what it should be."""
    if kind is Kind.FLAGS:
        return "no quality flag: 0 is counted, any other number is not"
    if kind is Kind.FRACTION:
        return "no fraction from 0 to 1, nor from 0 to 100 %: more than 0 is counted"
    return (
        f"neither true nor false, nor a word that is known to say whether the exposure was taken:"
        f" {_ACCEPTED}, {_REFUSED}"
    )


def _verdict(column: VerdictColumn, text: str) -> bool | None:
    """Whether the exposure was taken; None if that is not understood."""
    number, is_truth = _number(text), text.lower() in _TRUTHS
    if column.kind is Kind.REASON:
        return number == 0 or text.lower() in {"no", "false", "n", "f"}
    if number is not None:
        return _of_number(column.kind, number)
    if is_truth and column.kind is Kind.FLAGS:
        return None
    verdict = _of_words(text)
    if is_truth and column.kind in {Kind.FAILURE, Kind.INTENT}:
        # "failed: yes" says the same as "failed: failed".
        return not verdict
    return verdict


def _of_number(kind: Kind, number: float) -> bool | None:
    if kind in {Kind.STATUS, Kind.FLAGS}:
        return number == 0
    if kind is Kind.FRACTION:
        return number > 0 if 0 <= number <= 100 else None
    if number in {0, 1}:
        return (number == 1) != (kind in {Kind.FAILURE, Kind.INTENT})
    return None


def _number(text: str) -> float | None:
    try:
        return float(text.removesuffix("%"))
    except ValueError:
        return None


def _words(text: str) -> list[str]:
    """Words of a cell in lower case; "NotObserved" and "not_observed" are two."""
    spelled = re.sub("n['\N{RIGHT SINGLE QUOTATION MARK}]t\\b", " not", text, flags=re.IGNORECASE)
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spelled)
    return re.findall(r"[^\W\d_]+", parted.lower())


def _of_words(text: str) -> bool | None:
    words = _words(text)
    if any(word in _NO for word in words):
        return False
    if any(word in _NEGATIONS for word in words):
        return False
    telling = [word for word in words if word not in _FILLERS]
    is_plain = not re.search(r"\d", text)
    return True if telling and is_plain and all(word in _YES for word in telling) else None


def _comment(text: str) -> bool:
    """False if a comment begins with nothing but a no, as in "failed: clouds"."""
    words = _words(re.split(r"[:;,.(]|\s-", text)[0])
    is_verdict = all(word in _NO | _YES | _FILLERS | _NEGATIONS for word in words)
    return not (is_verdict and _of_words(" ".join(words)) is False)
