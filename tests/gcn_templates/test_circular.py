"""Circulars say what was executed, in plain ASCII, within GCN's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from gcn_templates import Circular, CircularFault, Facts, FilterFacts, faults, write
from gcn_templates import circular as module

T0 = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)

FACTS = Facts(
    event_name="LIGO/Virgo/KAGRA S261122ab",
    event_time=T0,
    is_test=False,
    telescope="Zwicky Transient Facility",
    telescope_description="ZTF; 47 square degree camera on the 48-inch telescope at Palomar",
    map_name="BAYESTAR of the preliminary notice of S261122ab",
    map_time=T0 + timedelta(minutes=1),
    start=T0 + timedelta(hours=2.3),
    end=T0 + timedelta(hours=5),
    exposures=120,
    open_shutter=3600.0,
    area=1203.24,
    probability=0.8312,
    probability_twice=0.7234,
    filters=(FilterFacts("g", 60, 30.0, 20.74), FilterFacts("r", 60, 30.0, None)),
    authors=("A. Astronomer (Palomar)", "B. Observer"),
)

TEXT = """\
A. Astronomer (Palomar), B. Observer

We observed the localization region of LIGO/Virgo/KAGRA S261122ab with the
Zwicky Transient Facility (ZTF; 47 square degree camera on the 48-inch
telescope at Palomar). The first exposure began on 2026-11-22 05:22:05 UTC,
2.30 hours after the event; the last one began on 2026-11-22 08:04:05 UTC.
In all, 120 exposures were executed, with a total open-shutter time of 3600
s.

The images cover 1203.2 square degrees at least once, enclosing 83.1 % of
the probability of the sky map BAYESTAR of the preliminary notice of
S261122ab (available here since 2026-11-22 03:05:05 UTC), and 72.3 % at
least twice. Gaps between the detectors and failed images are not counted.

filter  exposures  exposure_time_s  median_depth_5sigma_AB
g-band         60               30                    20.7
r-band         60               30            not measured
"""


def test_the_text_is_the_one_we_agreed_on():
    written = write(FACTS)
    assert written.subject == "LIGO/Virgo/KAGRA S261122ab: Zwicky Transient Facility observations"
    assert written.body == TEXT


def test_a_rehearsal_says_so_first():
    assert write(replace(FACTS, is_test=True)).body.startswith("THIS IS A TEST EVENT.")


def test_an_event_without_a_time_has_no_delay():
    assert "after the event" not in write(replace(FACTS, event_time=None)).body


def test_a_missing_fact_fails_here_and_not_in_a_circular():
    with pytest.raises(UndefinedError):
        module._environment().from_string("{{ facts.flux }}").render(facts=FACTS)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("GRB 261122A: before: none", "re: "),
        ("GRB 261122A: ZTF r: 20.1", " r: "),
        ("DRAFT GRB 261122A", "draft"),
        ("S261122ab: observations", "names no event"),
        ("GRB 261122A: 5\u00b11", "ASCII"),
    ],
)
def test_what_gcn_would_refuse_is_found(subject, words):
    assert any(words in fault for fault in faults(Circular(subject, "text\n")))


def test_long_texts_are_found():
    problems = faults(Circular("GRB 261122A", "x" * 81 + "\n" + "a line\n" * 60))
    assert len(problems) == 2


def test_an_author_beyond_ascii_is_refused_by_name_of_the_letters():
    with pytest.raises(CircularFault, match="\u00fc"):
        write(replace(FACTS, authors=("M. M\u00fcller",)))


@given(
    probability=st.floats(0, 1),
    area=st.floats(0, 41253),
    exposures=st.integers(1, 5000),
    depth=st.floats(10, 30),
    authors=st.lists(st.text("abcdefghij .", min_size=3, max_size=30), min_size=1, max_size=20),
)
def test_whatever_the_numbers_the_rules_are_kept(probability, area, exposures, depth, authors):
    facts = replace(
        FACTS,
        probability=probability,
        area=area,
        exposures=exposures,
        authors=tuple(authors),
        filters=(FilterFacts("g", exposures, 30.0, depth),),
    )
    written = write(facts)
    assert faults(written) == []
    assert f"{100 * probability:.1f} %" in written.body
    assert f"{area:.1f} square" in " ".join(written.body.split())
