"""The lint takes what GCN takes, and refuses what its style guide forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcn_templates import Circular, faults, findings
from gcn_templates.lint import MAX_SUBJECT, Level, subject_findings

# Subjects of published circulars, as they stand in GCN's archive (gcn.nasa.gov/circulars): of all
# kinds, and 320 drawn at random from those on events of the corpus. Of all 38 624 in the archive of
# December 2024 the lint refuses 136: those that are not ASCII, that begin with "Subject:", or that
# name no event or several.
DATA = Path(__file__).parents[1] / "data" / "circulars"
SUBJECTS = [
    subject
    for name in ("subjects.txt", "subjects_of_the_corpus.txt")
    for subject in (DATA / name).read_text().splitlines()
]
GOOD = "GRB 261122A: ZTF observations"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects_that_were_published_are_taken(subject: str):
    assert [str(each) for each in subject_findings(subject) if each.level is Level.FAULT] == []


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("GRB 261122A: before: none", "re: "),
        ("Re: GRB 261122A: observations", "re: "),
        ("Fwd: GRB 261122A: observations", "fwd: "),
        ("GRB 261122A: ZTF r: 20.1", " r: "),
        ("DRAFT GRB 261122A", "draft"),
        ("Subject: GRB 261122A", "subject:"),
        ("GRB 261122A: I am on vacation", "vacation"),
        ("GRB 261122A: out of office", "out of office"),
        ("GRB 261122A Automatic reply: gone", "automatic reply"),
        ("S261122ab: observations", "no event that GCN would recognize"),
        ("Our nightly bulletin", "no event that GCN would recognize"),
        ("", "is empty"),
        ("GRB 261122A: 5\u00b11", "ASCII"),
        ("GRB 261122A:\ttabs", "ASCII"),
        ("GRB 261122A:\nsecond line", "more than one line"),
        ("GRB 261122A and GRB 261123B: two bursts", "names 2 events: GRB 261122A, GRB 261123B"),
        ("GRB 261122A: " + "x" * MAX_SUBJECT, "characters"),
    ],
)
def test_forbidden_subjects_are_refused(subject: str, words: str):
    found = faults(Circular(subject, "text\n"))
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a line\n" * 60, "60 lines, 59 are the most"),
        ("x" * 81, "longer than 80 columns"),
        ("a flux of 5 \u00b1 1", "ASCII: '\u00b1' (as '+-')"),
        ("a\ttab", "ASCII"),
        ("a flux of $10^{-11}$ erg", "LaTeX"),
        ("\\alpha of 2", "LaTeX"),
        ("We <b>observed</b> it.", "HTML"),
        ("We observed.\n-- \nA. Person", "signature"),
        ("Best regards,", "letter"),
        ("We took 1 exposures.", "'1 exposures'"),
        ("1 image were taken.", "'1 image were'"),
        ("We took 12 image in total.", "'12 image'"),
        ("12 images was taken.", "'12 images was'"),
        ("We found 1 candidates.", "'1 candidates'"),
    ],
)
def test_forbidden_bodies_are_refused(text: str, words: str):
    found = faults(Circular(GOOD, text))
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    "text",
    [
        "We obtained 1 image (30 s) 2.1 hours after T0 with a 47 square degree camera.",
        "The 2 image subtraction pipelines found 3 candidate counterparts.",
        "A flux of 1.2x10^-11 erg/cm^2-s, p < 0.01 and > 0.001, in 11 images.",
        "It is 1 galaxy. On 2026-11-21 minutes later 0 images were taken.",
        "name          RA        Dec       mag    z       and a table may be wider than a line",
    ],
)
def test_proper_sentences_are_taken(text: str):
    assert findings(Circular(GOOD, text)) == []


def test_the_subject_must_name_the_event_of_the_draft():
    circular = Circular("GRB 261122A: ZTF observations", "Text.")
    assert faults(circular, "GRB 261122A") == []
    (fault,) = faults(circular, "LIGO/Virgo/KAGRA S261122ab")
    assert "does not name the event, LIGO/Virgo/KAGRA S261122ab" in fault


def test_what_a_person_should_look_at_is_no_fault():
    circular = Circular("Swift trigger 1107050: observations", "Unfortunately we saw GRB 261122A.")
    assert faults(circular) == []
    assert {each.level for each in findings(circular)} == {Level.ADVICE}
    one_day = Circular("GRB 250706B: the afterglow of GRB 250706C", "Text.")
    assert faults(one_day) == []
    assert any("names 2 events" in str(each) for each in findings(one_day))
    other = Circular(GOOD, "It is near the place of GRB 200101B.")
    assert ["another gamma-ray burst" in str(each) for each in findings(other)] == [True]
