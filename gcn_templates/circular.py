"""Write a circular from facts, and hold it against the rules of GCN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from gcn_templates.facts import Facts

FORBIDDEN_IN_SUBJECT = (
    "this is an automatic reply",
    "automatic reply: ",
    "auto reply",
    "autoreply",
    "vacation",
    "out of the office",
    "out of office",
    "out of town",
    "away from my mail",
    "returned mail",
    "delivery failure",
    "re: ",
    "fwd: ",
    " r: ",
    " ris: ",
    "subject:",
    "draft",
)
"""Substrings with which GCN refuses a subject, whatever the case (gcn.nasa.gov, circulars)."""

KEYWORDS = (
    *("AGILE", "ALMA", "AMON", "ANTARES", "AXP", "Baksan Neutrino Observatory Alert", "CALET"),
    *("Chandra", "COLIBRI", "EP", "Fermi", "FRB", "FXT", "GOTO", "GRANDMA", "GRB"),
    *("GW", "HAWC", "HST", "IBAS", "IceCube", "INTEGRAL", "IPN", "JCMT"),
    *("KAGRA", "KamLAND", "KONUS", "LIGO", "LOFAR", "LVC", "LVK", "LXT", "MAGIC", "MASTER", "MAXI"),
    *("Nova", "NuEM", "Pan-STARRS", "POLAR", "RATIR", "SDSS", "SFXT", "SGR", "SN"),
    *("Super-Kamiokande", "Supernova", "Suzaku", "SVOM", "Swift"),
    *("transient", "VLA", "VLBI", "XRB", "XRF", "XRT", "XTR", "Virgo", "ZTF"),
)
"""One of these must stand in a subject, whatever the case (github.com/nasa-gcn/gcn.nasa.gov,
`app/routes/circulars/circulars.lib.ts`)."""

MAX_LINES = 60
"""GCN's style guide asks for fewer lines than this."""

MAX_COLUMNS = 80
"""Lines are broken before this column."""


class CircularFault(Exception):
    """A circular breaks a rule of GCN; the message names the rule and the place."""


@dataclass(frozen=True)
class Circular:
    """A circular as it would be sent by hand."""

    subject: str
    """One line."""

    body: str
    """Plain ASCII text, one event."""


def counted(count: int, thing: str) -> str:
    """So many of a thing, in words: "1 exposure", "2 exposures"."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gcn_templates", "."),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["counted"] = counted
    environment.filters["utc"] = lambda when: when.strftime("%Y-%m-%d %H:%M:%S UTC")
    environment.filters["percent"] = lambda value: f"{100 * value:.1f}"
    return environment


def write(facts: Facts) -> Circular:
    """Write the circular.

    Raises
    ------
    CircularFault
        If what comes out breaks a rule of GCN.
    """
    subject = _environment().get_template("observations.subject.txt.jinja").render(facts=facts)
    body = _environment().get_template("observations.txt.jinja").render(facts=facts)
    circular = Circular(" ".join(subject.split()), body.strip() + "\n")
    problems = faults(circular)
    if problems:
        raise CircularFault("; ".join(problems))
    return circular


def faults(circular: Circular) -> list[str]:
    """Every rule of GCN that a circular breaks, in words; none for a good one."""
    subject = circular.subject.lower()
    lines = circular.body.splitlines()
    problems = [
        f"the subject contains {word!r}" for word in FORBIDDEN_IN_SUBJECT if word in subject
    ]
    if not any(word.lower() in subject for word in KEYWORDS):
        problems.append("the subject names no event that GCN would recognize")
    if "\n" in circular.subject or "\r" in circular.subject:
        problems.append("the subject has more than one line")
    for index, line in enumerate([circular.subject, *lines]):
        bad = sorted({letter for letter in line if not (letter.isascii() and letter.isprintable())})
        if bad:
            problems.append(
                f"line {index} has characters that are not plain ASCII: {''.join(bad)!r}"
            )
    if len(lines) >= MAX_LINES:
        problems.append(f"the body has {len(lines)} lines, {MAX_LINES - 1} are the most")
    long = [index for index, line in enumerate(lines, 1) if len(line) > MAX_COLUMNS]
    if long:
        problems.append(f"lines {long} are longer than {MAX_COLUMNS} columns")
    return problems
