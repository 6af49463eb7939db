"""Texts of GCN Circulars and the facts they are written from."""

from gcn_templates.circular import Circular, CircularFault, counted, faults, write
from gcn_templates.facts import Facts, FilterFacts

__all__ = ["Circular", "CircularFault", "Facts", "FilterFacts", "counted", "faults", "write"]
