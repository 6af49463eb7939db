"""Which roles an identity provider's claims give: `groups: too-admins=admin, night=observer`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from too_marshal.db.accounts.people import Role
from too_marshal.deployment.settings import SettingInvalid

# The address of a claim may hold colons, and so may a value: a blank ends the one, the last
# equals sign the other.
_RULE = re.compile(r"\s*(?P<claim>\S+):\s+(?P<values>.+?)\s*", re.DOTALL)


@dataclass(frozen=True)
class RoleClaims:
    """How a deployment reads roles."""

    claim: str
    """Name of the claim, or a path such as `realm_access.roles`; empty: none is read."""

    roles: Mapping[str, Role]
    """What each of its values may do."""

    other: Role | None
    """Of whoever has none of these; None: they may not log in."""

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role that claims give; None if their person may not log in."""
        given = [self.roles[value] for value in self._values(claims) if value in self.roles]
        return max(given, default=self.other)

    def are_in(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claim is among these at all."""
        return not self.claim or _found(claims, self.claim) is not None

    def _values(self, claims: Mapping[str, Any]) -> list[str]:
        found = _found(claims, self.claim) if self.claim else None
        values = found if isinstance(found, list) else [found]
        return [value for value in values if isinstance(value, str)]


def _found(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def role_claims_of(rule: str, other: str) -> RoleClaims:
    """Read the two settings.

    Parameters
    ----------
    rule
        A claim, a colon, a blank, and `value=role` apart by commas; by semicolons where a value
        holds a comma. Empty: no claim gives a role.
    other
        Role of whoever has none of these values, or empty.

    Raises
    ------
    SettingInvalid
        If one cannot be read, or nobody could log in.
    """
    fallback = _role(other.strip(), "TOO_OIDC_OTHER_ROLE") if other.strip() else None
    if not rule.strip():
        if fallback is None:
            raise SettingInvalid("TOO_OIDC_ROLES or TOO_OIDC_OTHER_ROLE must give a role")
        return RoleClaims("", {}, fallback)
    if (match := _RULE.fullmatch(rule)) is None:
        raise SettingInvalid("TOO_OIDC_ROLES must read like groups: too-admins=admin")
    roles: dict[str, Role] = {}
    separator = ";" if ";" in match["values"] else ","
    for entry in match["values"].split(separator):
        value, sign, word = (part.strip() for part in entry.rpartition("="))
        if not value or not sign or value in roles:
            raise SettingInvalid("TOO_OIDC_ROLES must name each value once, as value=role")
        roles[value] = _role(word, "TOO_OIDC_ROLES")
    return RoleClaims(match["claim"], roles, fallback)


def _role(word: str, variable: str) -> Role:
    try:
        return Role[word.upper()]
    except KeyError:
        words = ", ".join(role.name.lower() for role in Role)
        raise SettingInvalid(f"{variable} must give roles that there are: {words}") from None
