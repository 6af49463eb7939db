"""An observatory's machine with an SFTP server, on the loopback interface.

A real SSH server (paramiko's) over a real directory. Faults are told by the name of the
SFTP operation where HTTP's have a method: ``open``, ``write``, ``rename``, ``remove``,
``list``, ``read``.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

from telescopes.simulators.faults import Fault, FaultKind, Faults

ACCOUNT, PASSWORD = "marshal", "secret"


@dataclass
class DropServer:
    """One machine."""

    root: Path
    """What its account sees as the root."""

    host_key: paramiko.PKey = field(
        default_factory=lambda: paramiko.RSAKey.generate(2048), repr=False
    )
    """Its own key."""

    faults: Faults = field(default_factory=Faults)
    """What goes wrong."""

    port: int = 0
    """Where it listens."""

    @property
    def known_host(self) -> str:
        """Its public key as an operator pins it."""
        return f"{self.host_key.get_name()} {self.host_key.get_base64()}"


@contextlib.contextmanager
def running_drop(server: DropServer) -> Iterator[DropServer]:
    """Serve until the block ends."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server.port = listener.getsockname()[1]
        sessions: list[paramiko.Transport] = []
        thread = threading.Thread(target=_listen, args=(listener, server, sessions), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.faults.clear()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for session in sessions:
                session.close()
                session.join()


def _listen(
    listener: socket.socket, server: DropServer, sessions: list[paramiko.Transport]
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(server.host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, server, transport)
        sessions.append(transport)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Doorkeeper())


class _Doorkeeper(paramiko.ServerInterface):  # type: ignore[misc]  # it ships no types
    """Lets one account in."""

    def check_auth_password(self, username: str, password: str) -> int:
        if (username, password) == (ACCOUNT, PASSWORD):
            return paramiko.AUTH_SUCCESSFUL
        return paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - of the interface
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - as above
        return paramiko.OPEN_SUCCEEDED


class _Lost(Exception):
    """The connection is to be cut, without an answer."""


class _Files(paramiko.SFTPServerInterface):  # type: ignore[misc]  # as above
    """Acts on one directory, and meets its faults."""

    def __init__(
        self, door: Any, server: DropServer, transport: paramiko.Transport, *args: Any
    ) -> None:
        super().__init__(door, *args)
        self.machine = server
        self.transport = transport

    def path(self, name: str) -> Path:
        return self.machine.root / self.canonicalize(name).lstrip("/")

    def meet(self, operation: str) -> Fault | None:
        """Take the fault of this operation; what comes before the act happens here."""
        fault = self.machine.faults.take(operation, "")
        if fault is None:
            return None
        if fault.kind in {FaultKind.HANG, FaultKind.LATE}:
            self.machine.faults.released.wait(fault.seconds)
        if fault.kind in {FaultKind.HANG, FaultKind.RESET}:
            self.cut()
        return fault

    def end(self, fault: Fault | None) -> None:
        """Let happen what comes after the act."""
        if fault is None:
            return
        if fault.kind is FaultKind.ACCEPT_THEN_HANG:
            self.machine.faults.released.wait(fault.seconds)
        if fault.kind in {FaultKind.ACCEPT_THEN_HANG, FaultKind.ACCEPT_THEN_RESET}:
            self.cut()

    def cut(self) -> None:
        self.transport.close()
        raise _Lost

    def act(self, operation: str, do: Any) -> Any:
        fault = self.meet(operation)
        if fault is not None and fault.kind is FaultKind.STATUS:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            answer = do()
        except OSError as err:
            return paramiko.SFTPServer.convert_errno(err.errno or 0)
        self.end(fault)
        return answer

    def list_folder(self, path: str) -> Any:
        def do() -> list[paramiko.SFTPAttributes]:
            return [
                paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name)
                for entry in self.path(path).iterdir()
            ]

        return self.act("list", do)

    def stat(self, path: str) -> Any:
        return self.act("stat", lambda: paramiko.SFTPAttributes.from_stat(self.path(path).stat()))

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:  # noqa: ARG002 - of the interface
        def do() -> _OpenFile:
            descriptor = os.open(self.path(path), flags, 0o600)
            return _OpenFile(self, flags, descriptor)

        return self.act("open" if flags & os.O_WRONLY or flags & os.O_RDWR else "read", do)

    def remove(self, path: str) -> Any:
        def do() -> int:
            self.path(path).unlink()
            return int(paramiko.SFTP_OK)

        return self.act("remove", do)

    def rename(self, oldpath: str, newpath: str) -> Any:
        def do() -> int:
            # As OpenSSH's server does it: a link fails where the name is taken.
            os.link(self.path(oldpath), self.path(newpath))
            self.path(oldpath).unlink()
            return int(paramiko.SFTP_OK)

        return self.act("rename", do)


class _OpenFile(paramiko.SFTPHandle):  # type: ignore[misc]  # as above
    """An open file of `_Files`."""

    def __init__(self, files: _Files, flags: int, descriptor: int) -> None:
        super().__init__(flags)
        self.files = files
        self.descriptor = descriptor

    def read(self, offset: int, length: int) -> Any:
        return os.pread(self.descriptor, length, offset)

    def write(self, offset: int, data: bytes) -> Any:
        fault = self.files.meet("write")
        if fault is not None and fault.kind is FaultKind.HALF:
            data = data[: len(data) // 2]
        if fault is not None and fault.kind is FaultKind.STATUS:
            return paramiko.SFTP_FAILURE
        os.pwrite(self.descriptor, data, offset)
        self.files.end(fault)
        return paramiko.SFTP_OK

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.descriptor))

    def close(self) -> None:
        os.close(self.descriptor)
        super().close()
