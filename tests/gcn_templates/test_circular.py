"""Circulars say what was executed, in plain ASCII, within GCN's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from gcn_templates import (
    KINDS,
    CircularFault,
    CoverageFacts,
    Facts,
    FilterFacts,
    Need,
    faults,
    findings,
    write,
)
from gcn_templates import circular as module
from tests.gcn_templates.factories import CANDIDATE, DECAM, FACTS, ZTF

TEXT = """\
A. Astronomer (Palomar), B. Observer report on behalf of the ZTF
collaboration:

We observed the localization region of LIGO/Virgo/KAGRA S261122ab (T0 =
2026-11-22 03:04:05 UTC) with the Zwicky Transient Facility (ZTF; 47 square
degree camera on the 48-inch telescope at Palomar) as a target of
opportunity. We obtained 120 images in the g and r bands (30 s each, 3600 s
in total) from 2026-11-22 05:22:05 UTC (2.3 hours after the event) to
2026-11-22 08:04:05 UTC.

The images cover 1203.2 square degrees at least once, enclosing 83.1 % of
the probability, and 72.3 % at least twice. These numbers are of the sky map
BAYESTAR of the preliminary notice of S261122ab, available here since
2026-11-22 03:05:05 UTC. Gaps between the detectors and failed images are
not counted as covered. The median limiting magnitude (5 sigma, AB) is g >
20.7.

filter   images   exposure time (s)   median 5-sigma depth (AB mag)
g            60                  30   20.7
r            60                  30   not measured

Earlier circulars of this event: L. Collaboration et al., GCN Circ. 44001.

ZTF is supported by those who support it.
"""


def body(kind: str, facts: Facts = FACTS) -> str:
    return " ".join(write(KINDS[kind], facts).circular.body.split())


def test_the_text_is_the_one_we_agreed_on():
    written = write(KINDS["observations"], FACTS).circular
    assert written.subject == "LIGO/Virgo/KAGRA S261122ab: Zwicky Transient Facility observations"
    assert written.body == TEXT


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("telescopes", [(ZTF,), (DECAM,), (ZTF, DECAM)], ids=len)
def test_every_kind_is_written_for_one_telescope_and_for_several(kind, telescopes):
    several = CoverageFacts(1205.1, 0.84, 0.73) if len(telescopes) > 1 else None
    facts = replace(FACTS, telescopes=telescopes, together=several)
    written = write(kind, facts)
    assert findings(written.circular, FACTS.event_name) == []
    assert "{" not in written.circular.body
    if Need.OUR_IMAGES in kind.needs or Need.SURVEY_IMAGES in kind.needs:
        for telescope in telescopes:
            assert telescope.facility in written.circular.subject
    if several and kind.name != "retraction":
        assert "Together they cover 1205.1 square degrees" in " ".join(
            written.circular.body.split()
        )


def test_one_of_a_thing_is_no_several():
    text = body("observations", replace(FACTS, telescopes=(DECAM,), authors=("A. Lone",)))
    assert "A. Lone reports on behalf of" in text
    assert "We obtained 1 image in the z band (30 s) at 2026-11-22 04:04:05 UTC" in text
    assert "(60 minutes after the event)" in text
    assert "Of the probability, 25.0 % could not be observed with DECam in that night." in text


def test_later_observations_say_that_they_are():
    text = body("followup")
    assert "We continued to observe" in text
    assert "All our images are counted in what follows." in text
    assert "L. Collaboration et al., GCN Circ. 44001" in text


def test_candidates_stand_in_a_table_with_their_comments_below():
    written = write(KINDS["candidates"], replace(FACTS, candidates=(CANDIDATE, CANDIDATE)))
    assert written.subject.endswith(": Candidates from the Zwicky Transient Facility")
    assert "We report 2 candidate counterparts;" in " ".join(written.circular.body.split())
    assert (
        "ZTF26aaabbcc  AT2026abc  150.1234  -3.2100  19.33  r       11-22 03:04  0.05"
        in written.circular.body
    )
    assert "ZTF26aaabbcc: blue, beside a galaxy." in " ".join(written.circular.body.split())
    one = write(KINDS["candidates"], FACTS).circular
    assert one.subject.endswith(": Candidate from the Zwicky Transient Facility")
    assert "1 candidate counterpart;" in " ".join(one.body.split())
    nameless = replace(CANDIDATE, tns_name="", host_redshift=None)
    assert "TNS" not in write(KINDS["candidates"], replace(FACTS, candidates=(nameless,))).text


def test_a_limit_is_given_where_nothing_was_found():
    text = body("nondetection")
    assert "images that show the position of AT2026abc (RA = 150.12340, Dec = -3.21000" in text
    assert "We found no source there. The median limiting" in text
    assert "no new source that we would relate" in body("nondetection", replace(FACTS, target=None))


def test_a_retraction_names_the_circular_and_the_reason():
    text = body("retraction", replace(FACTS, telescopes=(), sky_map=None))
    assert "We reported ZTF26aaabbcc as a candidate counterpart" in text
    assert "(GCN Circ. 44002). We retract it" in text
    assert "It is an asteroid." in text


def test_what_was_not_taken_for_the_event_is_called_serendipitous():
    text = body("serendipitous")
    assert "We serendipitously observed" in text
    assert "target of opportunity" not in text


def test_nothing_is_said_of_gaps_unless_it_is_known():
    assert "Gaps" in body("observations")
    off = body("observations", replace(FACTS, gaps_are_counted=False))
    assert "This coverage does not account for gaps between the detectors." in off
    assert "gaps" not in body("observations", replace(FACTS, gaps_are_counted=None)).lower()


def test_a_map_without_the_earth_says_so():
    sky_map = replace(FACTS.sky_map, remark="with the part that the Earth hid taken out")
    assert "with the part that the Earth hid taken out." in body(
        "observations", replace(FACTS, sky_map=sky_map)
    )


def test_a_rehearsal_says_so_first():
    text = write(KINDS["observations"], replace(FACTS, is_test=True)).circular.body
    assert text.startswith("THIS IS A TEST EVENT. THIS TEXT MUST NOT BE SENT.\n")


def test_an_event_without_a_time_has_no_delay():
    text = body("observations", replace(FACTS, event_time=None))
    assert "the event)" not in text
    assert "T0" not in text


def test_a_missing_fact_fails_here_and_not_in_a_circular():
    with pytest.raises(UndefinedError):
        module._environment().from_string("{{ facts.flux }}").render(facts=FACTS)


def test_names_beyond_ascii_are_transliterated():
    facts = replace(FACTS, authors=("M. M\u00fcller (G\u00f6ttingen)", "\u0141. Wyrzykowski"))
    assert "M. Muller (Gottingen), L. Wyrzykowski report" in body("observations", facts)


def test_a_text_that_breaks_a_rule_is_not_written():
    with pytest.raises(CircularFault, match="lines, 59 are the most"):
        write(KINDS["observations"], replace(FACTS, remarks="a long sentence " * 400))


@given(
    probability=st.floats(0, 1),
    area=st.floats(0, 41253),
    images=st.integers(1, 5000),
    depth=st.none() | st.floats(10, 30),
    authors=st.lists(
        st.text("abcdefghij .\u00fc\u0142{}\u2014", min_size=3, max_size=30).filter(str.strip),
        min_size=1,
        max_size=20,
    ),
)
def test_whatever_the_numbers_the_rules_are_kept(probability, area, images, depth, authors):
    telescope = replace(
        ZTF,
        images=images,
        filters=(FilterFacts("g", images, (30.0, 300.0), depth),),
        coverage=CoverageFacts(area, probability, probability / 2),
    )
    written = write(
        KINDS["observations"], replace(FACTS, telescopes=(telescope,), authors=tuple(authors))
    )
    assert faults(written.circular) == []
    text = " ".join(written.circular.body.split())
    assert f"{100 * probability:.1f} %" in text
    assert f"{area:.1f} square" in text
