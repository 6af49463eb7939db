"""Write a circular from facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from gcn_templates.bound import Value, mark, plain
from gcn_templates.facts import Facts
from gcn_templates.kinds import Kind
from gcn_templates.lint import Circular, faults
from gcn_templates.values import values_of
from gcn_templates.words import ascii_only, listed


class CircularFault(Exception):
    """A circular breaks a rule of GCN; the message names the rule and the place."""


@dataclass(frozen=True)
class Written:
    """A circular as it is first written."""

    subject: str
    """One line."""

    text: str
    """The body, with its values marked."""

    values: Mapping[str, Value]
    """What is bound in it, and what could be."""

    @property
    def circular(self) -> Circular:
        """As it would be sent."""
        return Circular(self.subject, plain(self.text))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gcn_templates", "texts"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["listed"] = listed
    environment.filters["ascii_only"] = ascii_only
    return environment


def write(kind: Kind, facts: Facts) -> Written:
    """Write the circular.

    Raises
    ------
    CircularFault
        If what comes out breaks a rule of GCN.
    """
    values = values_of(facts)

    def bound(name: str) -> str:
        return mark(name, values[name])

    texts = _environment()
    given = {"facts": facts, "bound": bound, "values": values}
    subject = texts.get_template(f"{kind.name}.subject.jinja").render(given)
    body = texts.get_template(f"{kind.name}.jinja").render(given)
    written = Written(ascii_only(subject), _tidy(body), values)
    if problems := faults(written.circular):
        raise CircularFault("; ".join(problems))
    return written


def _tidy(body: str) -> str:
    """One line a paragraph; what is bound to a table keeps its lines."""
    blocks = (block.strip() for block in body.split("\n\n"))
    return "\n\n".join(
        block if block.startswith("{") and "\n" in block else " ".join(block.split())
        for block in blocks
        if block
    )
