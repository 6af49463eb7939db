"""Questions to a TAP service (IVOA Table Access Protocol), with an end to waiting.

pyvo speaks the protocol; the bytes go through `telescopes.protocols.http.HTTPTransport`, because
the library itself waits for ever for a service that is silent or drips.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from astropy import units as u
from astropy.table import Table
from pyvo.dal import DALServiceError, TAPService
from pyvo.dal.exceptions import DALAccessError, DALOverflowWarning
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from telescopes.errors import ArchiveUnavailable, QueueError
from telescopes.protocols.http import HTTPTransport

ROWS = 200_000
"""Rows that are asked for at most."""

VOTABLE = {"Accept": "application/x-votable+xml, text/xml"}


@dataclass(frozen=True)
class TAPArchive:
    """A TAP service that answers at once (``/sync``)."""

    url: str
    """Root of the service."""

    timeout: u.Quantity[u.physical.time] = 60 * u.s
    """Longest silence of the service."""

    deadline: u.Quantity[u.physical.time] = 180 * u.s
    """Longest exchange, whatever the service does."""

    largest_answer: int = 64 * 2**20
    """Bytes of an answer that are read."""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be meant."""
        self._transport()

    def query(self, adql: str, columns: Sequence[str]) -> Table:
        """Ask, and return the whole answer.

        Parameters
        ----------
        adql
            The question.
        columns
            What the answer must have.

        Raises
        ------
        ArchiveUnavailable
            If there is no whole answer with these columns; it may be asked again.
        """
        session = requests.Session()
        # No proxy and no netrc of the environment.
        session.trust_env = False
        session.mount(self.url, _Adapter(self._transport()))
        try:
            with warnings.catch_warnings():
                # What is odd in the answer is told row by row; an overflow is told below.
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", DALOverflowWarning)
                table = TAPService(self.url, session=session).run_sync(adql, maxrec=ROWS).to_table()
        except DALOverflowWarning as err:
            raise ArchiveUnavailable(f"{self.url} cut its answer short: {err}") from err
        except (DALAccessError, DALServiceError, QueueError) as err:
            raise ArchiveUnavailable(f"{self.url}: {err}") from err
        except Exception as err:
            # The parsers below raise whatever a damaged document makes them raise.
            raise ArchiveUnavailable(f"{self.url}: not a VOTable: {err!r:.300}") from err
        missing = [name for name in columns if name not in table.colnames]
        if missing:
            there = ", ".join(table.colnames)
            message = f"the answer of {self.url} has no column {', '.join(missing)}; it has {there}"
            raise ArchiveUnavailable(message)
        return table

    def _transport(self) -> HTTPTransport:
        return HTTPTransport(self.url, VOTABLE, self.timeout, self.deadline, self.largest_answer)


class _Adapter(BaseAdapter):
    """Carries the requests of a `requests.Session` through a transport."""

    def __init__(self, transport: HTTPTransport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Exchange one request."""
        root = urlsplit(self._transport.url).path.rstrip("/")
        body = request.body or ""
        assert isinstance(body, str | bytes), "a form of this session's own"
        answer = self._transport.exchange(
            str(request.method),
            request.path_url.removeprefix(root),
            body=body.decode() if isinstance(body, bytes) else body or None,
            content_type=str(request.headers.get("Content-Type", "")),
        )
        response = requests.Response()
        response.status_code = answer.status
        response.reason = answer.reason
        response.headers.update(answer.headers)
        response.url = str(request.url)
        response.request = request
        response.raw = HTTPResponse(
            body=io.BytesIO(answer.body), status=answer.status, preload_content=False
        )
        return response

    def close(self) -> None:
        """Nothing is kept open."""
