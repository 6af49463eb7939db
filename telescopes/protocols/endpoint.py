"""What must be known of the way to a robot: a model each, from which its queue is opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated

from astropy import units as u
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from telescopes.entries import Entry
from telescopes.observing_queue import ObservingQueue
from telescopes.protocols.http import HTTPTransport, checked_address
from telescopes.telescope import Telescope

Address = Annotated[str, AfterValidator(checked_address)]
"""Root of a service: http or https, without credentials."""


class Endpoint(BaseModel, ABC):
    """Settings of one way to a robot; a credential is a `SecretStr`, and nothing else is one."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    @abstractmethod
    def open(self, telescope: Telescope) -> ObservingQueue:
        """Open the queue; nothing is sent.

        Raises
        ------
        ValueError
            If the settings do not go together.
        """


class WebEndpoint(Endpoint):
    """A service that speaks HTTP."""

    url: Annotated[Address, Entry("Root of the service")]

    def service(self, headers: Mapping[str, str]) -> HTTPTransport:
        """Reach a service that may wait for others, so that it must be waited for longer."""
        return HTTPTransport(self.url, headers, timeout=30 * u.s, deadline=60 * u.s)


def credentials(model: type[Endpoint]) -> tuple[str, ...]:
    """Keys of an endpoint that hold a credential."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if field.annotation in (SecretStr, SecretStr | None)
    )
