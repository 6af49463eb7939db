"""Fermi GBM: alerts, flight, ground and final positions, subthreshold transients.

The radius that a notice states is statistical, 68 % containment; the systematic
error is a mixture published with the localization algorithm, and is folded in
by `planners.skymaps.circles`. Final and subthreshold notices name a HEALPix map that
already contains it.

References
----------
GCN: Fermi GBM notices. Connaughton et al. (2015), ApJS 216, 32 (human in the
loop); Goldstein et al. (2020), ApJ 895, 40 (RoboBA, in use since September 2019).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from too_marshal.notices.formats.classic import (
    base_notice,
    https,
    links,
    numbers,
    placed,
    source_circle,
    texts,
    time_key,
    trigger_key,
)
from too_marshal.notices.formats.earth import occultation_from_subpoint, occultation_from_vector
from too_marshal.notices.formats.voevent import VOEvent
from too_marshal.notices.notice import Circle, Kind, Localization, MapLink, Notice
from too_marshal.notices.registration import parses_packet
from too_marshal.notices.streams import Messenger, Stream, declare

STREAM = "fermi_gbm"

declare(
    # Rates as RAVEN counts them, windows as it has them for bursts below threshold.
    Stream(
        STREAM,
        "Fermi GBM",
        Messenger.GAMMA_RAYS,
        rate=236.0,
        subject_prefix="Fermi GBM ",
        known_as=("fermi", "gbm"),
        packets=(
            "FERMI_GBM_ALERT",
            "FERMI_GBM_FLT_POS",
            "FERMI_GBM_GND_POS",
            "FERMI_GBM_FIN_POS",
            "FERMI_GBM_SUBTHRESH",
            "FERMI_GBM_POS_TEST",
        ),
    ),
    Stream(
        "fermi_gbm_subthreshold",
        "Fermi GBM, subthreshold",
        Messenger.GAMMA_RAYS,
        rate=370.0,
        merger_window=(-1.0, 11.0),
    ),
)

CONTAINMENT = 0.68
ROBOBA_SINCE = datetime(2019, 9, 1, tzinfo=UTC)

ALERT, FLIGHT, GROUND, FINAL, TEST, SUBTHRESHOLD = 110, 111, 112, 115, 119, 131

_FINAL_INTERNAL = 146
RANK = {ALERT: 1, FLIGHT: 2, GROUND: 3, _FINAL_INTERNAL: 4, FINAL: 5}

CLASSES = {
    0: "ERROR",
    1: "UNRELIABLE_LOCATION",
    2: "LOCAL_PARTICLES",
    3: "BELOW_HORIZON",
    4: "GRB",
    5: "GENERIC_SGR",
    6: "GENERIC_TRANSIENT",
    7: "DISTANT_PARTICLES",
    8: "SOLAR_FLARE",
    9: "CYG_X1",
    10: "SGR_1806_20",
    11: "GROJ_0422_32",
    19: "TGF",
}
"""`Most_Likely_Index` of flight positions; the packets' `Concept` always says burst."""

_GOOD_MAP = re.compile(r"https://\S+/bn(\d{9})/quicklook/glg_healpix_all_bn\1\.fit")
_MAP_NAME = re.compile(r"(/triggers)/\d{4}/bn\w+/(\S*?_)bn\w+(\.\w+)")


@parses_packet(
    ALERT, FLIGHT, GROUND, FINAL, _FINAL_INTERNAL,
    mission="fermi", authorities=("nasa.gsfc.gcn/Fermi",),
)  # fmt: skip
def parse_trigger(event: VOEvent) -> Notice:
    """Read a notice of the trigger sequence."""
    base = base_notice(event, STREAM)
    kind = event.packet_type or 0
    key = trigger_key(event) or time_key(base.event_time)
    name = burst_name(base.event_time)
    localization, map_flags = _localization(event, base.event_time)
    retracts = event.flag("Def_NOT_a_GRB")
    return placed(
        event,
        replace(
            base,
            event_key=key,
            # Ground positions restart their Sequence_Num, and later flight positions
            # arrive after the first ground one: rank first, then the order of sending.
            order=(RANK[kind], base.order[1], event.integer("Sequence_Num") or 0),
            sequence=event.integer("Sequence_Num"),
            kind=_kind(kind, retracts=retracts),
            localization=localization,
            name=name,
            classification=_classification(event),
            significant=None,
            aliases=() if name is None else (name,),
            links=links(event, **{"light curve": "LightCurve_URL"}),
            flags=base.flags | map_flags | _flags(event),
            attributes=_attributes(event, base.event_time),
        ),
    )


@parses_packet(TEST, mission="fermi", authorities=("nasa.gsfc.gcn/Fermi",))
def parse_test(event: VOEvent) -> Notice:
    """Read a test position, sent to prove that the chain works."""
    base = base_notice(event, STREAM)
    circle = source_circle(event, CONTAINMENT, systematics_included=False)
    return placed(
        event,
        replace(base, event_key=trigger_key(event), kind=Kind.TEST, localization=circle),
    )


@parses_packet(SUBTHRESHOLD, mission="fermi", authorities=("nasa.gsfc.gcn/Fermi",))
def parse_subthreshold(event: VOEvent) -> Notice:
    """Read a transient found on the ground, below the onboard threshold.

    Its radius and its map contain the systematic error.
    """
    base = base_notice(event, "fermi_gbm_subthreshold")
    circle = source_circle(event, CONTAINMENT, systematics_included=True)
    url = https(event.text("HealPix_URL"))
    test = event.flag("Test_Submission")
    return placed(
        event,
        replace(
            base,
            event_key=trigger_key(event, "Trans_Num") or time_key(base.event_time),
            kind=Kind.TEST if test else Kind.INITIAL,
            localization=circle if url is None else MapLink(url, circle),
            links=links(event, **{"map": "Map_URL", "light curve": "LC_URL"}),
            attributes=numbers(
                event,
                duration_s="Trans_Duration",
                earth_angle_deg="Earth_angle",
                reliability="Reliability",
            )
            | texts(event, duration_class="Duration_class", spectral_class="Spectral_class"),
        ),
    )


def burst_name(time: datetime | None) -> str | None:
    """Spell GBM's name of a trigger: "bn", the date, and the thousandth of the day.

    The thousandth is that of the whole second, rounded: so it agrees with the names
    that 440 archived notices carry in their addresses.
    """
    if time is None:
        return None
    second = time.hour * 3600 + time.minute * 60 + time.second
    thousandth = min(999, round(second / 86.4))
    return f"bn{time:%y%m%d}{thousandth:03d}"


def map_address(plot: str, time: datetime | None) -> tuple[str, bool]:
    """Address of the HEALPix map that stands beside the location plot of a final notice.

    Where the plot's address is malformed (packets of 2014 hold "bn0227a5338") the
    trigger's name is put in its place.

    Returns
    -------
    tuple of str and bool
        The address, and whether it had to be repaired.
    """
    address = (https(plot) or "").replace("_locplot_", "_healpix_").replace(".png", ".fit")
    name = burst_name(time)
    if _GOOD_MAP.fullmatch(address) or name is None or time is None:
        return address, False
    return _MAP_NAME.sub(rf"\1/{time:%Y}/{name}/\g<2>{name}\3", address), True


def systematic_model(time: datetime | None, *, by_human: bool | None = None) -> str:
    """Name of the systematic model of who, or what, located the burst.

    Where the notice does not say, the algorithm in use at that time is meant.
    """
    if by_human is not None:
        return "fermi_gbm_human" if by_human else "fermi_gbm_roboba"
    recent = time is None or time >= ROBOBA_SINCE
    return "fermi_gbm_roboba" if recent else "fermi_gbm_human"


def _kind(packet_type: int, *, retracts: bool) -> Kind:
    if retracts:
        return Kind.RETRACTION
    return Kind.INITIAL if packet_type == ALERT else Kind.UPDATE


def _localization(
    event: VOEvent, time: datetime | None
) -> tuple[Localization | None, frozenset[str]]:
    circle: Circle | None = source_circle(
        event,
        CONTAINMENT,
        systematics_included=False,
        systematic_model=systematic_model(time, by_human=_by_human(event)),
    )
    plot = event.text("LocationMap_URL")
    # The map of a ground position is a picture of 512 x 512 pixels, not a sky map.
    if event.packet_type != FINAL or plot is None or "_locplot_" not in plot:
        return circle, frozenset()
    address, repaired = map_address(plot, time)
    return MapLink(address, circle), frozenset({"map address repaired"} if repaired else ())


def _by_human(event: VOEvent) -> bool | None:
    """Whether a person located the burst; None where the notice does not say, or says both."""
    human, robot = event.truth("Human_generated"), event.truth("Robo_generated")
    if human is None:
        return None if robot is None else not robot
    return None if human == robot else human


def _classification(event: VOEvent) -> dict[str, float]:
    probabilities: dict[str, float] = {}
    for prefix in ("Sec_Most_Likely", "Most_Likely"):
        index, percent = event.integer(f"{prefix}_Index"), event.number(f"{prefix}_Prob")
        if index is not None and percent is not None and 0 < percent <= 100:
            probabilities[CLASSES.get(index, f"CLASS_{index}")] = percent / 100
    return probabilities


def _flags(event: VOEvent) -> frozenset[str]:
    index = event.integer("Most_Likely_Index")
    flags = {
        "not a GRB": event.flag("Def_NOT_a_GRB") or (index is not None and index != 4),
        "unreliable location": index == 1,
        "known source": event.flag("Target_in_Blk_Catalog"),
        "values out of range": event.flag("Values_Out_of_Range"),
        "internal": event.packet_type == _FINAL_INTERNAL,
        "test submission": event.flag("Test_Submission"),
    }
    return frozenset(flag for flag, is_set in flags.items() if is_set)


def _attributes(event: VOEvent, time: datetime | None) -> dict[str, Any]:
    attributes: dict[str, Any] = dict(
        numbers(
            event,
            trigger_significance_sigma="Trig_Signif",
            trigger_duration_s="Trig_Dur",
            trigger_timescale_s="Trig_Timescale",
            data_timescale_s="Data_Timescale",
            data_significance_sigma="Data_Signif",
            burst_significance_sigma="Burst_Signif",
            hardness_ratio="Hardness_Ratio",
        )
    )
    attributes |= texts(event, duration_class="Long_short")
    attributes["most_likely_class"] = CLASSES.get(event.integer("Most_Likely_Index") or -1)
    attributes["human_generated"] = event.truth("Human_generated")
    attributes |= _earth(event, time)
    return {name: value for name, value in attributes.items() if value is not None}


def _earth(event: VOEvent, time: datetime | None) -> dict[str, float]:
    vector = [event.number(f"SC_Geo_{axis}") for axis in "XYZ"]
    x, y, z = vector
    if x is not None and y is not None and z is not None:
        return occultation_from_vector(x, y, z) or {}
    longitude, latitude = event.number("SC_Long"), event.number("SC_Lat")
    # Flight notices of before 2021 carry a latitude of zero and a wrong longitude.
    if longitude is None or not latitude or time is None:
        return {}
    return occultation_from_subpoint(longitude, latitude, time)
