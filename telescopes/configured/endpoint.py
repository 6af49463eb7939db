"""The way to a robot whose interface its operator describes in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

from telescopes.configured.queue import ConfiguredQueue
from telescopes.configured.settings import CREDENTIALS, Configuration, read_configuration
from telescopes.configured.templates import ConfigurationInvalid, fill
from telescopes.entries import Entry
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.endpoint import WebEndpoint
from telescopes.telescope import Telescope


def _read(path: Any) -> Any:
    return read_configuration(Path(path)) if isinstance(path, str) else path


class ConfiguredEndpoint(WebEndpoint):
    """The robot's description, and the credentials that its headers name."""

    configuration: Annotated[
        Configuration, BeforeValidator(_read), Entry("File that describes the robot")
    ]
    token: Annotated[SecretStr | None, Entry("Token", detail="for the headers")] = None
    username: Annotated[str | None, Entry("Account", detail="for the headers")] = None
    password: Annotated[SecretStr | None, Entry("Password", detail="for the headers")] = None

    def open(self, telescope: Telescope) -> ObservingQueue:
        """Open the queue; nothing is sent."""
        return ConfiguredQueue(telescope, self.service(self._headers()), self.configuration)

    def _headers(self) -> dict[str, str]:
        given = {key: getattr(self, key) for key in CREDENTIALS}
        fields = {
            key: value.get_secret_value() if isinstance(value, SecretStr) else value
            for key, value in given.items()
            if value is not None
        }
        try:
            return {
                key: str(fill(value, fields)) for key, value in self.configuration.headers.items()
            }
        except KeyError as err:
            raise ConfigurationInvalid(f"the headers want {err}, which is not given") from err
