"""Listen to a site-local VOEvent broker over plain TCP, through pygcn. Off by default.

pygcn acknowledges a packet before it hands it on, and hands on nothing twice: what arrives while
the process is killed is lost, and the broker believes that we have it. While the process lives, a
packet waits for the database. There is no authentication and no encryption.

References
----------
IVOA Note "VOEvent Transport Protocol" 2.0; pygcn 1.1, `gcn.voeventclient`.
"""

from __future__ import annotations

import logging
import resource
import threading
from typing import Any

import gcn
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from too_marshal.db.heartbeats import BEAT_SECONDS, beat
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.workflows.intake.ingest import Message, keep, process_notices

logger = logging.getLogger(__name__)

IVORN = "ivo://too-marshal/listener"
"""By which we sign what we acknowledge."""

IAMALIVE_SECONDS = 150
"""A broker silent for longer is connected to anew; brokers say so once a minute."""

MAX_WAIT = 64
"""Seconds between two attempts to connect, at the most."""

MEMORY = 2 << 30
"""Bytes of address space: pygcn allocates whatever length a packet states, up to 4 GiB."""


def broker_address(settings: Settings) -> tuple[str, int]:
    """Host and port of the broker.

    Raises
    ------
    SettingInvalid
        If the setting is no host:port.
    """
    host, _, port = settings.voevent_broker.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingInvalid("TOO_VOEVENT_BROKER must be host:port")
    return host, int(port)


class Store:
    """Takes in what pygcn hands on; it never raises, for pygcn would swallow it."""

    def __init__(self, sessions: sessionmaker[Session], stop: threading.Event) -> None:
        self._sessions, self._stop = sessions, stop
        self.idle = threading.Lock()
        """Held while a packet is being stored."""

    def __call__(self, payload: bytes, _root: Any) -> None:
        """Store a packet, waiting for the database, and understand it."""
        with self.idle:
            while True:
                try:
                    self._take(payload)
                except OperationalError as err:
                    reason = str(err.orig).splitlines()[0]
                    logger.warning("the database failed, trying again: %s", reason)
                    if self._stop.wait(2.0):
                        logger.exception("a VOEvent was acknowledged and is not stored")
                        return
                else:
                    return

    def _take(self, payload: bytes) -> None:
        with self._sessions() as session:
            ((notice_id, _),) = keep(session, [Message(payload, "voevent")])
            beat(session, "stream-voevent")
            session.commit()
            process_notices(session, [notice_id])


def listen_voevent(
    address: tuple[str, int], sessions: sessionmaker[Session], stop: threading.Event
) -> None:
    """Store and interpret every packet of a VOEvent broker, until `stop` is set.

    Parameters
    ----------
    address
        Host and port of the broker.
    sessions
        Makes sessions.
    stop
        Ends the loop; a packet that is being stored is stored first.
    """
    store = Store(sessions, stop)
    # pygcn's loop never returns: it ends with the process.
    threading.Thread(target=_receive, args=(address, store, stop), daemon=True).start()
    while not stop.is_set():
        try:
            with sessions() as session:
                beat(session, "listener-voevent", f"{address[0]}:{address[1]}")
                session.commit()
        except OperationalError as err:
            logger.warning("the database failed: %s", str(err.orig).splitlines()[0])
        stop.wait(BEAT_SECONDS)
    with store.idle:
        pass


def _receive(address: tuple[str, int], store: Store, stop: threading.Event) -> None:
    host, port = address
    while not stop.is_set():
        try:
            gcn.listen(
                host=host,
                port=port,
                ivorn=IVORN,
                iamalive_timeout=IAMALIVE_SECONDS,
                max_reconnect_timeout=MAX_WAIT,
                handler=store,
                log=logger,
            )
        except Exception as err:  # noqa: BLE001 - a packet that pygcn cannot read ends its loop
            logger.warning("a packet broke the VOEvent client: %s %s", type(err).__name__, err)
            stop.wait(1.0)


def limit_memory() -> None:
    """Bound the memory of this process; see `MEMORY`."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
