"""`too-marshal alerts`: look at packets, take them in, and ask the archive."""

from too_marshal.commands.alerts.group import alerts

__all__ = ["alerts"]
