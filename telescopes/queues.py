"""Every way to a robot's queue, in one table. What a way needs is imported when it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any

from telescopes.las_cumbres.facts import LAS_CUMBRES
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import Endpoint
from telescopes.registry import TELESCOPES

QUEUES: dict[tuple[str, str], str] = {
    ("ZTF", "scheduler"): "telescopes.ztf.endpoint:SchedulerEndpoint",
    ("ZTF", "kowalski"): "telescopes.ztf.endpoint:KowalskiEndpoint",
    ("DECam", "sftp"): "telescopes.decam.endpoint:DECamEndpoint",
    ("Gattini", "sftp"): "telescopes.gattini.endpoint:GattiniEndpoint",
    ("KPED", "sftp"): "telescopes.gattini.endpoint:GattiniEndpoint",
    ("WINTER", "http"): "telescopes.winter.endpoint:WINTEREndpoint",
    ("Liverpool", "rtml"): "telescopes.liverpool.endpoint:NodeAgentEndpoint",
    ("GROWTH-India", "sftp"): "telescopes.growth_india.endpoint:GrowthIndiaEndpoint",
    **{
        (telescope.name, "portal"): "telescopes.las_cumbres.endpoint:PortalEndpoint"
        for telescope in LAS_CUMBRES.values()
    },
    # Last, so that it is nobody's default.
    **{
        (name, "configured"): "telescopes.configured.endpoint:ConfiguredEndpoint"
        for name in TELESCOPES
    },
}
"""Model of the endpoint, by telescope and protocol; the first protocol of a telescope is its
default."""


def protocols_of(telescope_name: str) -> tuple[str, ...]:
    """Ways to a telescope, its default first; none for one that is not known."""
    return tuple(protocol for name, protocol in QUEUES if name == telescope_name)


def endpoint_model(telescope_name: str, protocol: str) -> type[Endpoint]:
    """What a way must be told, as a model.

    Raises
    ------
    LookupError
        If there is no such way.
    """
    if (telescope_name, protocol) not in QUEUES:
        known = ", ".join(f"{name} by {way}" for name, way in QUEUES)
        raise LookupError(f"no queue of {telescope_name} by {protocol}; there is {known}")
    model: type[Endpoint] = resolve_name(QUEUES[telescope_name, protocol])
    return model


def open_queue(telescope_name: str, endpoint: Mapping[str, Any] | str) -> ObservingQueue:
    """Open the queue of a telescope; nothing is sent.

    Parameters
    ----------
    telescope_name
        A name of `telescopes.TELESCOPES`.
    endpoint
        What the model of the way asks for, and ``protocol`` where a telescope has several; or
        just an address.

    Raises
    ------
    LookupError
        If there is no such way.
    ValueError
        If something is missing, unknown or cannot be used.
    """
    settings = {"url": endpoint} if isinstance(endpoint, str) else dict(endpoint)
    protocol = settings.pop("protocol", None) or next(iter(protocols_of(telescope_name)), "")
    model = endpoint_model(telescope_name, protocol)
    return model.model_validate(settings).open(TELESCOPES[telescope_name])
