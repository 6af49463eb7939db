"""An independent judge of plans: astropy alone, none of the planners' code.

It knows the request, the telescope's facts and the exposures, and returns every violation that
it finds, in words.
"""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
from astropy import units as u
from astropy.coordinates import AltAz, HADec, SkyCoord, angular_separation
from astropy.coordinates.erfa_astrom import ErfaAstromInterpolator, erfa_astrom
from astropy.time import Time
from astropy.utils import iers

from tests.planners.bodies import bodies

iers.conf.auto_download = False
iers.conf.auto_max_age = None

SECOND = 1.0
"""Tolerance of times, s."""

ANGLE = 0.005
"""Tolerance of angles, deg: what the sky turns in about a second."""

_NODES = 300 * u.s
"""Between two instants for which astropy sums up its series, which is what takes it so long."""


def violations(plan, telescope):
    """Every rule that the plan breaks, one sentence each."""
    exposures = plan.exposures
    if not exposures:
        return []
    faults = []
    request = plan.request
    starts = Time([exposure.start.utc.isot for exposure in exposures], scale="utc")
    lengths = np.array([exposure.exposure_time.to_value(u.s) for exposure in exposures])
    faults += _window(request, starts, lengths)
    faults += _requested(plan, telescope, lengths)
    ra = np.array([exposure.ra.to_value(u.deg) for exposure in exposures])
    dec = np.array([exposure.dec.to_value(u.deg) for exposure in exposures])
    coord = SkyCoord(ra * u.deg, dec * u.deg)
    with erfa_astrom.set(ErfaAstromInterpolator(_NODES)):
        faults += _sky(request, telescope, coord, starts, lengths)
        faults += _overheads(telescope, exposures, coord, starts, lengths)
        faults += _visits(request, exposures, starts)
        faults += _budgets(request, telescope, exposures, coord, starts, lengths)
    return faults


def _window(request, starts, lengths):
    faults = []
    first = (starts[0] - request.start).to_value(u.s)
    last = (starts + lengths * u.s - request.end).to_value(u.s)
    if first < -SECOND:
        faults.append(f"begins {-first:.1f} s before the window")
    if np.max(last) > SECOND:
        faults.append(f"ends {np.max(last):.1f} s after the window")
    for begin, end in request.busy:
        inside = ((starts - end).to_value(u.s) < -SECOND) & (
            (starts + lengths * u.s - begin).to_value(u.s) > SECOND
        )
        if inside.any():
            faults.append(f"{inside.sum()} exposures while another queue has the telescope")
    return faults


def _requested(plan, telescope, lengths):
    faults = []
    grid = telescope.read_grid()
    centers = {int(i): k for k, i in enumerate(grid.field_id)}
    for exposure, length in zip(plan.exposures, lengths, strict=True):
        asked = [plan.request.exposure_time[exposure.filter], *plan.request.exposure_times]
        if not any(abs(length - time.to_value(u.s)) <= 1e-6 for time in asked):
            faults.append(f"exposes {length} s instead of {asked}")
        if exposure.field_id in plan.request.excluded_fields:
            faults.append(f"field {exposure.field_id} is excluded")
        if exposure.field_id < 0 and not telescope.off_grid:
            faults.append("a pointing off the grid")
    on_grid = [exposure for exposure in plan.exposures if exposure.field_id >= 0]
    if on_grid:
        center = grid.coord[[centers[exposure.field_id] for exposure in on_grid]]
        ra = np.array([exposure.ra.to_value(u.deg) for exposure in on_grid])
        dec = np.array([exposure.dec.to_value(u.deg) for exposure in on_grid])
        away = center.separation(SkyCoord(ra * u.deg, dec * u.deg)) > 1 * u.arcsec
        faults.extend(
            f"field {exposure.field_id} is elsewhere"
            for exposure, is_away in zip(on_grid, away, strict=True)
            if is_away
        )
    return faults


def _sky(request, telescope, coord, starts, lengths):
    """At the start, in the middle and at the end of each exposure."""
    moments = (0.0, 0.5, 1.0)
    times = (starts + np.multiply.outer(moments, lengths) * u.s).ravel()
    coord = coord[np.tile(np.arange(len(coord)), len(moments))]
    location = telescope.site.location
    frame = AltAz(obstime=times, location=location)
    seen = coord.transform_to(frame)
    sun, moon, illumination = bodies(times, location)
    faults = []

    def report(broken, what):
        faults.extend(
            f"{what} at {moment} of {int(np.sum(part))} exposures"
            for moment, part in zip(moments, np.split(broken, len(moments)), strict=True)
            if np.any(part)
        )

    report(sun.alt.deg > request.sun_altitude.to_value(u.deg) + ANGLE, "daylight")
    limit = min(request.airmass_limit, telescope.airmass_limit)
    lowest = np.degrees(np.arcsin(1 / limit))
    report(seen.alt.deg < lowest - ANGLE, "airmass above the limit")
    separation = angular_separation(seen.az, seen.alt, moon.az, moon.alt).to_value(u.deg)
    wanted = request.moon_separation.to_value(u.deg) * illumination
    report((separation < wanted - ANGLE) & (moon.alt.deg > ANGLE), "too near the Moon")
    if telescope.exclusions:
        equatorial = coord.transform_to(HADec(obstime=times, location=location))
        hour_angle = (equatorial.ha.deg + 180) % 360 - 180
    for exclusion in telescope.exclusions:
        inside = _within(hour_angle, exclusion.hour_angle, 180)
        inside &= _within(equatorial.dec.deg, exclusion.declination, 90)
        report(inside, "pointing limit")
    if telescope.highest_altitude is not None:
        report(seen.alt.deg > telescope.highest_altitude.to_value(u.deg) + ANGLE, "too high")
    if request.galactic_latitude is not None:
        latitude = np.abs(coord.galactic.b.deg)
        report(latitude < request.galactic_latitude.to_value(u.deg) - ANGLE, "galactic plane")
    if request.right_ascension is not None:
        low, high = (angle.to_value(u.deg) for angle in request.right_ascension)
        report((coord.ra.deg - low) % 360 > (high - low) % 360 + ANGLE, "right ascension")
    return faults


def _within(value, limits, scale):
    low, high = (limit.to_value(u.deg) for limit in limits)
    inside = np.ones(np.shape(value), dtype=bool)
    if low > -scale:
        inside &= value > low + ANGLE
    if high < scale:
        inside &= value < high - ANGLE
    return inside


def _turn(axis, angle):
    """Seconds to turn by an angle or by each of many (deg)."""
    speed = axis.speed.to_value(u.deg / u.s)
    acceleration = axis.acceleration.to_value(u.deg / u.s**2)
    return np.where(
        angle < speed**2 / acceleration,
        2 * np.sqrt(angle / acceleration),
        angle / speed + speed / acceleration,
    )


def overheads(telescope, exposures, coord, times):
    """Seconds that the robot needs between each two consecutive exposures."""
    facts = telescope.overheads
    if facts.alt_azimuth:
        seen = coord.transform_to(AltAz(obstime=times, location=telescope.site.location))
        nxt = coord[1:].transform_to(AltAz(obstime=times[:-1], location=telescope.site.location))
        first, second = nxt.az.deg - seen.az.deg[:-1], nxt.alt.deg - seen.alt.deg[:-1]
    else:
        first, second = np.diff(coord.ra.deg), np.diff(coord.dec.deg)
    first = np.abs((first + 180) % 360 - 180)
    slew = np.maximum(
        _turn(facts.hour_angle_axis, first), _turn(facts.declination_axis, np.abs(second))
    )
    slew += np.where(slew > 0, facts.mount_settle.to_value(u.s), 0)
    changes = [before.filter != after.filter for before, after in itertools.pairwise(exposures)]
    exchange = np.where(np.array(changes, dtype=bool), facts.filter_exchange.to_value(u.s), 0)
    return np.maximum(facts.readout.to_value(u.s), slew) + exchange


def _overheads(telescope, exposures, coord, starts, lengths):
    ends = starts + lengths * u.s
    needed = overheads(telescope, exposures, coord, ends)
    given = (starts[1:] - ends[:-1]).to_value(u.s)
    short = needed - given
    if len(short) and np.max(short) > SECOND / 2:
        return [f"{int(np.sum(short > SECOND / 2))} overheads too short, by {np.max(short):.1f} s"]
    return []


def _visits(request, exposures, starts):
    faults = []
    by_field = defaultdict(list)
    for exposure, start in zip(exposures, (starts - starts[0]).to_value(u.s), strict=True):
        key = exposure.field_id if exposure.field_id >= 0 else (exposure.ra, exposure.dec)
        by_field[key].append((start, exposure.filter))
    gap = request.minimum_gap.to_value(u.s)
    for key, visits in by_field.items():
        times = [time for time, _ in visits]
        if np.min(np.diff(times), initial=np.inf) < gap - SECOND / 100:
            faults.append(f"field {key} is visited again too soon")
        faults.extend(
            f"field {key} is visited too often in {name}"
            for name in {name for _, name in visits}
            if sum(other == name for _, other in visits) > request.filters.count(name)
        )
    return faults


def _budgets(request, telescope, exposures, coord, starts, lengths):  # noqa: PLR0917 - what a plan consists of
    faults = []
    fields = {(exposure.field_id, exposure.ra.value, exposure.dec.value) for exposure in exposures}
    if request.maximum_fields is not None and len(fields) > request.maximum_fields:
        faults.append(f"{len(fields)} fields, more than {request.maximum_fields}")
    if request.maximum_time is not None:
        used = lengths.sum() + overheads(telescope, exposures, coord, starts + lengths * u.s).sum()
        if used > request.maximum_time.to_value(u.s) + SECOND:
            faults.append(f"uses {used:.0f} s, more than {request.maximum_time}")
    return faults
