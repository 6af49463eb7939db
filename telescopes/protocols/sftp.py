"""A directory on an observatory's machine into which files are dropped, over SFTP.

The server is known by its key, which the operator pins; there is no 'trust on first use'.
A file is written under a temporary name, read back, and then renamed: whoever watches the
directory never sees half a file. The rename of SFTP version 3 does not replace what is
there, so no file is ever overwritten.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import paramiko
from astropy import units as u

from telescopes.errors import QueueError, QueueRefused, QueueUnconfirmed, QueueUnreachable

MAX_FILE_SIZE = 8 * 2**20
"""Bytes that are read of a file."""

_LOST = (EOFError, TimeoutError, ConnectionError, socket.gaierror, paramiko.SSHException)


@dataclass(frozen=True)
class SFTPDrop:
    """One directory on one machine."""

    host: str
    """Name or address."""

    username: str
    """Account."""

    host_key: str
    """The server's public key as in a known_hosts file: ``ssh-ed25519 AAAA...``."""

    directory: str
    """Where files go; relative to the account's home unless absolute."""

    port: int = 22
    """TCP port."""

    key_file: str | None = None
    """Private key (OpenSSH format) that opens the account."""

    password: str | None = field(default=None, repr=False)
    """Password, where there is no key."""

    timeout: u.Quantity[u.physical.time] = 10 * u.s
    """Longest silence of the server."""

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all.

        Raises
        ------
        QueueRefused
            If the server does not allow it, or a file of that name exists.
        QueueUnreachable
            If it is certainly not there.
        QueueUnconfirmed
            If it may be there.
        """
        with self._session() as sftp:
            draft = self._path(f".{name}.{secrets.token_hex(4)}.part")
            try:
                with _translate(QueueUnreachable, f"{name} was not dropped"):
                    _write_and_read_back(sftp, draft, content)
                with _translate(QueueUnconfirmed, f"{name}, rename"):
                    sftp.rename(draft, self._path(name))
            except QueueError:
                with contextlib.suppress(OSError, *_LOST):
                    sftp.remove(draft)
                raise
            with _translate(QueueUnconfirmed, f"{name} was dropped, but cannot be read back"):
                if self._read(sftp, name) != content:
                    raise QueueUnconfirmed(f"{name} is there, but is not what was sent")

    def read(self, name: str) -> bytes | None:
        """Content of a file, or None if there is none."""
        with self._session() as sftp, _translate(QueueUnreachable, f"{name} cannot be read"):
            return self._read(sftp, name)

    def read_all(self, suffix: str) -> dict[str, bytes]:
        """Content of every file whose name ends in `suffix`, drafts excluded."""
        files = {}
        with self._session() as sftp, _translate(QueueUnreachable, "the files cannot be read"):
            for name in sorted(sftp.listdir(self.directory)):
                if not name.startswith(".") and name.endswith(suffix):
                    content = self._read(sftp, name)
                    if content is not None:
                        files[name] = content
        return files

    def _read(self, sftp: paramiko.SFTPClient, name: str) -> bytes | None:
        try:
            with sftp.open(self._path(name), "rb") as file:
                content = file.read(MAX_FILE_SIZE + 1)
        except OSError as err:
            if err.errno == errno.ENOENT:
                return None
            raise
        if len(content) > MAX_FILE_SIZE:
            raise QueueUnreachable(f"{name} is longer than {MAX_FILE_SIZE} bytes")
        return bytes(content)

    def remove(self, name: str) -> bool:
        """Remove a file; False if there is none."""
        with self._session() as sftp, _translate(QueueUnconfirmed, f"{name} may be there still"):
            try:
                sftp.remove(self._path(name))
            except OSError as err:
                if err.errno != errno.ENOENT:
                    raise
                return False
        return True

    def ping(self) -> None:
        """Return if the directory can be listed."""
        with self._session() as sftp, _translate(QueueUnreachable, "the directory cannot be read"):
            sftp.listdir(self.directory)

    def _path(self, name: str) -> str:
        return str(PurePosixPath(self.directory) / name)

    @contextlib.contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        """Connect, make sure of the server, log in."""
        seconds = float(self.timeout.to_value(u.s))
        try:
            connection = socket.create_connection((self.host, self.port), seconds)
        except OSError as err:
            raise QueueUnreachable(f"no connection to {self.host}:{self.port}: {err}") from err
        with contextlib.closing(connection), contextlib.closing(self._greet(connection)) as ssh:
            try:
                self._log_in(ssh)
                sftp = paramiko.SFTPClient.from_transport(ssh)
            except paramiko.AuthenticationException as err:
                raise QueueRefused(f"{self.host} does not let {self.username} in: {err}") from err
            except (OSError, *_LOST) as err:
                raise QueueUnreachable(f"no session with {self.host}: {err!r}") from err
            if sftp is None:
                raise QueueUnreachable(f"no session with {self.host}")
            sftp.get_channel().settimeout(seconds)
            yield sftp

    def _greet(self, connection: socket.socket) -> paramiko.Transport:
        seconds = float(self.timeout.to_value(u.s))
        kind, expected = read_host_key(self.host_key)
        ssh = paramiko.Transport(connection)
        ssh.banner_timeout = ssh.handshake_timeout = ssh.auth_timeout = seconds
        if kind != "ssh-rsa":
            ssh.get_security_options().key_types = (kind,)
        try:
            ssh.start_client(timeout=seconds)
            presented = ssh.get_remote_server_key().asbytes()
        except (OSError, *_LOST) as err:
            ssh.close()
            raise QueueUnreachable(f"no SSH with {self.host}: {err!r}") from err
        if presented != expected:
            ssh.close()
            raise QueueRefused(f"{self.host} shows another key than the one that is pinned")
        return ssh

    def _log_in(self, ssh: paramiko.Transport) -> None:
        if self.key_file is not None:
            ssh.auth_publickey(self.username, paramiko.PKey.from_path(self.key_file))
        else:
            ssh.auth_password(self.username, self.password or "")


def _write_and_read_back(sftp: paramiko.SFTPClient, draft: str, content: bytes) -> None:
    with sftp.open(draft, "wbx") as file:
        file.write(content)
    with sftp.open(draft, "rb") as file:
        arrived = file.read(len(content) + 1)
    if arrived != content:
        raise QueueUnreachable("the file was damaged on the way; it was not dropped")


def read_host_key(line: str) -> tuple[str, bytes]:
    """Kind and bytes of a public key.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        kind, encoded = line.split()[:2]
        return kind, base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as err:
        raise ValueError(f"not a public key: {line!r}") from err


@contextlib.contextmanager
def _translate(lost: type[QueueError], message: str) -> Iterator[None]:
    """Translate what the server and the connection do."""
    try:
        yield
    except _LOST as err:
        raise lost(f"{message}: {err!r}") from err
    except OSError as err:
        # A status of SFTP: the server has answered, and the answer is no.
        raise QueueRefused(f"{message}: {err}") from err
