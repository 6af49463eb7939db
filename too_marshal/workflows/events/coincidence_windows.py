"""How often each stream sends, and how far apart in time two missions see one source."""

from __future__ import annotations

from datetime import timedelta

from too_marshal.db.events import Event

RATES = {
    # As RAVEN counts them: Fermi 236, Swift 65, INTEGRAL 5, AGILE 5; subthreshold 370.
    "fermi_gbm": 236.0,
    "swift": 65.0,
    "integral": 5.0,
    "agile": 5.0,
    "fermi_gbm_subthreshold": 370.0,
    # Gold and bronze tracks: Abbasi et al. 2023, ApJS 269, 25. Cascades: 8 more.
    "icecube": 36.0,
    # Wei et al. 2016, arXiv:1610.06892.
    "svom": 65.0,
    # All public alerts, significant or not: LVK Public Alerts User Guide, two a day.
    "lvk": 730.0,
}
"""Published rates of streams, per year; the rate at which we receive them counts if larger."""

RATE_OF_THE_REST = 100.0
"""Per year, of a stream that has no published rate."""

_KINDS = {
    "lvk": "gravitational waves",
    "icecube": "neutrinos", "km3net": "neutrinos", "amon_nu_em": "neutrinos",
    "superk": "supernova", "snews": "supernova",
    "einstein_probe": "x rays", "maxi": "x rays",
}  # fmt: skip
"""What a stream detects; gamma rays if it is not listed."""

_WINDOWS = {
    # As RAVEN's for mergers; the burst follows.
    ("gravitational waves", "gamma rays"): (-1.0, 5.0),
    ("gravitational waves", "supernova"): (-10.0, 10.0),
    # As IceCube's search around superevents.
    ("gravitational waves", "neutrinos"): (-500.0, 500.0),
    ("gravitational waves", "x rays"): (-500.0, 500.0),
    ("gamma rays", "neutrinos"): (-500.0, 500.0),
    # Two missions trigger on different pulses of one burst; softer ones also much earlier.
    ("gamma rays", "gamma rays"): (-120.0, 120.0),
    ("gamma rays", "x rays"): (-500.0, 500.0),
    ("neutrinos", "supernova"): (-10.0, 10.0),
}
"""Time of the second minus time of the first, s."""

_BURST_WINDOW = (-60.0, 600.0)
"""As RAVEN's for unmodelled gravitational-wave bursts."""

_STREAM_WINDOWS = {"fermi_gbm_subthreshold": (-1.0, 11.0), "swift_guano": (-10.0, 20.0)}
"""As RAVEN's for bursts below threshold, against mergers."""

WIDEST_WINDOW = timedelta(seconds=600)
"""No two events farther apart are compared."""


def time_window(first: Event, second: Event) -> tuple[float, float]:
    """Least and greatest time of the second minus that of the first, s; (0, 0) for none."""
    kinds = (_KINDS.get(first.stream, "gamma rays"), _KINDS.get(second.stream, "gamma rays"))
    if kinds not in _WINDOWS:
        if kinds[::-1] not in _WINDOWS:
            return 0.0, 0.0
        low, high = time_window(second, first)
        return -high, -low
    if kinds == ("gravitational waves", "gamma rays"):
        if first.attributes.get("group") == "Burst":
            return _BURST_WINDOW
        return _STREAM_WINDOWS.get(second.stream, _WINDOWS[kinds])
    return _WINDOWS[kinds]
