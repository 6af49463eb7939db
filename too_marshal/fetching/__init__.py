"""Fetching files that notices name, without trusting the notice, the network or the server."""
