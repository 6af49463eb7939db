"""The numbers of four published circulars come out of their stated inputs.

Inputs are as GCN Circulars 33848, 34397, 26416 and 25418 (of 2023-05-21, 2023-08-13, 2019-12-13
and 2019-08-20) state them; times of the events are those of their notices.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gcn_templates import KINDS, CoverageFacts, Facts, FilterFacts, TelescopeFacts, faults, write
from tests.gcn_templates.factories import FACTS, ZTF


def text_of(kind: str, facts: Facts) -> str:
    circular = write(KINDS[kind], facts).circular
    assert faults(circular, facts.event_name) == []
    return " ".join(circular.body.split())


def observed(name: str, event_time: datetime, **values: object) -> Facts:
    telescope: TelescopeFacts = replace(ZTF, **values)
    return replace(
        FACTS, event_name=name, event_time=event_time, telescopes=(telescope,), citations=()
    )


def test_circular_33848():
    start = datetime(2023, 5, 21, 5, 32, 51, tzinfo=UTC)
    facts = observed(
        "LIGO/Virgo/KAGRA S230521k",
        datetime(2023, 5, 21, 5, 30, 43, tzinfo=UTC),
        start=start,
        end=start + timedelta(hours=5),
        images=100,
        open_shutter=3810.0,
        filters=tuple(FilterFacts(name, 33, (30.0, 60.0), None) for name in "gri"),
        coverage=CoverageFacts(1238.8, 0.09, 0.05),
    )
    text = text_of("serendipitous", facts)
    assert "We serendipitously observed the localization region" in text
    assert "We obtained 100 images in the g, r and i bands" in text
    assert "3810 s in total" in text
    assert "from 2023-05-21 05:32:51 UTC (2 minutes after the event)" in text
    assert "cover 1238.8 square degrees at least once, enclosing 9.0 % of the probability" in text


def test_circular_34397():
    start = datetime(2023, 8, 13, 3, 34, 57, tzinfo=UTC)
    facts = observed(
        "GRB 230812B",
        datetime(2023, 8, 12, 18, 58, 12, tzinfo=UTC),
        start=start,
        end=start + timedelta(hours=1),
        images=40,
        open_shutter=12000.0,
        filters=tuple(FilterFacts(name, 20, (300.0, 300.0), 21.9) for name in "gr"),
        coverage=CoverageFacts(420.0, 0.78, 0.6),
    )
    sky_map = replace(facts.sky_map, remark="corrected for the occultation by the Earth")
    text = text_of("observations", replace(facts, sky_map=sky_map))
    assert "in the g and r bands (300 s each" in text
    # The circular says "about 8.5 hours"; between its two times lie 8 h 36 m 45 s.
    assert "from 2023-08-13 03:34:57 UTC (8.6 hours after the event)" in text
    assert "cover 420.0 square degrees at least once, enclosing 78.0 % of the probability" in text
    assert "corrected for the occultation by the Earth." in text
    assert "The median limiting magnitudes (5 sigma, AB) are g > 21.9 and r > 21.9." in text


def test_circular_26416():
    event_time = datetime(2019, 12, 5, 21, 52, 8, tzinfo=UTC)
    facts = observed(
        "LIGO/Virgo S191205ah",
        event_time,
        start=datetime(2019, 12, 6, 2, tzinfo=UTC),
        end=datetime(2019, 12, 13, 13, tzinfo=UTC),
        filters=(
            FilterFacts("r", 60, (30.0, 30.0), 19.7),
            FilterFacts("g", 60, (30.0, 30.0), 19.6),
        ),
        coverage=CoverageFacts(4500.0, 0.46, 0.3),
    )
    text = text_of("serendipitous", facts)
    assert "enclosing 46.0 % of the probability" in text
    assert "are r > 19.7 and g > 19.6." in text


def test_circular_25418():
    event_time = datetime(2019, 8, 16, 21, 22, 13, tzinfo=UTC)
    facts = observed(
        "Fermi GBM-190816",
        event_time,
        start=event_time + timedelta(hours=7),
        end=event_time + timedelta(days=3),
        filters=(FilterFacts("r", 120, (30.0, 30.0), 20.5),),
        coverage=CoverageFacts(5000.0, 0.4, 0.31),
    )
    text = text_of("serendipitous", replace(facts, gaps_are_counted=False))
    assert "(30 s each" in text
    assert "and 31.0 % at least twice" in text
    assert "This coverage does not account for gaps between the detectors." in text
    assert "r > 20.5." in text
