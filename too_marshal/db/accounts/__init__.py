"""People: how they prove who they are, what they may do and charge, and what they did."""

from too_marshal.db.accounts import (
    audit,
    factors,
    grants,
    identities,
    passkeys,
    people,
    programs,
    teams,
)

__all__ = ["audit", "factors", "grants", "identities", "passkeys", "people", "programs", "teams"]
