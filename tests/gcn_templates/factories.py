"""Facts of a circular, as the marshal gathers them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gcn_templates import (
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

T0 = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)

ZTF = TelescopeFacts(
    key="ZTF",
    facility="Zwicky Transient Facility",
    description="ZTF; 47 square degree camera on the 48-inch telescope at Palomar",
    start=T0 + timedelta(hours=2.3),
    end=T0 + timedelta(hours=5),
    images=120,
    open_shutter=3600.0,
    filters=(
        FilterFacts("g", 60, (30.0, 30.0), 20.74),
        FilterFacts("r", 60, (30.0, 30.0), None),
    ),
    coverage=CoverageFacts(1203.24, 0.8312, 0.7234),
    acknowledgment="ZTF is supported by those who support it.",
)

DECAM = TelescopeFacts(
    key="DECam",
    facility="Dark Energy Camera",
    description="DECam; 3 square degree camera on the 4-m Blanco telescope",
    start=T0 + timedelta(hours=1),
    end=T0 + timedelta(hours=1),
    images=1,
    open_shutter=30.0,
    filters=(FilterFacts("z", 1, (30.0, 30.0), 22.1),),
    coverage=CoverageFacts(2.7, 0.011, 0.0),
    reachable=0.75,
)

CANDIDATE = Candidate(
    "ZTF26aaabbcc",
    "AT2026abc",
    150.1234,
    -3.21,
    19.333,
    "r",
    T0,
    0.05,
    "blue, beside a galaxy",
)

FACTS = Facts(
    event_name="LIGO/Virgo/KAGRA S261122ab",
    event_time=T0,
    is_test=False,
    authors=("A. Astronomer (Palomar)", "B. Observer"),
    collaboration="the ZTF collaboration",
    sky_map=MapFacts("BAYESTAR of the preliminary notice of S261122ab", T0 + timedelta(minutes=1)),
    telescopes=(ZTF,),
    is_target_of_opportunity=True,
    gaps_are_counted=True,
    citations=(Citation("L. Collaboration et al.", 44001),),
    candidates=(CANDIDATE,),
    target=Target("AT2026abc", 150.1234, -3.21),
    retracted=Retracted("ZTF26aaabbcc", "It is an asteroid.", 44002),
)
