from __future__ import annotations

import io

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from PIL import Image

from planners import Ranges, SkyMap, circle_skymap
from planners.skymaps.contours import contours
from planners.skymaps.drawings import process as drawing_process
from planners.skymaps.drawings.drawing import all_sky, png, zoomed
from planners.skymaps.drawings.drawn_sky import LEVELS, WIDEST, DrawnSky
from planners.skymaps.drawings.outlined_tiles import PLANNED, Tiles
from planners.skymaps.drawings.process import DrawingFailed, draw
from telescopes import ZTF

SKYMAP = circle_skymap(150 * u.deg, 20 * u.deg, 5 * u.deg, containment=0.9)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def facts_of(skymap: SkyMap) -> dict[str, object]:
    peak = skymap.peak()
    return {
        "peak_ra": float(peak.ra.deg),
        "peak_dec": float(peak.dec.deg),
        "area_50": float(skymap.area(0.5).to_value(u.deg**2)),
        "area_90": float(skymap.area(0.9).to_value(u.deg**2)),
        "contours": contours(skymap),
    }


@pytest.mark.parametrize("picture", [all_sky, zoomed])
def test_a_picture_is_the_same_each_time_and_stands_on_its_own_ground(picture):
    data = png(picture(SKYMAP))
    assert png(picture(SKYMAP)) == data
    shown = pixels(data)
    assert shown.shape == (500, 800, 3)
    assert shown[0, 0].tolist() == [255, 255, 255]
    # Something dark is drawn, and something red.
    assert (shown.sum(axis=-1) < 200).sum() > 100
    assert ((shown[..., 0] > 200) & (shown[..., 1] < 150)).sum() > 20


def test_tiles_are_drawn_in_their_color():
    tiles = Tiles.at("planned", PLANNED, ZTF, [(150.0, 20.0), (150.0, 20.0), (157.0, 20.0)])
    assert len(tiles.outlines) == 2
    blue = np.array([0x1F, 0x5F, 0xBF])

    def count(data: bytes) -> int:
        return int((np.abs(pixels(data) - blue).sum(axis=-1) < 30).sum())

    assert count(png(zoomed(SKYMAP, [tiles]))) > count(png(zoomed(SKYMAP))) + 300


def test_an_outline_lies_where_the_camera_looks():
    (line,) = Tiles.of("one", PLANNED, ZTF, SkyCoord([0.5] * u.deg, [80] * u.deg)).outlines
    assert line[0].tolist() == line[-1].tolist()
    away = SkyCoord(*line.T, unit=u.deg).separation(SkyCoord(0.5 * u.deg, 80 * u.deg))
    assert 3.4 * u.deg < away.min() < 3.9 * u.deg
    assert away.max() < 5.6 * u.deg


@pytest.mark.parametrize("radius", [20 / 3600, 1.0, 30.0, 120.0])
def test_the_closer_look_holds_the_region(radius):
    sky = DrawnSky.of(circle_skymap(269 * u.deg, -70 * u.deg, radius * u.deg, containment=0.9))
    assert sky.radius > 1.1 * min(radius, 60)
    assert (sky.radius > WIDEST) == (radius > 45)
    assert sky.picture.sum() == pytest.approx(1)
    for picture in (all_sky, zoomed):
        assert len(png(picture(sky))) > 10_000


def test_two_distant_parts_are_not_shown_in_one_closer_look():
    parts = Ranges.of_cells(4, [0, 1, 2, 3, 4, 5, 2500])
    sky = DrawnSky.of(SkyMap.normalized((parts.lo, parts.hi), np.ones(len(parts))))
    assert sky.radius < WIDEST


def test_a_process_of_its_own_draws_the_same():
    drawing = draw(SKYMAP.to_bytes(), facts_of(SKYMAP))
    assert drawing.all_sky == png(all_sky(SKYMAP))
    assert drawing.zoom == png(zoomed(SKYMAP))


def test_what_cannot_be_drawn_says_why(monkeypatch):
    with pytest.raises(DrawingFailed, match="prepared"):
        draw(b"nothing", facts_of(SKYMAP))
    monkeypatch.setattr(drawing_process, "_SECONDS", 0.05)
    with pytest.raises(DrawingFailed, match="takes over"):
        draw(SKYMAP.to_bytes(), facts_of(SKYMAP))


def test_a_large_map_is_made_coarser_and_keeps_its_density():
    order = 9
    cells = np.arange(12 << (2 * order))
    shift = 2 * (29 - order)
    density = 1.0 + (cells % 7)
    large = SkyMap.normalized((cells << shift, (cells + 1) << shift), density)
    sky = DrawnSky.known(large, (10.0, 10.0), dict.fromkeys(LEVELS, 1.0), contours(SKYMAP))
    assert len(sky.near.lo) < len(large.lo)
    assert sky.near.density.mean() == pytest.approx(1 / (4 * np.pi), rel=1e-3)
