"""Finding charts: what stands on the sheet, where, and nothing that needs a network."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from telescopes.outlines import outline
from tests.too_marshal.factories import add_event, add_localization, add_plan, circle_map
from tests.too_marshal.web.event.test_page import page
from too_marshal.db.observing.plans import Plan
from too_marshal.web.plans.chart_plane import SIDE
from too_marshal.web.plans.finding_chart import angle
from too_marshal.workflows.planning.galaxies import bring_galaxies

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def plan(session: Session) -> Plan:
    event = add_event(session, is_test=True)
    add_localization(session, event, circle_map(64.6, 30.0, 3.0))
    return add_plan(session, event)


def sheet(client: FlaskClient, plan: Plan, number: int = 1) -> ET.Element:
    answer = client.get(f"/plans/{plan.id}/charts/{number}.svg")
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    return ET.fromstring(answer.text)


def texts(sheet: ET.Element) -> str:
    return "\n".join("".join(each.itertext()) for each in sheet.iter(f"{SVG}text"))


def points(sheet: ET.Element, name: str) -> np.ndarray:
    path = next(each for each in sheet.iter(f"{SVG}path") if each.get("id") == name)
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d")), dtype=float)


def test_each_row_leads_to_the_chart_of_its_field(viewer: FlaskClient, plan: Plan):
    shown = page(viewer, f"/plans/{plan.id}")
    address = rf"/plans/{plan.id}/charts/\d+\.svg"
    links = re.findall(rf'href="({address})"[^>]*aria-label="([^"]+)"', shown)
    assert [address for address, _ in links] == [
        f"/plans/{plan.id}/charts/{row.number + 1}.svg" for row in plan.exposures
    ]
    assert links[0][1] == f"Finding chart of {plan.exposures[0].field_id}"
    assert f'href="/plans/{plan.id}/charts.zip"' in shown
    for address, _ in links[:2]:
        assert viewer.get(address).status_code == 200


def test_the_sheet_says_what_is_observed_where_and_when(viewer: FlaskClient, plan: Plan):
    row = plan.exposures[0]
    drawn = sheet(viewer, plan)
    said = texts(drawn)
    place = SkyCoord(row.ra, row.dec, unit=u.deg)
    hours = place.ra.to_string(u.hour, sep=":", precision=1, pad=True)
    degrees = place.dec.to_string(u.deg, sep=":", precision=0, pad=True, alwayssign=True)
    assert f"{hours} {degrees}" in said
    assert f"{row.ra:.5f}° {row.dec:+.5f}°" in said
    assert f"ZTF field {row.field_id}" in said
    for visit in plan.exposures:
        is_here = visit.field_id == row.field_id
        assert (visit.start.strftime("%Y-%m-%d %H:%M:%S UTC") in said) is is_here
    assert (drawn.get("width"), drawn.get("height")) == ("210mm", "297mm")
    assert drawn.get("role") == "img"


def test_the_camera_is_drawn_to_scale_around_its_pointing(viewer: FlaskClient, plan: Plan):
    drawn = sheet(viewer, plan)
    camera = points(drawn, "camera") - SIDE / 2
    expected = np.radians(outline(TELESCOPES["ZTF"].footprint))
    bar = next(each for each in drawn.iter(f"{SVG}path") if each.get("id") == "scale").get("d")
    length = float(re.search(r"h([\d.]+)", bar)[1])
    (words,) = re.findall(r"^(\d+)°$", texts(drawn), re.MULTILINE)
    millimeters = length / np.tan(np.radians(float(words)))
    # East is to the left, north is up.
    assert camera == pytest.approx(-expected * millimeters, abs=0.03)
    assert np.abs(camera).max() < SIDE / 2


def test_contours_are_the_circles_of_the_map(viewer: FlaskClient, plan: Plan):
    drawn = sheet(viewer, plan)
    levels = {
        each[0].text: each.get("d")
        for each in drawn.iter(f"{SVG}path") if each.get("class") == "contour"
    }  # fmt: skip
    assert "90 % region" in levels
    assert "50 % region" in levels
    assert "Brightest position of the map: 04:18:24.0 +30:00:00" in texts(drawn)


def test_galaxies_are_marked_where_they_are(viewer: FlaskClient, session: Session, plan: Plan):
    row = plan.exposures[0]
    north = SkyCoord(row.ra, row.dec, unit=u.deg).directional_offset_by(0 * u.deg, 1 * u.deg)
    east = SkyCoord(row.ra, row.dec, unit=u.deg).directional_offset_by(90 * u.deg, 2 * u.deg)
    rows = [(north.ra.deg, north.dec.deg, 41), (east.ra.deg, east.dec.deg, 42), (row.ra, -60, 43)]
    table = "ra,dec,distance\n" + "\n".join(f"{a},{b},{c}" for a, b, c in rows)
    assert not list(sheet(viewer, plan).iter(f"{SVG}circle"))
    kept = bring_galaxies(session, plan.event, data=table.encode(), name="mine & more", by="ann")
    plan.galaxy_table_id = kept.id
    session.commit()
    drawn = sheet(viewer, plan)
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in drawn.iter(f"{SVG}circle")]
    (x1, y1), (x2, _) = circles
    assert x1 == pytest.approx(SIDE / 2, abs=0.02)
    assert y1 < SIDE / 2
    assert x2 < SIDE / 2
    assert (SIDE / 2 - x2) / (SIDE / 2 - y1) == pytest.approx(2, rel=2e-3)
    said = texts(drawn)
    assert "41 Mpc" in said
    assert "43 Mpc" not in said
    assert "Galaxies of mine & more" in said
    changed = add_plan(session, plan.event)
    changed.changed_from_id = plan.id
    session.commit()
    assert texts(sheet(viewer, changed)).count("Mpc") == 2


def test_nothing_on_it_needs_a_script_a_style_or_a_network(viewer: FlaskClient, plan: Plan):
    text = viewer.get(f"/plans/{plan.id}/charts/1.svg").text
    assert "<script" not in text
    assert "style" not in text
    assert set(re.findall(r"https?://[^\s\"]+", text)) == {"http://www.w3.org/2000/svg"}


def test_every_pointing_is_once_in_the_file_of_all(viewer: FlaskClient, plan: Plan):
    answer = viewer.get(f"/plans/{plan.id}/charts.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        for name in names:
            ET.fromstring(archive.read(name))
    fields = dict.fromkeys(row.field_id for row in plan.exposures)
    assert names == [f"plan-{plan.id}-field-{field}.svg" for field in fields]


@pytest.mark.parametrize("number", [0, 13, 99999])
def test_an_exposure_that_is_not_there_has_no_chart(viewer: FlaskClient, plan: Plan, number: int):
    assert viewer.get(f"/plans/{plan.id}/charts/{number}.svg").status_code == 404


@pytest.mark.parametrize(
    ("ra", "dec"), [(0.01, 0.0), (359.99, -35.0), (120.0, 89.5), (10.0, -90.0)]
)
def test_at_a_pole_and_across_the_origin_the_sheet_is_whole(
    viewer: FlaskClient, session: Session, plan: Plan, ra: float, dec: float
):
    for row in plan.exposures[:1]:
        row.ra, row.dec = ra, dec
    session.commit()
    drawn = sheet(viewer, plan)
    assert np.isfinite(points(drawn, "grid")).all()
    labels = [each for each in drawn.iter(f"{SVG}text") if each.get("class") in ("ra", "dec")]
    assert all(0 <= float(each.get("x")) + 1 <= SIDE + 1 for each in labels)
    if abs(dec) < 60:
        assert len({each.get("class") for each in labels}) == 2
        assert len(labels) >= 4


@pytest.mark.parametrize(
    ("degrees", "words"),
    [(5.0, "5°"), (0.5, "30\N{PRIME}"), (1 / 120, "30\N{DOUBLE PRIME}")],
)
def test_angles_are_written_in_a_unit_that_can_be_read(degrees: float, words: str):
    assert angle(degrees) == words
