"""Read a sky map in a child process that may be killed: a hostile file costs it, and no more.

The child comes from a server that has the libraries loaded already, so that it
starts in a hundredth of a second. Memory and processor time are limited by the kernel, and the
parent watches the clock.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import threading
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from astropy import units as u

from planners.skymaps.circles import region_skymap
from planners.skymaps.contours import contours
from planners.skymaps.files import read_skymap
from planners.skymaps.moc import read_moc
from planners.skymaps.skymap import SkyMap, SkyMapInvalid

_MAX_ANSWER_SIZE = 1 << 30
_PRELOADED = [
    "too_marshal.workflows.localizations.warm_map_reader",
    # A child runs the command's own module, which imports this.
    "too_marshal.cli",
]
_context: list[ForkServerContext] = []
_starting = threading.Lock()


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one map may cost."""

    memory: int = 3 << 30
    """Address space of the child, bytes: a flat map of NSIDE 2048 needs 2 GiB."""

    processor: int = 60
    """Processor time, s."""

    seconds: float = 90.0
    """By the clock."""


@dataclass(frozen=True)
class MapFacts:
    """A map, and all that is shown of it."""

    prepared: bytes
    """`planners.skymaps.skymap.SkyMap.to_bytes`."""

    columns: dict[str, Any]
    """The other columns of `db.localizations.SkyMapFile` that follow from the map."""


def describe(skymap: SkyMap) -> MapFacts:
    """Derive what is stored and shown of a map."""
    distance = skymap.distance_moments()
    peak = skymap.peak()
    return MapFacts(
        skymap.to_bytes(),
        {
            "area_50": skymap.area(0.5).to_value(u.deg**2),
            "area_90": skymap.area(0.9).to_value(u.deg**2),
            "distance_mean": None if distance is None else float(distance[0].to_value(u.Mpc)),
            "distance_std": None if distance is None else float(distance[1].to_value(u.Mpc)),
            "peak_ra": float(peak.ra.deg),
            "peak_dec": float(peak.dec.deg),
            "contours": contours(skymap),
            "flags": list(skymap.metadata.get("flags") or ()),
            "creator": str(skymap.metadata.get("creator") or "")[:80],
        },
    )


def read_map(
    data: bytes, limits: ReadingLimits | None = None, *, moc_containment: float | None = None
) -> MapFacts:
    """Read the bytes of a FITS sky map, or of a MOC, in a child process.

    Parameters
    ----------
    data
        As received.
    limits
        Of the child.
    moc_containment
        The bytes are a MOC that holds so much of the probability.

    Raises
    ------
    SkyMapInvalid
        If it is no sky map, or reading it costs more than the limits; the message names the fault.
    """
    limits = limits or ReadingLimits()
    context = _server()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(
        target=_child, args=(sender, data, limits, moc_containment), daemon=True
    )
    child.start()
    sender.close()
    try:
        return _answer(receiver, child, limits)
    finally:
        child.kill()
        child.join()
        child.close()
        receiver.close()


def warm() -> None:
    """Start the server of children now, so that the first map does not wait for it."""
    _server()
    forkserver.ensure_running()


def _server() -> ForkServerContext:
    with _starting:
        if not _context:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(_PRELOADED)
            _context.append(context)
        return _context[0]


def _answer(receiver: Connection, child: ForkServerProcess, limits: ReadingLimits) -> MapFacts:
    if not receiver.poll(limits.seconds):
        raise SkyMapInvalid(f"reading it takes over {limits.seconds:g} s")
    try:
        head = json.loads(receiver.recv_bytes(_MAX_ANSWER_SIZE))
        if "fault" in head:
            raise SkyMapInvalid(head["fault"])
        return MapFacts(receiver.recv_bytes(_MAX_ANSWER_SIZE), head)
    except (EOFError, OSError) as err:
        child.join(1.0)
        raise SkyMapInvalid(
            f"reading it ended the process that did ({_end(child, limits)})"
        ) from err


def _end(child: ForkServerProcess, limits: ReadingLimits) -> str:
    signal = -(child.exitcode or 0)
    named = {24: f"over {limits.processor} s of processor time", 9: "killed", 11: "a crash"}
    return named.get(signal, f"code {child.exitcode}")


def _child(
    sender: Connection, data: bytes, limits: ReadingLimits, moc_containment: float | None
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor, limits.processor + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        if moc_containment is None:
            facts = describe(read_skymap(data))
        else:
            facts = describe(region_skymap(read_moc(data), moc_containment, {"creator": "MOC"}))
    except MemoryError:
        _send_fault(sender, f"reading it needs over {limits.memory / 2**30:.3g} GiB of memory")
    except SkyMapInvalid as err:
        _send_fault(sender, str(err))
    except Exception as err:  # noqa: BLE001 - whatever a hostile file sets off, it is refused
        _send_fault(sender, f"the reader failed: {type(err).__name__}: {err}")
    else:
        sender.send_bytes(json.dumps(facts.columns).encode())
        sender.send_bytes(facts.prepared)


def _send_fault(sender: Connection, fault: str) -> None:
    sender.send_bytes(json.dumps({"fault": fault[:500]}).encode())
