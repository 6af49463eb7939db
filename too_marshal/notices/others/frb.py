"""Fast radio bursts: CHIME/FRB and DSA-110.

`trigger_time` is the arrival at the telescope, at its highest frequency; the
de-dispersed time stands beside it. An update is a sentence for people. No
containment is stated for the ellipse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from too_marshal.notices.formats.json_document import Document
from too_marshal.notices.formats.regions import core_region
from too_marshal.notices.formats.unified import core_notice
from too_marshal.notices.notice import Notice
from too_marshal.notices.registration import parses_topic
from too_marshal.notices.streams import Messenger, Stream, declare

declare(
    Stream("chime_frb", "CHIME/FRB", Messenger.RADIO, topics=("gcn.notices.chime.frb",)),
    Stream("dsa110_frb", "DSA-110", Messenger.RADIO, topics=("gcn.notices.dsa110.frb",)),
)


@parses_topic("gcn.notices.chime.frb", schema="chime/frb")
def parse_chime(document: Document) -> Notice:
    """Read an alert of CHIME/FRB."""
    return _notice(document, "chime_frb", "CHIME/FRB")


@parses_topic("gcn.notices.dsa110.frb", schema="dsa110/frb")
def parse_dsa(document: Document) -> Notice:
    """Read an alert of DSA-110."""
    return _notice(document, "dsa110_frb", "DSA-110")


def _notice(document: Document, stream: str, telescope: str) -> Notice:
    base = core_notice(document, stream)
    source = document.text("known_source")
    region = core_region(document)
    flags = {"known source": source is not None, "containment assumed": region is not None}
    return replace(
        base,
        localization=region,
        name=source or base.name,
        type_name=telescope,
        aliases=base.aliases if source is None else (*base.aliases, source),
        flags=base.flags | {flag for flag, is_set in flags.items() if is_set},
        attributes=dict(base.attributes) | _attributes(document),
    )


def _attributes(document: Document) -> dict[str, Any]:
    measured = {
        "dm": "dispersion_measure_pc_cm3",
        "dm_error": "dispersion_measure_error_pc_cm3",
        "dm_gal_ne_2001_max": "galactic_dispersion_measure_pc_cm3",
        "snr": "snr",
        "importance": "importance",
        "association_probability": "association_probability",
    }
    attributes: dict[str, Any] = {label: document.number(name) for name, label in measured.items()}
    attributes["dedispersed_time"] = document.text("trigger_time_inf_freq")
    attributes["message"] = document.text("update_message") or document.text("description")
    return {label: value for label, value in attributes.items() if value is not None}
