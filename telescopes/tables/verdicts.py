"""What a table of exposures says of itself: whether each of them was taken.

Logs of telescopes, queues and pipelines name planned, canceled and failed exposures beside those
that were taken. Only what a row's own words allow counts as executed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from telescopes.tables.table_rows import Row


class NotTaken(ValueError):
    """The row says of itself that the exposure was not taken, or is not good."""


class Kind(Enum):
    """How the cells of a verdict column are to be read."""

    WORD = "word"
    """A word; a truth value says whether the exposure was taken."""

    STATUS = "status"
    """The same, but a number is IPAC's processing status: zero is good, anything else is not."""

    TRUTH = "truth"
    """True, or one, where it was taken."""

    FAILURE = "failure"
    """True, or one, where it was not taken."""

    INTENT = "intent"
    """True, or one, where it was to be taken; whether it was is for another column to say."""

    QUALITY = "quality"
    """A word where there is something to say."""

    FLAGS = "flags"
    """Zero where nothing is wrong: bits of a pipeline."""

    FRACTION = "fraction"
    """How much of it was processed, as a fraction or in percent: at zero there is nothing."""

    COMMENT = "comment"
    """Free text, in which only what says no by itself is understood."""


def _names(text: str) -> frozenset[str]:
    """Words apart by blanks."""
    return frozenset(text.split())


_HEADINGS = {
    Kind.STATUS: "status exposure_status obs_status observation_status processing_status"
    " ipac_status proc_status",
    Kind.WORD: "state exposure_state obs_state observation_state observing_status queue_status"
    " request_status status_text outcome result verdict disposition",
    Kind.QUALITY: "quality data_quality grade qa qa_status qc qc_status qcomment",
    Kind.TRUTH: "observed success successful succeeded good done complete completed executed taken"
    " acquired exposed finished ok valid usable accepted processed passed",
    Kind.FAILURE: "failed failure fail cancelled canceled aborted rejected skipped missed lost bad"
    " unobserved not_observed not_taken not_done not_completed invalid expired error incomplete"
    " withdrawn deleted",
    Kind.INTENT: "planned scheduled expected queued pending requested submitted",
    Kind.FLAGS: "flag flags quality_flag quality_flags image_quality_flag qflag qflags qa_flag"
    " qc_flag bad_bits infobits status_flag status_flags status_code error_code",
    Kind.FRACTION: "processed_fraction fraction_processed proc_fraction completed_fraction"
    " fraction_completed fraction_observed observed_fraction percent_complete percent_completed"
    " percent_processed percent_observed",
    Kind.COMMENT: "comment comments remark remarks note notes",
}
# The width of the image is called `image_quality`, and is no verdict.

_BY_HEADING = {
    name.replace("_", ""): kind for kind, names in _HEADINGS.items() for name in names.split()
}

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


@dataclass(frozen=True)
class VerdictColumn:
    """A column that says of each row whether the exposure was taken."""

    heading: str
    """As it stands in the file."""

    kind: Kind
    """How its cells are read."""


def match_verdicts(headings: Sequence[str]) -> tuple[VerdictColumn, ...]:
    """Columns of a table that say whether its exposures were taken.

    Headings are compared in lower case, without marks, brackets and a leading "is" or "was".
    """
    kinds = {heading: _kind(heading) for heading in headings}
    return tuple(VerdictColumn(heading, kind) for heading, kind in kinds.items() if kind)


def _kind(heading: str) -> Kind | None:
    name = re.sub(r"[^a-z]", "", re.split(r"[\[(]", heading.lower())[0])
    for bare in (name, name.removeprefix("is"), name.removeprefix("was")):
        if bare in _BY_HEADING:
            return _BY_HEADING[bare]
    # Of something else: the state of a dome is no verdict, unless it is a failure.
    return Kind.COMMENT if name.endswith(("status", "state")) else None


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
