"""What came back: alerts in the regions of events, and the objects among them that matter."""

from too_marshal.db.counterparts import alerts, candidates, quarantine

__all__ = ["alerts", "candidates", "quarantine"]
