"""What the corpus' index lets one expect of each notice, without asking our parsers.

Each rule reads the index, the file's name or the raw text by a regular
expression. Where our meaning differs from the index on purpose, the rule says why.
"""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta

STREAMS = {
    "agile": (105,),
    "amon_coincidence": (157,),
    "amon_nu_em": (172,),
    "calet": (160,),
    "fermi_gbm": (110, 111, 112, 115, 146),
    "fermi_gbm_subthreshold": (131,),
    "fermi_lat": (121, 126, 128),
    "fermi_lat_monitor": (125,),
    "gecam": (188, 189),
    "grb_counterpart": (45,),
    "hawc": (171,),
    "icecube": (158, 169, 173, 174, 176),
    "integral": (52, 53, 54, 55, 56),
    "ipn": (31,),
    "konus": (59,),
    "lvk": (150, 151, 152, 163, 164),
    "maxi": (134, 135),
    "snews": (149,),
    "superk": (175,),
    "svom": (201, 202, 203, 204, 209, 210, 219),
    "swift": (46, 47, 61, 63, 65, 66, 67, 71, 81, 82, 83, 84, 89, 97, 141),
}
STREAM_OF_PACKET = {number: stream for stream, numbers in STREAMS.items() for number in numbers}

STREAM_OF_SCHEMA = {
    "burstcube/alert": "burstcube",
    "burstcube/test": "burstcube",
    "boom/alert": "boom",
    "chime/frb": "chime_frb",
    "circulars": "circulars",
    "dsa110/frb": "dsa110_frb",
    "einstein_probe/wxt/alert": "einstein_probe",
    "fermi/gbm/trigger": "fermi_gbm",
    "fermi/lat/flare": "fermi_lat_monitor",
    "glowbug/Alert": "glowbug",
    "icecube/lvk_nu_track_search": "icecube_lvk_search",
    "icecube/single_neutrino_alerts": "icecube",
    "km3net/alert": "km3net",
    "maxi/gsc.known": "maxi",
    "maxi/gsc.unknown": "maxi",
    "superk/sn_alert": "superk",
    "svom/trigger": "svom",
    "swift/bat/Guano": "swift_guano",
}

KIND_OF_PACKET = {
    "information": (46, 47, 63, 65, 66, 71, 83, 89, 125, 126, 141),
    "update": (45, 54, 55, 67, 81, 111, 112, 115, 121, 146, 152, 189, 204, 209, 210),
    "retraction": (164, 219),
    "test": (82,),
}
INITIAL = (
    *(31, 52, 53, 56, 59, 61, 97, 105, 110, 128, 131, 134, 135, 149, 150, 151, 157, 160),
    *(163, 175, 188, 201, 202, 203),
)
KIND_BY_PACKET = {n: kind for kind, numbers in KIND_OF_PACKET.items() for n in numbers}
KIND_BY_PACKET |= dict.fromkeys(INITIAL, "initial")

KIND_OF_ALERT_TYPE = {
    "EARLYWARNING": "initial",
    "PRELIMINARY": "initial",
    "INITIAL": "initial",
    "UPDATE": "update",
    "RETRACTION": "retraction",
    "initial": "initial",
    "subsequent": "initial",
    "update": "update",
    "retraction": "retraction",
    "": "initial",
}
ALWAYS_INFORMATION = {"boom", "circulars", "fermi_lat_monitor", "icecube_lvk_search"}

MALFORMED = {
    "notices/tracet_tests/Swift_unknown_fail.xml": "not well-formed",
}
UNKNOWN = (
    "notices/gcn_json_schema_examples/core__",
    "notices/gcn_json_schema_examples/heasarc__",
    "notices/gcn_json_schema_examples/schemas/",
    "notices/gwcelery_tests/igwn_alert_",  # LVK's internal messages, never on GCN
    "notices/repo_tests/ASASSN",
    "notices/repo_tests/Gaia",
    "notices/repo_tests/MOA",
    "notices/repo_tests/kill_socket",
    "notices/repo_tests/no_namespace_packet",
    "notices/tracet_tests/HESS_test_event.xml",
)

UNNUMBERED = "notices/tracet_tests/Antares"
"""Packets that state no type, and of which the index lists no position."""

MEANINGLESS = {"", "0", "-1", "16453627", "16777215", "2147483647"}
"""Trigger numbers that identify nothing; the second of the event stands in their place."""


def raw(text: str, name: str) -> str | None:
    """Value of the first Param of that name, by a regular expression."""
    for pattern in (
        rf'name="{name}"[^>]*?\svalue="([^"]*)"',
        rf'value="([^"]*)"[^>]*?\sname="{name}"',
    ):
        match = re.search(r"<Param\b[^>]*?" + pattern, text)
        if match:
            return match[1].strip()
    return None


def packet(row: dict[str, str]) -> int:
    """Packet type; 0 for JSON."""
    number = row["packet_type_or_alert_type"]
    return int(number) if row["kind"] == "voevent" and number else 0


def schema(row: dict[str, str]) -> str | None:
    """Schema of a JSON notice, None for LVK."""
    match = re.search(r"gcn/(?:notices/)?(.+)\.schema\.json$", row["type_name_or_schema"])
    return match[1] if match else None


def stream(row: dict[str, str]) -> str:
    """Expected stream."""
    if row["kind"] == "voevent":
        return STREAM_OF_PACKET[packet(row)]
    return "lvk" if schema(row) is None else STREAM_OF_SCHEMA[schema(row)]


def key(row: dict[str, str], text: str, second: str | None) -> str | None:
    """Expected event key; `second` is the event's time to the second, as text."""
    stated = row["key"]
    if stated.startswith("["):
        stated = ast.literal_eval(stated)[0]
    rule = KEY_RULES.get((stream(row), row["kind"])) or KEY_RULES.get((stream(row), ""))
    identifier = stated if rule is None else rule(stated, text, second or "")
    return second if identifier in MEANINGLESS or identifier.startswith("-") else identifier


def _run_and_event(stated: str, text: str, _: str) -> str:
    run, event = raw(text, "run_id"), raw(text, "event_id")
    return stated if run is None else f"{int(run)}{int(event)}"


def _lower_bits(stated: str, *_: str) -> str:
    return stated if stated in MEANINGLESS else str(int(stated) % 65536)


KEY_RULES = {
    # INDEX has none for HESE, EHE, HAWC and NU_EM; JSON joins run and event by "_".
    ("icecube", "voevent"): _run_and_event,
    ("icecube", "json"): lambda stated, *_: stated.replace("_", ""),
    ("hawc", ""): lambda _, text, __: f"{raw(text, 'run_id')}_{raw(text, 'event_id')}",
    ("amon_nu_em", ""): lambda _, text, __: f"1_{raw(text, 'Event_ID')}",
    # The burst stands in the lower 16 bits.
    ("integral", ""): _lower_bits,
    # Numbers begin again, so the day belongs to the key.
    ("gecam", ""): lambda stated, _, second: f"{stated}-{second[:10].replace('-', '')}",
    # One key for packets and JSON.
    ("superk", "json"): lambda _, text, __: re.search(r'"trigger_number": (\d+)', text)[1],
    # These have no number of their own.
    ("boom", ""): lambda *_: "ZTF25acffkdr",
    ("circulars", ""): lambda *_: "GRB 230410A",
    ("fermi_lat_monitor", "json"): lambda *_: "OQ 334 2025-11-20",
}
"""Where our key differs from the index's on purpose."""


def kind(row: dict[str, str], text: str) -> str:
    """Expected kind."""
    if row["kind"] == "json":
        if stream(row) in ALWAYS_INFORMATION:
            return "information"
        return KIND_OF_ALERT_TYPE[row["packet_type_or_alert_type"]]
    revision = re.search(r'name="[Rr]ev"[^>]*value="(\d+)"', text)
    retracts = re.search(r'name="Def_NOT_a_GRB"\s+value="true"', text)
    cited = re.search(r"BAT_GRB_Pos_\w+-\d+</EventIVORN>", text)
    if retracts and packet(row) not in {46, 47, 63, 65, 66, 84}:
        return "retraction"
    if packet(row) == 84:
        return "update" if cited else "initial"
    if stream(row) in {"icecube", "hawc", "amon_nu_em", "amon_coincidence"}:
        return "update" if revision and int(revision[1]) > 0 else "initial"
    return KIND_BY_PACKET[packet(row)]


def role(row: dict[str, str], text: str) -> str:
    """Expected role."""
    mock = stream(row) == "lvk" and row["key"].startswith(("M", "T"))
    if row["kind"] == "json":
        tense = re.search(r'"alert_tense":\s*"(\w+)"', text)
        mock = mock or (schema(row) or "").endswith("/test")
        return "test" if mock or (tense and tense[1] == "test") else "observation"
    if mock:  # a few relayed copies of mock events say "observation"
        return "test"
    flags = r'name="(Test_Submission|Test_Notice)"\s+value="true"'
    if stream(row) in {"integral", "swift", "maxi", "agile"} and re.search(flags, text):
        return "test"
    if stream(row) == "gecam" and int(row["key"]) >= 100_000_000:
        return "test"
    return row["role"]


def time(row: dict[str, str], text: str) -> datetime | None:
    """Expected event time; None where the index's is malformed (see `test_times`)."""
    stated = row["event_time"]
    if stream(row) == "svom" and raw(text, "Alert_Seq_T0"):  # the burst's, not the notice's
        stated = raw(text, "Alert_Seq_T0")
    match = re.fullmatch(
        r"(\d{4}-[01]\d-(?:0[1-9]|[123]\d)T\d\d:\d\d:\d\d)(\.\d+)?(?:Z|\+00:00)?", stated
    )
    if match is None:
        return None
    whole = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    return whole + timedelta(seconds=float(match[2] or 0))


def position(row: dict[str, str], text: str) -> tuple[float, float] | None:
    """Expected position of the source, deg; None where the notice gives none."""
    if stream(row) == "boom":  # one candidate, whose position the index does not list
        return 150.175649, 15.2832185
    if not row["ra"] or not row["dec"]:
        return None
    ra, dec = float(row["ra"]), float(row["dec"])
    no_source = raw(text, "Coords_Type") in {"0", "2"} or (ra == dec == 0)
    if packet(row) in {71, 89} or no_source:  # a NACK's is another instrument's
        return None
    # SNEWS means "anywhere"; IPN has -1; MCAL has none.
    return None if packet(row) in {149, 31, 105} or stream(row) == "lvk" else (ra, dec)


def radius(row: dict[str, str]) -> float | None:
    """Expected radius, deg; None where the index has none or it is not a radius."""
    if packet(row) in {141, 219}:  # a known source, a retraction: nothing to be planned on
        return None
    try:
        value = float(row["err"])
    except ValueError:
        return None
    return value if value > 0 else None
