"""Twilio's protocol: one account that sends, and whose server signs what it asks of us."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from telescopes.protocols.http import basic_authorization
from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.senders.given import all_or_none, service_url
from too_marshal.deployment.senders.posting import Answers, Call, Service
from too_marshal.deployment.settings import SettingInvalid, Settings

# E.164: at most fifteen digits, the country's first.
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = re.compile(r"[ ()./\u00a0-]")
_ANSWERS = Answers(accepted="sid", words="message")


@dataclass(frozen=True)
class TwilioAccount:
    """Sends text messages and calls; SENT means that Twilio has taken it over."""

    service: Service

    sid: str

    number: str
    """Telephone number that it sends from."""

    def create(self, resource: str, address: str, parameters: Mapping[str, str]) -> Outcome:
        """Have Twilio send to a telephone.

        Parameters
        ----------
        resource
            Messages or Calls.
        address
            Telephone number.
        parameters
            What it is to do.
        """
        form = {"To": address, "From": self.number, **parameters}
        path = f"/2010-04-01/Accounts/{self.sid}/{resource}.json"
        body = urlencode(form, errors="replace")
        return self.service.send(Call(path, body, content_type="application/x-www-form-urlencoded"))


def twilio_account(settings: Settings) -> TwilioAccount | None:
    """The account, if there is one.

    Raises
    ------
    SettingInvalid
        If its settings cannot be used.
    """
    if not all_or_none(settings, "twilio_sid", "twilio_token", "twilio_from"):
        return None
    keep_secret(settings.twilio_token)
    sid = settings.twilio_sid
    # It becomes part of a path.
    if not (sid.isascii() and sid.isalnum()):
        raise SettingInvalid("TOO_TWILIO_SID must be letters and digits")
    try:
        number = telephone_number(settings.twilio_from)
    except ValueError as err:
        raise SettingInvalid(f"TOO_TWILIO_FROM {err}") from None
    headers = basic_authorization(sid, settings.twilio_token)
    keep_secret(headers["Authorization"].removeprefix("Basic "))
    service = Service(service_url(settings, "twilio_url"), headers, _ANSWERS)
    return TwilioAccount(service, sid, number)


def telephone_number(address: str) -> str:
    """A telephone number in international form.

    Raises
    ------
    ValueError
        If it is none.
    """
    number = _SEPARATORS.sub("", address.strip())
    if not _NUMBER.fullmatch(number):
        raise ValueError("must be a telephone number with country code, e.g. +4915112345678")
    return number


def signature_of(token: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Signature of a request that Twilio makes.

    HMAC-SHA1 with the account's token of the address and, sorted, every name and value of the
    form, as https://www.twilio.com/docs/usage/security#validating-requests has it; a value that
    comes twice counts once.

    Parameters
    ----------
    token
        Of the account.
    url
        As Twilio was told to ask for it, query included.
    parameters
        Names and values of the form.
    """
    signed = url + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.digest(token.encode(), signed.encode(errors="replace"), "sha1")
    return b64encode(digest).decode()


def is_signed(token: str, url: str, parameters: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether a request comes from Twilio, by its header X-Twilio-Signature.

    It takes the same time wherever the signatures differ. Twilio signs an https address without
    its port.
    """
    pairs = list(parameters)
    given = signature.encode(errors="replace")
    expected = [signature_of(token, address, pairs) for address in (url, _without_port(url))]
    return any(hmac.compare_digest(given, each.encode()) for each in expected)


def _without_port(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc
    if parts.port is not None:
        host = host.rpartition(":")[0]
    return parts._replace(netloc=host).geturl()
