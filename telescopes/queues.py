"""Every way to a robot's queue, in one table.

What speaks to a robot is imported when its queue is opened: who looks up the ways, or has robots
of one kind, does not load the protocols of all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astropy import units as u

from telescopes.las_cumbres.facts import LAS_CUMBRES
from telescopes.observing import ObservingQueue
from telescopes.protocols.http import HTTPTransport, basic_authorization
from telescopes.registry import TELESCOPES

if TYPE_CHECKING:
    from telescopes.protocols.file_queue import Script

Endpoint = Mapping[str, Any]
"""Settings of one way: ``url``, credentials, and ``protocol`` where a telescope has several."""


def _open_ztf(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.ztf.queue import ZTFQueue
    from telescopes.ztf.scheduler import TunnelledScheduler

    return ZTFQueue(TunnelledScheduler(HTTPTransport(endpoint["url"])), _open_depot(endpoint))


def _open_depot(endpoint: Endpoint) -> HTTPTransport | None:
    if not endpoint.get("depot_url"):
        return None
    headers = {}
    if endpoint.get("depot_username"):
        headers = basic_authorization(endpoint["depot_username"], endpoint["depot_password"])
    return HTTPTransport(endpoint["depot_url"], headers)


def _open_kowalski(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.ztf.kowalski import KowalskiScheduler
    from telescopes.ztf.queue import ZTFQueue

    transport = HTTPTransport(
        endpoint["url"],
        {"Authorization": f"Bearer {endpoint['token']}"},
        # Kowalski waits for Palomar, so it must be waited for longer.
        timeout=30 * u.s,
        deadline=60 * u.s,
    )
    way = KowalskiScheduler(transport, endpoint["user"], endpoint.get("history_path"))
    return ZTFQueue(way, _open_depot(endpoint))


def _open_drop(endpoint: Endpoint, script: Script) -> ObservingQueue:
    from telescopes.protocols.file_queue import FileQueue
    from telescopes.protocols.sftp import SFTPDrop

    drop = SFTPDrop(
        host=endpoint["host"],
        port=int(endpoint.get("port", 22)),
        username=endpoint["username"],
        host_key=endpoint["host_key"],
        directory=endpoint["directory"],
        key_file=endpoint.get("key_file"),
        password=endpoint.get("password"),
    )
    return FileQueue(drop, script)


def _open_decam(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.decam.script import DECamScript

    dither = endpoint.get("dither")
    script = DECamScript(
        endpoint.get("title", DECamScript.title),
        None if dither is None else float(dither) * u.arcsec,
    )
    return _open_drop(endpoint, script)


def _open_gattini(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.gattini.script import QueueScript

    return _open_drop(endpoint, QueueScript())


def _open_kped(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.gattini.script import QueueScript
    from telescopes.kped.facts import KPED

    return _open_drop(endpoint, QueueScript(KPED))


def _open_growth_india(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.growth_india.script import GrowthIndiaScript

    return _open_drop(endpoint, GrowthIndiaScript())


def _open_lco(endpoint: Endpoint, site: str) -> ObservingQueue:
    from telescopes.las_cumbres.queue import LCOQueue

    portal = HTTPTransport(
        endpoint["url"],
        {"Authorization": f"Token {endpoint['token']}"},
        timeout=30 * u.s,
        deadline=60 * u.s,
    )
    return LCOQueue(
        portal,
        site,
        endpoint.get("observation_type", LCOQueue.observation_type),
        endpoint.get("proposal"),
    )


def _open_winter(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.winter.queue import WINTERQueue

    service = HTTPTransport(
        endpoint["url"],
        basic_authorization(endpoint["username"], endpoint["password"]),
        timeout=30 * u.s,
        deadline=60 * u.s,
    )
    return WINTERQueue(service, endpoint["program_name"], endpoint["token"])


def _open_liverpool(endpoint: Endpoint) -> ObservingQueue:
    from telescopes.liverpool.queue import PATH, LiverpoolQueue
    from telescopes.liverpool.rtml import Conditions
    from telescopes.protocols.soap import SOAPService

    transport = HTTPTransport(
        endpoint["url"],
        {"Username": endpoint["username"], "Password": endpoint["password"]},
        timeout=30 * u.s,
        deadline=60 * u.s,
    )
    usual = Conditions()
    conditions = Conditions(
        float(endpoint.get("seeing", usual.seeing.to_value(u.arcsec))) * u.arcsec,
        float(endpoint.get("sky", usual.sky)),
        is_photometric=bool(endpoint.get("photometric", False)),
    )
    return LiverpoolQueue(
        SOAPService(transport, PATH), endpoint["username"], endpoint["proposal"], conditions
    )


def _open_configured(endpoint: Endpoint, name: str) -> ObservingQueue:
    from telescopes.configured.queue import ConfiguredQueue
    from telescopes.configured.settings import CREDENTIALS, read_configuration
    from telescopes.configured.templates import ConfigurationInvalid, fill

    credentials = {key: str(endpoint[key]) for key in CREDENTIALS if endpoint.get(key) is not None}
    configuration = read_configuration(Path(endpoint["configuration"]))
    try:
        headers = {
            key: str(fill(value, credentials)) for key, value in configuration.headers.items()
        }
    except KeyError as err:
        raise ConfigurationInvalid(f"the headers want {err}, which is not given") from err
    transport = HTTPTransport(endpoint["url"], headers, timeout=30 * u.s, deadline=60 * u.s)
    return ConfiguredQueue(TELESCOPES[name], transport, configuration)


QUEUES: dict[tuple[str, str], Callable[[Endpoint], ObservingQueue]] = {
    ("ZTF", "scheduler"): _open_ztf,
    ("ZTF", "kowalski"): _open_kowalski,
    ("DECam", "sftp"): _open_decam,
    ("Gattini", "sftp"): _open_gattini,
    ("KPED", "sftp"): _open_kped,
    ("WINTER", "http"): _open_winter,
    ("Liverpool", "rtml"): _open_liverpool,
    ("GROWTH-India", "sftp"): _open_growth_india,
    **{
        (telescope.name, "portal"): partial(_open_lco, site=code)
        for code, telescope in LAS_CUMBRES.items()
    },
    # Last, so that it is nobody's default.
    **{(name, "configured"): partial(_open_configured, name=name) for name in TELESCOPES},
}
"""By telescope and protocol; the first protocol of a telescope is its default."""


def open_queue(telescope_name: str, endpoint: Endpoint | str) -> ObservingQueue:
    """Open the queue of a telescope; nothing is sent.

    Parameters
    ----------
    telescope_name
        A name of `telescopes.TELESCOPES`.
    endpoint
        Settings of the way to the robot, or just its address. ZTF: ``url`` of the
        scheduler; ``depot_url``, ``depot_username``, ``depot_password`` of the depot of
        processed quadrants (optional). By Kowalski, ``token`` and ``user``, and
        ``history_path`` where it forwards the scheduler's history. By SFTP, ``host``,
        ``port``, ``username``, ``host_key``, ``directory``, and ``key_file`` or ``password``;
        DECam: ``title`` of the program, ``dither`` (arcsec). Las Cumbres: ``token``,
        ``observation_type``, and ``proposal`` to list no others. WINTER: ``username``,
        ``password``, ``program_name`` and the program's key as ``token``. Liverpool: ``username``,
        ``password``, ``proposal``; ``seeing`` (arcsec), ``sky`` (mag above dark) and
        ``photometric``. Any telescope by the
        protocol ``configured``: ``configuration``, a file that describes the robot's interface,
        and ``token``, ``username`` and ``password`` where its headers name them.

    Raises
    ------
    LookupError
        If there is no such way.
    ValueError
        If the address is none.
    """
    settings: Endpoint = {"url": endpoint} if isinstance(endpoint, str) else endpoint
    ways = [protocol for name, protocol in QUEUES if name == telescope_name]
    protocol = settings.get("protocol") or next(iter(ways), None)
    if protocol is None or (telescope_name, protocol) not in QUEUES:
        known = ", ".join(f"{name} by {way}" for name, way in QUEUES)
        raise LookupError(f"no queue of {telescope_name} by {protocol}; there is {known}")
    return QUEUES[telescope_name, protocol](settings)
