"""Texts of GCN Circulars, the facts they are written from, and the rules they keep."""

from gcn_templates.bound import (
    Difference,
    Value,
    differences,
    loose_numbers,
    plain,
    up_to_date,
)
from gcn_templates.circular import CircularFault, Written, write
from gcn_templates.facts import (
    Candidate,
    Citation,
    CoverageFacts,
    Facts,
    FilterFacts,
    MapFacts,
    Retracted,
    Target,
    TelescopeFacts,
)
from gcn_templates.gcn_rules import event_in, name_in_subject
from gcn_templates.kinds import KINDS, Kind, Need
from gcn_templates.lint import Circular, Finding, Level, faults, findings
from gcn_templates.values import values_of
from gcn_templates.words import ascii_only, counted

__all__ = [
    "KINDS",
    "Candidate",
    "Circular",
    "CircularFault",
    "Citation",
    "CoverageFacts",
    "Difference",
    "Facts",
    "FilterFacts",
    "Finding",
    "Kind",
    "Level",
    "MapFacts",
    "Need",
    "Retracted",
    "Target",
    "TelescopeFacts",
    "Value",
    "Written",
    "ascii_only",
    "counted",
    "differences",
    "event_in",
    "faults",
    "findings",
    "loose_numbers",
    "name_in_subject",
    "plain",
    "up_to_date",
    "values_of",
    "write",
]
