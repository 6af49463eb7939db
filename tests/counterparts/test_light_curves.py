"""Light curves: every epoch once, limits that are limits, fluxes with their sign."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from counterparts.light_curves import SAME_EPOCH, light_curve
from counterparts.packets.alert import Alert, Measurement
from counterparts.packets.files import packets_in
from counterparts.photometry import MIN_SNR, Kind

ALERT = Alert(
    survey="ZTF", object_id="ZTF26aaaaaaa", candid="1", ra=1.0, dec=2.0, jd=2460000.5, filter="g",
    magnitude=18.9, magnitude_error=0.1, is_positive=True, limiting_magnitude=20.0,
)  # fmt: skip


def seen(jd=2459999.5, name="g", magnitude=18.9, **more):
    return Measurement(jd, name, magnitude=magnitude, magnitude_error=0.1, **more)


def forced(flux, error=1.0, status="0", jd=2459998.5, limit=20.0):
    return Measurement(jd, "g", flux, error, limiting_magnitude=limit, status=status)


def test_a_magnitude_becomes_a_flux_with_the_sign_of_the_difference():
    curve = light_curve(replace(ALERT, detections=(seen(is_positive=False),)))
    np.testing.assert_allclose(curve.flux.to_value(u.uJy), [-100, 100])
    np.testing.assert_allclose(curve.flux_error.to_value(u.uJy), 100 * 0.1 * np.log(10) / 2.5)
    assert list(curve.time.jd) == [2459999.5, 2460000.5]
    assert list(curve.filters) == ["g", "g"]
    assert curve.is_detection.all()


def test_a_limit_is_five_sigma():
    limit = Measurement(2459999.5, "r", limiting_magnitude=21.4)
    curve = light_curve(replace(ALERT, limits=(limit,)))
    assert np.isnan(curve.flux[0])
    assert curve.flux_error[0].to_value(u.uJy) == pytest.approx(10 / 5)
    assert list(curve.is_detection) == [False, True]


def test_an_epoch_of_a_filter_comes_once_and_the_alert_itself_first():
    again = seen(jd=ALERT.jd + 0.9 * SAME_EPOCH, magnitude=17.0)
    other = seen(jd=ALERT.jd, name="r")
    later = seen(jd=ALERT.jd + 2 * SAME_EPOCH)
    curve = light_curve(
        replace(ALERT, detections=(again, other, later), forced=(forced(9, jd=ALERT.jd),))
    )
    assert [point.kind for point in curve.points] == [
        Kind.CANDIDATE,
        Kind.DETECTION,
        Kind.DETECTION,
    ]
    assert curve.points[0].flux == pytest.approx(100)


def test_forced_photometry_takes_the_place_of_a_limit_and_not_of_a_detection():
    limit = Measurement(2459998.5, "g", limiting_magnitude=20.0)
    curve = light_curve(replace(ALERT, limits=(limit,), forced=(forced(9),)))
    assert curve.points[0].kind is Kind.FORCED_DETECTION
    curve = light_curve(replace(ALERT, detections=(seen(jd=2459998.5),), forced=(forced(9),)))
    assert curve.points[0].kind is Kind.DETECTION


@pytest.mark.parametrize(
    ("flux", "kind"),
    [
        (MIN_SNR, Kind.FORCED_LIMIT),
        (MIN_SNR + 0.01, Kind.FORCED_DETECTION),
        (-MIN_SNR - 0.01, Kind.FORCED_DETECTION),
        (None, Kind.FORCED_LIMIT),
    ],
)
def test_forced_photometry_is_a_detection_above_three_sigma(flux, kind):
    point = light_curve(replace(ALERT, forced=(forced(flux),))).points[0]
    assert point.kind is kind
    assert point.flux == (flux if kind is Kind.FORCED_DETECTION else None)


@pytest.mark.parametrize("spoiled", [{"status": "56"}, {"status": None}, {"limit": -999.0}])
def test_forced_photometry_that_is_not_good_is_left_out(spoiled):
    assert len(light_curve(replace(ALERT, forced=(forced(9, **spoiled),))).points) == 1


def test_points_without_filter_or_measurement_are_left_out():
    nothing = (Measurement(2459999.5, "g"), Measurement(2459999.5, None, limiting_magnitude=20.0))
    assert len(light_curve(replace(ALERT, limits=nothing, detections=nothing)).points) == 1


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e-4), st.sampled_from("gri"), st.sampled_from(["seen", "limit", "forced"])
        ),
        max_size=40,
    )
)
def test_no_two_points_of_a_filter_are_one_epoch(history):
    before = {"seen": [], "limit": [], "forced": []}
    for offset, name, kind in history:
        jd = ALERT.jd - offset
        before["seen"] += [seen(jd, name)] if kind == "seen" else []
        before["limit"] += (
            [Measurement(jd, name, limiting_magnitude=20.0)] if kind == "limit" else []
        )
        before["forced"] += [replace(forced(9, jd=jd), filter=name)] if kind == "forced" else []
    curve = light_curve(
        replace(
            ALERT,
            detections=tuple(before["seen"]),
            limits=tuple(before["limit"]),
            forced=tuple(before["forced"]),
        )
    )
    assert sum(point.kind is Kind.CANDIDATE for point in curve.points) == 1
    for name in "gri":
        times = [point.jd for point in curve.points if point.filter == name]
        assert times == sorted(times)
        assert all(b - a > SAME_EPOCH - 1e-9 for a, b in itertools.pairwise(times))
    assert {name for _, name, _ in history} <= set(curve.filters)


def test_every_light_curve_of_the_corpus_is_in_order_and_has_its_own_detection(corpus):
    curves = 0
    for folder in ("ztf", "winter", "pgir", "decam", "lsst", "broker", "lasair"):
        for where, alert in packets_in(corpus / "alerts" / folder):
            if not isinstance(alert, Alert) or alert.magnitude is None:
                continue
            curve = light_curve(alert)
            times = curve.time.jd
            assert np.all(np.diff(times) >= 0), where
            assert sum(point.kind is Kind.CANDIDATE for point in curve.points) == 1, where
            assert np.all(curve.flux_error[np.isfinite(curve.flux_error)] >= 0), where
            curves += 1
    assert curves > 300


def test_the_beginning_of_a_packet_has_no_light_curve():
    with pytest.raises(ValueError, match="only the beginning"):
        light_curve(replace(ALERT, is_whole=False))
