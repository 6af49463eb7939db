"""The way to a telescope that takes files by SFTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from telescopes.entries import Entry
from telescopes.protocols.endpoint import Endpoint
from telescopes.protocols.file_queue import FileQueue, ObservingScript
from telescopes.protocols.sftp import SFTPDrop, read_host_key


def _checked_host_key(line: str) -> str:
    read_host_key(line)
    return line


class DropEndpoint(Endpoint):
    """A directory on an observatory's machine."""

    host: Annotated[str, Entry("Machine")]
    username: Annotated[str, Entry("Account")]
    host_key: Annotated[
        str,
        AfterValidator(_checked_host_key),
        Entry("The machine's public key", detail="as in a known_hosts file"),
    ]
    directory: Annotated[str, Entry("Where files go", detail="from the account's home")]
    port: Annotated[int, Entry("Port", least=1, most=65535)] = 22
    key_file: Annotated[str | None, Entry("Private key that opens the account")] = None
    password: Annotated[SecretStr | None, Entry("Password", detail="where there is no key")] = None

    def queue(self, script: ObservingScript) -> FileQueue:
        """Make a queue of the files that a script writes."""
        drop = SFTPDrop(
            host=self.host,
            port=self.port,
            username=self.username,
            host_key=self.host_key,
            directory=self.directory,
            key_file=self.key_file,
            password=None if self.password is None else self.password.get_secret_value(),
        )
        return FileQueue(drop, script)
