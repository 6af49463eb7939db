"""How bright a source may be: magnitude by filter and time, and how sources differ."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

ANY = ""
"""Stands for every filter that has no light curve of its own."""

_DISTANCE_MODULUS_170817 = 33.05
"""Of NGC 4993, 40.7 Mpc: Cantiello et al. 2018, ApJL 854, L31."""

_REDDENING_170817 = 0.109
"""E(B-V) toward it: Schlafly and Finkbeiner 2011, ApJ 737, 103."""

EXTINCTION: Mapping[str, float] = {
    "u": 4.239,
    "g": 3.303,
    "r": 2.285,
    "i": 1.698,
    "z": 1.263,
    "Y": 1.058,
    "J": 0.709,
    "H": 0.449,
    "Hs": 0.449,
}
"""Galactic extinction by filter over E(B-V) of Schlegel et al. 1998, for R_V = 3.1: Schlafly and
Finkbeiner 2011, ApJ 737, 103, Table 6 (SDSS u to z, DES Y, UKIRT J and H)."""


@dataclass(frozen=True)
class LightCurve:
    """Magnitudes at some times, straight lines in between and beyond the last."""

    days: tuple[float, ...]
    """From the trigger, rising; before the first the source is as bright as there."""

    magnitude: tuple[float, ...]
    """AB, at each time."""

    in_log_time: bool = False
    """Whether lines are straight in the logarithm of the time: a power law of the flux."""

    def at(self, days: ArrayLike) -> NDArray[np.float64]:
        """Magnitude at some times from the trigger; any shape."""
        knots, magnitude = np.array(self.days), np.array(self.magnitude)
        times = np.maximum(np.asarray(days, dtype=float), knots[0])
        if self.in_log_time:
            times, knots = np.log10(times), np.log10(knots)
        within = np.interp(times, knots, magnitude)
        if len(knots) == 1:
            return np.asarray(within)
        slope = (magnitude[-1] - magnitude[-2]) / (knots[-1] - knots[-2])
        return np.asarray(within + slope * np.maximum(times - knots[-1], 0.0))


@dataclass(frozen=True)
class SourceModel:
    """A kind of source.

    Examples
    --------
    >>> from planners.detection import source_model
    >>> source_model("kilonova").magnitude("r", [0.0, 1.0]).tolist()
    [-16.0, -15.0]
    >>> source_model("-17, 0.5, 2").title
    'a source of absolute magnitude -17 +- 0.5 that fades by 2 mag a day'
    """

    title: str
    """What it is, in words."""

    light_curves: Mapping[str, LightCurve]
    """By filter; that of `ANY` for all others."""

    spread: float
    """Standard deviation of magnitudes from source to source, the same at all times and in all
    filters, mag."""

    is_absolute: bool = True
    """Whether magnitudes are absolute: then a map must have distances."""

    def knows(self, name: str) -> bool:
        """Whether it is known how bright it is in a filter."""
        return name in self.light_curves or ANY in self.light_curves

    def magnitude(self, name: str, days: ArrayLike) -> NDArray[np.float64]:
        """Usual AB magnitude in a filter at some times from the trigger; any shape."""
        return self.light_curves.get(name, self.light_curves.get(ANY)).at(days)  # type: ignore[union-attr]


def _linear(magnitude: float, fading: float) -> Mapping[str, LightCurve]:
    return {ANY: LightCurve((0.0, 1.0), (magnitude, magnitude + fading))}


def _observed_170817() -> Mapping[str, LightCurve]:
    """AT 2017gfo by night, as absolute magnitudes."""
    days = (0.471, 1.44, 2.44, 3.45, 4.45, 7.47)
    # Photometry as collected in example_files/lightcurves/AT2017gfo.dat of NMMA, from 0 h UT of
    # 18 August 2017 on, at the nights' beginnings in Chile; 12 h 41 min 4 s the day before is zero.
    apparent = {
        "g": (17.41, 18.49, 20.19, 21.13, 21.58, 23.28),
        "r": (17.56, 17.99, 19.13, 19.81, 20.53, 21.23),
        "i": (17.48, 17.85, 18.58, 19.03, 19.51, 20.54),
        "z": (17.59, 17.72, 18.33, 18.74, 19.07, 19.89),
        "Y": (17.46, 17.32, 17.77, 18.05, 18.35, 19.44),
        "J": (17.88, 17.58, 17.73, 17.95, 18.17, 19.26),
        "Hs": (18.26, 17.64, 17.64, 17.72, 18.02, 18.74),
    }
    return {
        name: LightCurve(
            days,
            tuple(
                round(each - _DISTANCE_MODULUS_170817 - EXTINCTION[name] * _REDDENING_170817, 3)
                for each in magnitudes
            ),
        )
        for name, magnitudes in apparent.items()
    }


SOURCES: Mapping[str, SourceModel] = {
    # -16 +- 1.3 mag is what the documentation of m4opt takes for kilonovae (`--absmag-mean`,
    # `--absmag-stdev`; Singer et al. 2025, arXiv:2502.17560); the fading by a magnitude a day is
    # that of Kasliwal et al. 2020, ApJ 905, 145 (abstract).
    "kilonova": SourceModel("a kilonova of -16 +- 1.3 mag", _linear(-16.0, 1.0), 1.3),
    "gw170817": SourceModel("a kilonova like that of GW170817", _observed_170817(), 0.0),
    # Of afterglows 1000 s after the burst, 63 % are fainter than R = 22 and 25 % than 25 (Wang et
    # al. 2013, ApJ 774, 132, abstract): a normal distribution of 23.0 +- 3.0. The flux falls as
    # 1 / t.
    "afterglow": SourceModel(
        "an afterglow of 23 +- 3 mag after 1000 s that falls as 1/t",
        {ANY: LightCurve((100 / 86400, 1000 / 86400), (20.5, 23.0), in_log_time=True)},
        3.0,
        is_absolute=False,
    ),
    # The peak of GW170817's kilonova, which does not fade: Kasliwal et al. 2020, abstract.
    "flat": SourceModel("a source of -16.6 mag that does not fade", _linear(-16.6, 0.0), 0.0),
}
"""Kinds of sources, by name."""

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_FADEST, _MOST = 30.0, 10.0
"""Limits of an absolute magnitude (either way), and of its spread and fading."""


def source_model(text: str) -> SourceModel:
    """The kind of source that a text names.

    Parameters
    ----------
    text
        A name of `SOURCES`, or an absolute magnitude at the trigger, its standard deviation and
        how much it fades (mag a day), apart by commas; what is left out is zero.

    Raises
    ------
    ValueError
        If it is neither; the message is a sentence.
    """
    name = text.strip().lower()
    if name in SOURCES:
        return SOURCES[name]
    parts = [part.strip().replace("\N{MINUS SIGN}", "-") for part in name.split(",")]
    if not (1 <= len(parts) <= 3 and all(_NUMBER.fullmatch(part) for part in parts)):
        raise ValueError(
            f"One of {', '.join(SOURCES)}, or an absolute magnitude, its spread and its fading a "
            f"day as -16, 1.3, 1, and not {text.strip()[:40]!r}."
        )
    magnitude, spread, fading = [float(part) for part in parts] + [0.0] * (3 - len(parts))
    if not (abs(magnitude) <= _FADEST and 0 <= spread <= _MOST and abs(fading) <= _MOST):
        raise ValueError(
            f"An absolute magnitude from -{_FADEST:g} to {_FADEST:g}, a spread from 0 to "
            f"{_MOST:g} mag, and a fading of at most {_MOST:g} mag a day."
        )
    how = f"fades by {fading:g} mag a day" if fading else "does not fade"
    varied = f" +- {spread:g}" if spread else ""
    return SourceModel(
        f"a source of absolute magnitude {magnitude:g}{varied} that {how}",
        _linear(magnitude, fading),
        spread,
    )


def days_from(trigger: float, seconds: ArrayLike) -> NDArray[np.float64]:
    """Days from the trigger to some times, both in s; none before it."""
    return np.maximum(np.asarray(seconds, dtype=float) - trigger, 0.0) / 86400


def gained_depth(scale: ArrayLike) -> NDArray[np.float64]:
    """Magnitudes that a longer exposure goes deeper, by how many times it is longer."""
    return 1.25 * np.log(np.asarray(scale, dtype=float)) / math.log(10)
