"""What devices are asked: to make a passkey, or to sign with one (WebAuthn level 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from too_marshal.db.accounts.passkeys import Passkey
from too_marshal.workflows.accounts.passkey_challenges import CHALLENGE_LIFE
from too_marshal.workflows.accounts.relying_party import RelyingParty

ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 of COSE: every device can one of them."""

SITE = "too-marshal"

_TIMEOUT = int(CHALLENGE_LIFE.total_seconds() * 1000)


@dataclass(frozen=True)
class Account:
    """Whom a device makes a passkey for."""

    handle: bytes
    """What the device gives back at a login."""

    username: str
    full_name: str


def creation_options(
    challenge: bytes, party: RelyingParty, account: Account, present: Sequence[Passkey]
) -> str:
    """What a device is asked to make, as JSON; it makes no second one beside those of `present`."""
    import webauthn  # noqa: PLC0415 - as in passkey_answers
    from webauthn.helpers import cose, structs  # noqa: PLC0415

    options = webauthn.generate_registration_options(
        rp_id=party.rp_id,
        rp_name=SITE,
        user_name=account.username,
        user_id=account.handle,
        user_display_name=account.full_name or account.username,
        challenge=challenge,
        timeout=_TIMEOUT,
        exclude_credentials=_descriptors(present),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=[cose.COSEAlgorithmIdentifier(each) for each in ALGORITHMS],
    )
    return webauthn.options_to_json(options)


def request_options(challenge: bytes, party: RelyingParty, allowed: Sequence[Passkey]) -> str:
    """What a device is asked to sign, as JSON; with none `allowed` it offers what it has."""
    import webauthn  # noqa: PLC0415 - as in passkey_answers
    from webauthn.helpers import structs  # noqa: PLC0415

    options = webauthn.generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge,
        timeout=_TIMEOUT,
        allow_credentials=_descriptors(allowed),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def _descriptors(passkeys: Sequence[Passkey]) -> list[Any]:
    from webauthn.helpers import structs  # noqa: PLC0415 - as in passkey_answers

    return [
        structs.PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[structs.AuthenticatorTransport(name) for name in each.transports],
        )
        for each in passkeys
    ]
