"""The counterpart among the alerts, in pure functions: no service, no database."""
