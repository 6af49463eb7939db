"""Whether what a device answers is true, as WebAuthn level 3 has it.

The library is imported on use: it takes a tenth of a second, and few requests need it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from too_marshal.workflows.accounts.passkey_challenges import PasskeyRefused
from too_marshal.workflows.accounts.passkey_options import ALGORITHMS
from too_marshal.workflows.accounts.relying_party import RelyingParty

MAX_CREDENTIAL_ID = 1023
"""Bytes, as WebAuthn has it."""


@dataclass(frozen=True)
class Answer:
    """What a browser says that a device has answered; nothing of it is believed yet."""

    text: str
    credential_id: bytes
    challenge: bytes
    handle: bytes | None


@dataclass(frozen=True)
class NewKey:
    """A passkey that a device has made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    rp_id: str
    transports: list[str]


def read_answer(text: str) -> Answer:
    """Read what a browser has sent.

    Raises
    ------
    PasskeyRefused
        If it is no answer of a device.
    """
    from webauthn import base64url_to_bytes  # noqa: PLC0415 - see above
    from webauthn.helpers import parse_client_data_json  # noqa: PLC0415

    try:
        said = json.loads(text)
        response = said["response"]
        client = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"]))
        handle = response.get("userHandle")
        return Answer(
            text=text,
            credential_id=base64url_to_bytes(said["rawId"]),
            challenge=client.challenge,
            handle=base64url_to_bytes(handle) if handle else None,
        )
    except Exception as err:  # whatever breaks on it: a stranger has written it
        raise _untrue("unreadable") from err


def verified_key(answer: Answer, party: RelyingParty) -> NewKey:
    """The passkey that a device has made, if all that it says of it is true.

    Raises
    ------
    PasskeyRefused
        If it is not what was asked for.
    """
    import webauthn  # noqa: PLC0415 - see above
    from webauthn.helpers import cose, parse_registration_credential_json  # noqa: PLC0415

    try:
        credential = parse_registration_credential_json(answer.text)
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=answer.challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=[cose.COSEAlgorithmIdentifier(each) for each in ALGORITHMS],
        )
    except Exception as err:
        raise _untrue("not made as asked") from err
    if not 16 <= len(found.credential_id) <= MAX_CREDENTIAL_ID:
        raise _untrue("not made as asked")
    transports = [each.value for each in credential.response.transports or []]
    return NewKey(
        found.credential_id, found.credential_public_key, found.sign_count, party.rp_id, transports
    )


def verified_count(answer: Answer, party: RelyingParty, public_key: bytes) -> int:
    """How often a passkey has signed by now, if this signature is its own.

    Raises
    ------
    PasskeyRefused
        If it has not signed what it was asked to, or not for this site, or without looking who
        holds the device.
    """
    import webauthn  # noqa: PLC0415 - see above

    try:
        return webauthn.verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            # It would be compared before the signature is looked at: anybody can write a number.
            credential_current_sign_count=0,
            require_user_verification=True,
        ).new_sign_count
    except Exception as err:
        raise _untrue("not signed as asked") from err


def _untrue(reason: str) -> PasskeyRefused:
    return PasskeyRefused("This passkey is not taken here. Use your password.", reason)
