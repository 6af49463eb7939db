"""Observing programs at Palomar, by name."""

from __future__ import annotations

from collections.abc import Mapping

PROGRAM_IDS: Mapping[str, int] = {"MSIP": 1, "Partnership": 2, "collaboration": 2, "Caltech": 3}
"""The scheduler's numbers of the programs (ztf_sim, constants.py)."""
