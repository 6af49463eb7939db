"""Events are found in subjects as GCN finds them, and named so that it does."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gcn_templates import event_in, faults, name_in_subject
from gcn_templates.gcn_rules import is_recognized
from gcn_templates.lint import Circular


@pytest.mark.parametrize(
    ("subject", "event"),
    [
        ("GRB230228a: Swift detection of a short burst", "GRB 230228A"),
        ("Swift detection of GRB_230228 a possibly short burst", "GRB 230228"),
        ("SGR-1935+2154: Swift-BAT refined analysis", "SGR 1935+2154"),
        ("IceCube 221223a - a candidate", "IceCube-221223A"),
        ("IceCube_Cascade_221223A: a cascade", "IceCube-Cascade 221223A"),
        ("EP 241119A: Global MASTER-Net observations report", "EP241119a"),
        ("ZTF-23aabmzlp/AT2023azs: a fast transient", "ZTF23aabmzlp"),
        ("Alert from the HAWC Burst Monitor HAWC 221123A", "HAWC-221123A"),
        ("LiGo/viRgo/KAGRA s231127Cg: Identification", "LIGO/Virgo/KAGRA S231127cg"),
        ("LIGO/Virgo G211117: Further Swift-XRT sources", "LIGO/Virgo G211117"),
        ("LIGO/Virgo GW170817: Chandra", "LIGO/Virgo GW170817"),
        ("Swift UVOT:GW250206 follow-up", "GW250206"),
        ("Fermi-LAT-ANTARES 200407a Coincidence", "ANTARES 200407A"),
        ("Baksan Neutrino Observatory Alert 201228.36: MASTER",
         "Baksan Neutrino Observatory Alert 201228.36"),
        ("frb 20250206a: MASTER observations", "FRB 20250206A"),
        ("SVOM/sb 25021804: detection", "sb25021804"),
        ("SN_2002ap optical spectra", "SN 2002ap"),
        ("sn2002a optical spectra", "SN 2002A"),
        ("XRF050509c: Chandra", "XRF 050509C"),
        ("AT 2023LCR: VLA radio detection", "AT2023lcr"),
        ("S231127cg: nothing before it", None),
        ("Our Sunday lunch", None),
    ],
)  # fmt: skip
def test_an_event_is_found_as_gcn_finds_it(subject: str, event: str | None):
    assert event_in(subject) == event


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("S261122ab", "LIGO/Virgo/KAGRA S261122ab"),
        ("MS261122ab", "LIGO/Virgo/KAGRA MS261122ab"),
        ("GRB 261122A", "GRB 261122A"),
        ("GRB candidate bn261122128", "GRB candidate bn261122128"),
        ("IceCube-231125A", "IceCube-231125A"),
        ("IceCube of 2026-11-22 03:04", "IceCube of 2026-11-22 03:04"),
        ("EP240219a", "EP240219a"),
        ("EP-WXT 01709259773", "EP-WXT 01709259773"),
        ("FRB 20250206A", "FRB 20250206A"),
        ("sb25021804", "SVOM sb25021804"),
        ("KM3-230213A", "KM3NeT neutrino transient KM3-230213A"),
        ("SN 2023ixf", "SN 2023ixf"),
        ("AT 2017gfo", "AT 2017gfo"),
        ("Swift trigger 1107050", "Swift trigger 1107050"),
        ("GECAM of 2026-11-22 03:04", "Transient GECAM of 2026-11-22 03:04"),
        ("SNEWS of 2026-11-22 03:04", "Supernova alert of SNEWS of 2026-11-22 03:04"),
        ("Speepy", "Transient Speepy"),
    ],
)
def test_a_name_is_written_so_that_gcn_takes_it(said: str, named: str):
    assert name_in_subject(said) == named
    assert is_recognized(named)


def test_a_circular_on_any_event_of_the_corpus_would_be_taken(corpus: Path):
    with (corpus / "INDEX.tsv").open() as file:
        keys = {row["key"] for row in csv.DictReader(file, delimiter="\t") if row["key"]}
    assert len(keys) > 300
    for key in keys:
        subject = f"{name_in_subject(key)}: Zwicky Transient Facility observations"
        assert faults(Circular(subject, "Text.\n")) == [], key
