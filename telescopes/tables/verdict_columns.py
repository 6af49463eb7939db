"""Which columns of a table say whether its exposures were taken, and how each is to be read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum


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

    REASON = "reason"
    """Why, when or by whom it was not taken: whatever stands there says that it was not."""

    FLAGS = "flags"
    """Zero where nothing is wrong: bits of a pipeline."""

    FRACTION = "fraction"
    """How much of it was processed, as a fraction or in percent: at zero there is nothing."""

    COMMENT = "comment"
    """Free text, in which only what says no by itself is understood."""


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

_PREFIXES = frozenset({
    "is", "was", "has", "obs", "observation", "exposure", "exp", "image", "img", "tile", "field",
    "pointing", "target", "visit", "plan", "queue", "request", "final", "current", "telescope",
    "execution", "ztf", "ipac",
})  # fmt: skip
_ENDINGS = frozenset({"flag", "yn", "text", "word", "name"})
"""Words before and after such a name that do not change what it means."""

_FAILING = ("cancel", "abort", "fail", "reject", "skip", "error")
_REASONS = frozenset(
    ["reason", "cause", "at", "on", "time", "date", "by", "message", "comment", "note"]
)
"""Of a cancellation, a failure and the like; where there was none, nothing stands there."""

_OF_ANYTHING = frozenset(
    ["status", "state", "quality", "outcome", "result", "verdict", "flag", "flags"]
)


@dataclass(frozen=True)
class VerdictColumn:
    """A column that says of each row whether the exposure was taken."""

    heading: str
    """As it stands in the file."""

    kind: Kind
    """How its cells are read."""


def match_verdicts(
    headings: Sequence[str], quantities: Collection[str] = ()
) -> tuple[VerdictColumn, ...]:
    """Columns of a table that say whether its exposures were taken.

    Headings are compared in lower case, without marks and brackets, and without words such as "is",
    "observation" and "flag" around them.

    Parameters
    ----------
    headings
        As they stand in the file.
    quantities
        Headings that are known to be something else.
    """
    kinds = {heading: _kind(heading) for heading in headings if heading not in quantities}
    return tuple(VerdictColumn(heading, kind) for heading, kind in kinds.items() if kind)


def _kind(heading: str) -> Kind | None:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.split(r"[\[(]", heading)[0]).lower()
    words = re.findall(r"[a-z]+", text)
    for first, last in ((0, 0), (1, 0), (0, 1), (1, 1)):
        bare = words[first : len(words) - last]
        around = _PREFIXES.issuperset(words[:first]) and _ENDINGS.issuperset(words[-last:][:last])
        kind = _BY_HEADING.get("".join(bare))
        if kind and around:
            return kind
    if words and words[-1] in _REASONS and _of_failure(words[:-1]):
        return Kind.REASON
    # In capitals nothing parts the words: ABORTREASON.
    if len(words) == 1 and words[0].startswith(_FAILING) and words[0].endswith(tuple(_REASONS)):
        return Kind.REASON
    # Of something else: the state of a dome is no verdict, unless it says no by itself.
    return Kind.COMMENT if words and words[-1] in _OF_ANYTHING else None


def _of_failure(words: Sequence[str]) -> bool:
    return any(word.startswith(_FAILING) for word in words)
