"""A web server on loopback for the workflows that fetch."""

from tests.too_marshal.fetching.conftest import certificate, make_fetcher, server

__all__ = ["certificate", "make_fetcher", "server"]
