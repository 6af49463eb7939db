"""Credentials that a file of the deployment refers to, and never holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from too_marshal.deployment.logs import keep_secret


class CredentialInvalid(ValueError):
    """A reference that leads to no credential; the message holds none."""


def credential(key: str, reference: str, environ: Mapping[str, str]) -> str:
    """Fetch a credential, which no log will show.

    Parameters
    ----------
    key
        As the file calls it; of one that ends in ``_env`` the reference is a variable, else a file.
    reference
        Name of the variable, or path.
    environ
        Where variables are looked up.

    Raises
    ------
    CredentialInvalid
        If nothing is there.
    """
    if key.endswith("_env"):
        value = environ.get(reference, "")
    else:
        try:
            value = Path(reference).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as err:
            raise CredentialInvalid(f"{reference} cannot be read ({_why(err)})") from None
    if not value:
        raise CredentialInvalid(f"{reference} is empty or not set")
    keep_secret(value)
    return value


def _why(err: OSError | UnicodeDecodeError) -> str:
    return err.strerror or "unreadable" if isinstance(err, OSError) else "not text"
