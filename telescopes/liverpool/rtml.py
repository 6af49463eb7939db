"""RTML 3.1a, as the Liverpool Telescope's node agent takes it.

Each exposure is a schedule with a window of its own; the name of the queue is the document's
``uid``. Facts: SkyPortal, `facility_apis/lt.py`, and the schema RTML-nightly.xsd.
"""

from __future__ import annotations

from dataclasses import dataclass

from astropy import units as u
from astropy.coordinates import Angle
from astropy.time import Time
from lxml import etree

from telescopes.liverpool.facts import LIVERPOOL
from telescopes.observing_plan import ObservingPlan
from telescopes.protocols.checked_exposures import CheckedExposure, checked_exposures, window_of
from telescopes.protocols.soap import read_xml

NAMESPACE = "http://www.rtml.org/v3.1a"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = f"{NAMESPACE} http://telescope.livjm.ac.uk/rtml/RTML-nightly.xsd"


@dataclass(frozen=True)
class Conditions:
    """What the sky must be like."""

    seeing: u.Quantity[u.physical.angle] = 2.0 * u.arcsec
    """Full width at half maximum at most."""

    sky: float = 4.0
    """Brightness of the sky above dark at most, mag."""

    is_photometric: bool = False
    """Whether no cloud is allowed."""


def write_request(
    plan: ObservingPlan, name: str, proposal: str, user: str, conditions: Conditions
) -> str:
    """Write a request.

    Parameters
    ----------
    plan, name
        What, and the ``uid`` of the document.
    proposal, user
        Whose time is charged, and who asks.
    conditions
        Of the sky.

    Raises
    ------
    PlanUnsuitable
        If the telescope could not take it.
    """
    exposures = checked_exposures(plan, LIVERPOOL, name)
    document = _document("request", name, proposal, user)
    for exposure in exposures:
        document.append(_schedule(plan, exposure, conditions))
    return etree.tostring(document, encoding="unicode", pretty_print=True)


def write_abort(name: str, proposal: str, user: str) -> str:
    """Write that a request is withdrawn."""
    document = _document("abort", name, proposal, user)
    etree.SubElement(document[0][0], _tag("Communication"))
    return etree.tostring(document, encoding="unicode", pretty_print=True)


def read_reply(text: str) -> tuple[str, str, str]:
    """Mode, uid and words of a reply.

    Raises
    ------
    ValueError
        If it is no RTML.
    """
    # The reply declares an encoding that the text around it has already undone.
    document = read_xml(text.replace('encoding="ISO-8859-1"', ""))
    if etree.QName(document).localname != "RTML" or not document.get("mode"):
        raise ValueError(f"no RTML: {text[:200]}")
    comment = " ".join(part.strip() for part in document.itertext() if part.strip())
    return str(document.get("mode")), str(document.get("uid", "")), comment[:1000]


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _document(mode: str, name: str, proposal: str, user: str) -> etree._Element:
    document = etree.Element(_tag("RTML"), nsmap={None: NAMESPACE, "xsi": _XSI})
    document.set(f"{{{_XSI}}}schemaLocation", _SCHEMA)
    document.set("mode", mode)
    document.set("uid", name)
    document.set("version", "3.1a")
    project = etree.SubElement(document, _tag("Project"), ProjectID=proposal)
    contact = etree.SubElement(project, _tag("Contact"))
    etree.SubElement(contact, _tag("Username")).text = user
    etree.SubElement(contact, _tag("Name")).text = user
    return document


def _schedule(
    plan: ObservingPlan, exposure: CheckedExposure, conditions: Conditions
) -> etree._Element:
    schedule = etree.Element(_tag("Schedule"))
    device = etree.SubElement(schedule, _tag("Device"), name="IO:O", type="camera")
    etree.SubElement(device, _tag("SpectralRegion")).text = "optical"
    setup = etree.SubElement(device, _tag("Setup"))
    etree.SubElement(setup, _tag("Filter"), type=exposure.planned.filter.upper())
    binning = etree.SubElement(etree.SubElement(setup, _tag("Detector")), _tag("Binning"))
    for axis in ("X", "Y"):
        etree.SubElement(binning, _tag(axis), units="pixels").text = "2"
    count = etree.SubElement(schedule, _tag("Exposure"), count="1")
    etree.SubElement(count, _tag("Value"), units="seconds").text = f"{exposure.seconds:g}"
    schedule.append(_target(exposure))
    airmass = min(plan.request.airmass_limit, LIVERPOOL.airmass_limit)
    etree.SubElement(schedule, _tag("AirmassConstraint"), maximum=f"{airmass:g}")
    _add_conditions(schedule, conditions)
    window = etree.SubElement(schedule, _tag("DateTimeConstraint"), type="include")
    names = "DateTimeStart", "DateTimeEnd"
    for name, moment in zip(names, window_of(plan, exposure), strict=True):
        etree.SubElement(window, _tag(name), system="UT", value=_iso(moment))
    return schedule


def _target(exposure: CheckedExposure) -> etree._Element:
    target = etree.Element(_tag("Target"), name=f"field {exposure.planned.field_id}")
    coordinates = etree.SubElement(target, _tag("Coordinates"))
    # Rounded before it is wrapped: 24 hours are none.
    seconds = round(exposure.ra * 240, 3) % 86400
    hours = Angle(seconds / 3600, u.hourangle).to_string(u.hourangle, sep=" ", precision=3)
    degrees = Angle(exposure.dec, u.deg).to_string(u.deg, sep=" ", precision=2, alwayssign=True)
    for name, text, units in (
        ("RightAscension", hours, ("Hours", "Minutes", "Seconds")),
        ("Declination", degrees, ("Degrees", "Arcminutes", "Arcseconds")),
    ):
        angle = etree.SubElement(coordinates, _tag(name))
        for unit, part in zip(units, text.split(), strict=True):
            etree.SubElement(angle, _tag(unit)).text = part
    etree.SubElement(coordinates, _tag("Equinox")).text = "J2000"
    return target


def _add_conditions(schedule: etree._Element, conditions: Conditions) -> None:
    sky = etree.SubElement(schedule, _tag("SkyConstraint"))
    etree.SubElement(sky, _tag("Flux")).text = f"{conditions.sky:g}"
    etree.SubElement(sky, _tag("Units")).text = "magnitudes/square-arcsecond"
    seeing = f"{conditions.seeing.to_value(u.arcsec):g}"
    etree.SubElement(schedule, _tag("SeeingConstraint"), maximum=seeing, units="arcseconds")
    clouds = etree.SubElement(schedule, _tag("ExtinctionConstraint"))
    etree.SubElement(clouds, _tag("Clouds")).text = (
        "clear" if conditions.is_photometric else "light"
    )


def _iso(moment: Time) -> str:
    return f"{moment.utc.strftime('%Y-%m-%dT%H:%M:%S')}+00:00"
