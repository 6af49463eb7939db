"""Notices that tests send: built, so that each test says what matters in its own."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import astropy_healpix
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table


def skymap_fits(ra: float = 150.0, dec: float = 40.0, sigma: float = 5.0, order: int = 5) -> bytes:
    """A multi-order FITS map: a round blob of `sigma` degrees, all cells of one order."""
    pixels = np.arange(12 << (2 * order))
    lon, lat = astropy_healpix.healpix_to_lonlat(pixels, 1 << order, order="nested")
    separation = SkyCoord(lon, lat).separation(SkyCoord(ra, dec, unit=u.deg)).deg
    density = np.exp(-0.5 * (separation / sigma) ** 2)
    density /= density.sum() * 4 * np.pi / len(pixels)
    table = Table({"UNIQ": pixels + 4 * (1 << (2 * order)), "PROBDENSITY": density})
    table.meta.update(PIXTYPE="HEALPIX", ORDERING="NUNIQ", COORDSYS="C", INDXSCHM="EXPLICIT")
    out = io.BytesIO()
    table.write(out, format="fits")
    return out.getvalue()


def lvk(
    superevent_id: str = "S261122a",
    alert_type: str = "PRELIMINARY",
    created: str = "2026-11-22T03:00:30Z",
    skymap: bytes | str | None = None,
    **event: Any,
) -> bytes:
    """An `igwn.gwalert` message; `skymap` may be text to stand as it is."""
    document: dict[str, Any] = {
        "alert_type": alert_type,
        "time_created": created,
        "superevent_id": superevent_id,
        "urls": {"gracedb": f"https://gracedb.ligo.org/superevents/{superevent_id}/view/"},
        "event": None,
        "external_coinc": None,
    }
    if alert_type != "RETRACTION":
        content = skymap_fits() if skymap is None else skymap
        document["event"] = {
            "time": "2026-11-22T03:00:00.000Z",
            "far": 1e-10,
            "significant": True,
            "instruments": ["H1", "L1"],
            "group": "CBC",
            "pipeline": "gstlal",
            "search": "AllSky",
            "classification": {"BNS": 0.9, "NSBH": 0.05, "BBH": 0.0, "Terrestrial": 0.05},
            "properties": {"HasNS": 1.0, "HasRemnant": 0.9, "HasMassGap": 0.0},
            "skymap": content if isinstance(content, str) else base64.b64encode(content).decode(),
            **event,
        }
    return json.dumps(document).encode()


def gbm(trigger: int = 800000000, role: str = "observation", packet: int = 112) -> bytes:
    """A Fermi GBM position as VOEvent."""
    names = {111: "GBM_Flt_Pos", 112: "GBM_Gnd_Pos", 115: "GBM_Fin_Pos"}
    return f"""<?xml version="1.0" ?>
<voe:VOEvent ivorn="ivo://nasa.gsfc.gcn/Fermi#{names[packet]}_2026-05-09T06:13:15.00_{trigger}_57-431"
 role="{role}" version="2.0" xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
<Who><AuthorIVORN>ivo://nasa.gsfc.tan/gcn</AuthorIVORN><Date>2026-05-09T06:20:00</Date></Who>
<What>
<Param name="Packet_Type" value="{packet}" /><Param name="Pkt_Ser_Num" value="1" />
<Param name="TrigID" value="{trigger}" ucd="meta.id" /><Param name="Sequence_Num" value="57" />
<Param name="Burst_TJD" value="21169" unit="days" /><Param name="Burst_SOD" value="22395.00" unit="sec" />
</What>
<WhereWhen><ObsDataLocation><ObservatoryLocation id="GEOLUN" /><ObservationLocation>
<AstroCoordSystem id="UTC-FK5-GEO" /><AstroCoords coord_system_id="UTC-FK5-GEO">
<Time unit="s"><TimeInstant><ISOTime>2026-05-09T06:13:15.00</ISOTime></TimeInstant></Time>
<Position2D unit="deg"><Name1>RA</Name1><Name2>Dec</Name2><Value2><C1>150.0</C1><C2>40.0</C2></Value2>
<Error2Radius>5.0</Error2Radius></Position2D></AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
</voe:VOEvent>""".encode()  # noqa: E501
