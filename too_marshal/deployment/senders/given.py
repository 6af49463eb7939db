"""What the settings of a service must be."""

from __future__ import annotations

from urllib.parse import urlsplit

from too_marshal.deployment.settings import SettingInvalid, Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine, to which nothing needs to be hidden from the network."""


def all_or_none(settings: Settings, *names: str) -> bool:
    """Whether settings that belong together are given.

    Raises
    ------
    SettingInvalid
        If only some of them are.
    """
    missing = [name for name in names if not getattr(settings, name)]
    if missing and len(missing) < len(names):
        present = next(name for name in names if name not in missing)
        raise SettingInvalid(f"TOO_{missing[0].upper()} is missing beside TOO_{present.upper()}")
    return not missing


def service_url(settings: Settings, name: str) -> str:
    """Address of a service without its last slash.

    Raises
    ------
    SettingInvalid
        If it cannot be used, or would be spoken to in clear.
    """
    url = str(getattr(settings, name)).strip()
    variable = f"TOO_{name.upper()}"
    try:
        parts = urlsplit(url)
        _ = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise SettingInvalid(f"{variable} cannot be read as an address") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname:
        raise SettingInvalid(f"{variable} must begin with https://")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingInvalid(f"{variable} must be an address alone")
    return url.rstrip("/")
