from __future__ import annotations

import json

import pytest

from too_marshal.notices.notice import Kind, NoticeMalformed
from too_marshal.notices.others.circulars import name_event
from too_marshal.notices.registry import parse

CIRCULAR = {
    "subject": "GRB 230410A: Fermi GBM Final Real-time Localization",
    "circularId": 33603,
    "submitter": "A. E. Einstein at IAS <einstein@example.org>",
    "body": "At 11:26:00 UT, GBM triggered (trigger 702818765.135562 / 230410476).",
    "createdOn": 1718212589034,
}


def circular(**changes):
    return parse(json.dumps(CIRCULAR | changes).encode(), "gcn.circulars")


@pytest.mark.parametrize(
    ("subject", "name", "related"),
    [
        ("GRB 230410A: Fermi GBM Final Localization", "GRB 230410A", ()),
        ("grb230410a - optical counterpart", "GRB 230410A", ()),
        ("GRB 230410.476: IPN triangulation", "GRB 230410.476", ()),
        ("LIGO/Virgo/KAGRA S230518h: DECam candidates", "S230518h", (("lvk", "S230518h"),)),
        ("LIGO/Virgo/KAGRA S230518H: a shouted name", "S230518h", (("lvk", "S230518h"),)),
        ("LIGO/Virgo S190814bv: GROWTH observations", "S190814bv", (("lvk", "S190814bv"),)),
        ("LIGO/Virgo G298048: Fermi GBM trigger", "G298048", (("lvk", "G298048"),)),
        ("GW170817: X-ray brightening", "GW170817", ()),
        ("IceCube-231125A: a candidate neutrino", "IceCube-231125A", ()),
        ("IceCube Cascade 210121b: Swift follow-up", "IceCube-Cascade 210121b", ()),
        ("EP240414a: optical counterpart", "EP240414a", ()),
        ("EP 240414A: a shouted name", "EP240414a", ()),
        ("SVOM sb25082402: ECLAIRs trigger", "sb25082402", (("svom", "sb25082402"),)),
        ("FRB 20231013B: CHIME/FRB detection", "FRB 20231013B", ()),
        ("HAWC-220103A: burst", "HAWC-220103A", ()),
        ("ANTARES 191126a: optical follow-up", "ANTARES 191126a", ()),
        ("KM3-230213A: Swift follow-up", "KM3-230213A", ()),
        ("SN 2023ixf: radio detection", "SN 2023ixf", ()),
        ("ZTF23abelseb / AT2023lcr: a relativistic transient", "ZTF23abelseb", ()),
        ("SGR 1935+2154: bursts", "SGR 1935+2154", ()),
        ("Swift J1727.8-1613: an update", None, ()),
        ("Fermi LAT repointing", None, ()),
        ("", None, ()),
    ],
)
def test_the_event_that_a_subject_names(subject, name, related):
    event = name_event(subject)
    assert (event.name if event else None, event.related if event else ()) == (name, related)


def test_the_first_name_in_the_subject_counts():
    assert name_event("GRB 230518A: relation to LIGO/Virgo/KAGRA S230518h").name == "GRB 230518A"
    assert name_event("LIGO/Virgo/KAGRA S230518h: and GRB 230518A").name == "S230518h"


def test_a_given_event_counts_before_the_subject():
    assert circular(eventId="GRB 230410B").event_key == "GRB 230410B"


def test_a_circular_adds_to_an_event_and_begins_none():
    notice = circular()
    assert notice.kind is Kind.INFORMATION
    assert notice.event_key == "GRB 230410A"
    assert notice.localization is None
    assert notice.links == {"circular": "https://gcn.nasa.gov/circulars/33603"}


def test_trigger_numbers_in_the_body_find_the_events():
    notice = circular()
    assert ("fermi_gbm", "702818765") in notice.related
    assert "bn230410476" in notice.aliases
    swift = circular(
        body="At 14:17:19 UT, the Swift BAT triggered on GRB 231111A (trigger=1195887)."
    )
    assert ("swift", "1195887") in swift.related


def test_an_edit_is_a_later_version_of_the_same_circular():
    """GCN sends a circular again whenever it is edited; number and version tell."""
    first, again, edited = circular(), circular(), circular(version=2, subject="GRB 230410A: typo")
    assert first == again
    assert edited.order > first.order
    assert edited.notice_id == "GCN Circular 33603 version 2"
    assert first.order < circular(circularId=33604).order


@pytest.mark.parametrize("missing", ["circularId", "subject"])
def test_what_must_be_there(missing):
    with pytest.raises(NoticeMalformed, match=f"{missing} is missing"):
        circular(**{missing: None})


def test_a_circular_without_a_known_event_is_kept():
    notice = circular(subject="Fermi LAT repointing", body="")
    assert notice.event_key is None
    assert notice.attributes["subject"] == "Fermi LAT repointing"


def test_a_long_body_costs_no_time():
    circular(body="trigger " * 500_000)
    circular(subject="LIGO " * 20, body="")
