"""Messages of streams other than LVK and GBM, built for tests of association."""

from __future__ import annotations

import json
from typing import Any


def circular(number: int, subject: str, body: str = "", **values: Any) -> bytes:
    """A GCN Circular."""
    return json.dumps(
        {
            "circularId": number,
            "subject": subject,
            "body": body,
            "submitter": "A. Person at an Observatory <a@example.org>",
            "createdOn": 1778300000000 + 1000 * number,
            **values,
        }
    ).encode()


def swift(
    packet: int, trigger: int = 1234567, time: str = "2026-05-09T06:13:20.00", **at: float
) -> bytes:
    """A Swift packet: 61 is BAT's position, 67 XRT's, 66 a slew."""
    names = {61: "BAT_GRB_Pos", 66: "SC_Slew", 67: "XRT_Pos"}
    ra, dec, radius = at.get("ra", 150.0), at.get("dec", 40.0), at.get("radius", 0.05)
    return f"""<?xml version="1.0" ?>
<voe:VOEvent ivorn="ivo://nasa.gsfc.gcn/SWIFT#{names[packet]}_{trigger}-{packet}"
 role="observation" version="2.0" xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
<Who><AuthorIVORN>ivo://nasa.gsfc.tan/gcn</AuthorIVORN><Date>2026-05-09T06:2{packet % 10}:00</Date></Who>
<What><Param name="Packet_Type" value="{packet}" /><Param name="Pkt_Ser_Num" value="1" />
<Param name="TrigID" value="{trigger}" ucd="meta.id" /><Param name="Coords_Type" value="1" /></What>
<WhereWhen><ObsDataLocation><ObservatoryLocation id="GEOLUN" /><ObservationLocation>
<AstroCoordSystem id="UTC-FK5-GEO" /><AstroCoords coord_system_id="UTC-FK5-GEO">
<Time unit="s"><TimeInstant><ISOTime>{time}</ISOTime></TimeInstant></Time>
<Position2D unit="deg"><Name1>RA</Name1><Name2>Dec</Name2><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2>
<Error2Radius>{radius}</Error2Radius></Position2D></AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
</voe:VOEvent>""".encode()  # noqa: E501


def guano(follow_up: str = "Fermi 800000000", **values: Any) -> bytes:
    """A burst that Swift found in the data around another mission's trigger."""
    return json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/swift/bat/Guano.schema.json",
            "mission": "Swift",
            "instrument": "BAT-GUANO",
            "alert_datetime": "2026-05-09T07:00:00Z",
            "alert_tense": "current",
            "alert_type": "initial",
            "record_number": 1,
            "trigger_time": "2026-05-09T06:13:14Z",
            "id": ["800000011"],
            "follow_up_event": follow_up,
            "follow_up_type": "GRB",
            "rate_snr": 8.0,
            **values,
        }
    ).encode()


def neutrino_search(superevent: str = "S261122a", **values: Any) -> bytes:
    """IceCube's search for tracks around a superevent."""
    return json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/icecube/lvk_nu_track_search.schema.json",
            "alert_datetime": "2026-11-22T03:30:00Z",
            "alert_tense": "current",
            "alert_type": "initial",
            "trigger_time": "2026-11-22T03:00:00Z",
            "ref_ID": superevent,
            "pval_generic": 0.3,
            "n_events_coincident": 0,
            **values,
        }
    ).encode()


def candidates(*matches: tuple[str, str]) -> bytes:
    """BOOM's list of optical transients, one for each (instrument, event) that it matches."""
    return json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/boom/alert.schema.json",
            "alert_datetime": "2026-05-09T08:00:00Z",
            "alert_tense": "current",
            "alert_type": "initial",
            "data": {
                "targets": [
                    {
                        "event_name": f"ZTF26aaaaaa{letter}",
                        "ra": 150.0,
                        "dec": 40.0,
                        "gcn_crossmatch": [{"ref_instrument": instrument, "ref_ID": key}],
                    }
                    for letter, (instrument, key) in zip("abcdefgh", matches, strict=False)
                ],
                "photometry": [],
            },
        }
    ).encode()


def icecube(event: int, time: str, *, cascade: bool = False, **values: Any) -> bytes:
    """A track or a cascade that IceCube tells of without its name, as its first notices do."""
    return json.dumps(
        {
            "$schema": "https://gcn.nasa.gov/schema/main/gcn/notices/icecube/single_neutrino_alerts.schema.json",
            "mission": "IceCube",
            "pipeline": "Cascade Alert" if cascade else "Gold Track Alert",
            "record_number": 0,
            "id": [f"141000_{event}"],
            "alert_datetime": time,
            "alert_type": "initial",
            "alert_tense": "current",
            "ra": 200.0,
            "dec": 10.0,
            "ra_dec_error": 0.5,
            "containment_probability": 0.9,
            "trigger_time": time,
            **values,
        }
    ).encode()
