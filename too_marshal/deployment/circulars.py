"""The ways by which a deployment sends circulars to GCN: by mail, and by GCN's API.

References
----------
GCN: "Submitting Circulars", gcn.nasa.gov/docs/circulars/submitting; the API is described in
`app/routes/api.circulars.ts` of github.com/nasa-gcn/gcn.nasa.gov. RFC 6749, section 6 (refreshing
a token).
"""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from astropy import units as u

from telescopes.errors import QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport, basic_authorization
from too_marshal.db.deliveries import DeliveryState
from too_marshal.deployment.logs import keep_secret
from too_marshal.deployment.settings import SettingInvalid, Settings

EMAIL, API = "email", "api"

FORM = "https://gcn.nasa.gov/circulars/new"
"""GCN's own form; what it is filled in with stands in its address."""

SILENCE, DEADLINE = 20 * u.s, 45 * u.s
"""Longest silence of GCN, and longest exchange with it."""

# GCN has certainly stored nothing. Of 500 that is not known: it stores first, and tells others.
_LATER = {429, 502, 503}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Answer:
    """What came of an attempt."""

    state: DeliveryState
    """`WAITING` where it may be tried again."""

    reason: str = ""
    """Why it is not known to have arrived."""

    number: int | None = None
    """Of the circular, where GCN has told it."""


class Way(Protocol):
    """Hands a text to GCN, once."""

    @property
    def title(self) -> str:
        """How people call it."""
        ...

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        ...


@dataclass(frozen=True)
class Email:
    """A mail from the address of a registered submitter."""

    url: str = field(repr=False)
    """smtp:// or smtps://, with a name and password where the server asks for them."""

    sender: str
    """As it is registered at GCN."""

    recipient: str
    """Address of the circulars."""

    title: str = "by mail"

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self.sender, self.recipient
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message.set_content(body)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as err:
            return Answer(*_refused(err))
        try:
            return self._hand_over(server, message)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, silence = parts.hostname or "", SILENCE.to_value(u.s)
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=silence, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=silence)
        try:
            server.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and host not in _LOOPBACK:
                server.starttls(context=context)
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> Answer:
        """Send the envelope, of which nothing comes, and then the letter."""
        try:
            for code, words in (server.mail(self.sender), server.rcpt(self.recipient)):
                if code // 100 != 2:
                    raise smtplib.SMTPResponseException(code, words)
        except (OSError, smtplib.SMTPException) as err:
            return Answer(*_refused(err))
        try:
            code, words = server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as err:  # it did not want to hear the letter at all
            return Answer(*_refused(err))
        except (OSError, smtplib.SMTPException) as err:
            return Answer(DeliveryState.UNCONFIRMED, f"no answer: {type(err).__name__}")
        if code // 100 == 2:
            return Answer(DeliveryState.SENT)
        return Answer(*_refused(smtplib.SMTPResponseException(code, words)))


def _refused(err: Exception) -> tuple[DeliveryState, str]:
    """What it means that the server took nothing: 5xx are for good (RFC 5321, 4.2.1)."""
    if isinstance(err, smtplib.SMTPResponseException):
        state = DeliveryState.FAILED if err.smtp_code // 100 == 5 else DeliveryState.WAITING
        return state, f"SMTP {err.smtp_code}"
    if isinstance(err, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
        return DeliveryState.FAILED, type(err).__name__
    return DeliveryState.WAITING, f"no connection: {type(err).__name__}"


@dataclass(frozen=True)
class CircularsAPI:
    """GCN's API, by a client that GCN has registered, for the person who let it."""

    url: str
    """Where circulars are posted."""

    token_url: str
    """Where a refresh token is exchanged for an access token."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    title: str = "by GCN's API"

    def send(self, subject: str, body: str) -> Answer:
        """Send it, and tell what is known of its arrival."""
        token = self._access_token()
        if isinstance(token, Answer):
            return token
        service, path = _service(self.url, {"Authorization": f"Bearer {token}"})
        document = json.dumps({"subject": subject, "body": body, "format": "text/plain"})
        try:
            answer = service.exchange("POST", path, body=document)
        except QueueUnreachable:
            return Answer(DeliveryState.WAITING, "no connection to GCN")
        except QueueUnconfirmed as err:
            return Answer(
                DeliveryState.UNCONFIRMED, f"no answer of GCN: {type(err.__cause__).__name__}"
            )
        return _read(answer)

    def _access_token(self) -> str | Answer:
        """A token for one exchange; that nothing comes of asking for it is certain."""
        service, path = _service(
            self.token_url, basic_authorization(self.client_id, self.client_secret)
        )
        grant = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        try:
            answer = service.exchange(
                "POST", path, body=urlencode(grant),
                content_type="application/x-www-form-urlencoded",
            )  # fmt: skip
            if answer.status != 200:
                is_later = answer.status in _LATER or answer.status >= 500
                state = DeliveryState.WAITING if is_later else DeliveryState.FAILED
                return Answer(state, f"GCN gives no token: HTTP {answer.status}")
            token = str(answer.json()["access_token"])
        except (QueueUnreachable, QueueUnconfirmed):
            return Answer(DeliveryState.WAITING, "no connection to GCN's log-in")
        except (KeyError, TypeError):
            return Answer(DeliveryState.FAILED, "GCN's log-in answers without a token")
        keep_secret(token)
        return token


def _read(answer: HTTPAnswer) -> Answer:
    if answer.status in _LATER:
        return Answer(DeliveryState.WAITING, f"HTTP {answer.status}")
    if 400 <= answer.status < 500:
        text = answer.body.decode(errors="replace").strip()[:200]
        return Answer(DeliveryState.FAILED, f"GCN refuses: HTTP {answer.status} {text}".strip())
    if not 200 <= answer.status < 300:
        return Answer(DeliveryState.UNCONFIRMED, f"HTTP {answer.status}")
    try:
        number = json.loads(answer.body)["circularId"]
    except (ValueError, KeyError, TypeError):
        number = None
    return Answer(DeliveryState.SENT, number=number if isinstance(number, int) else None)


def _service(url: str, headers: Mapping[str, str]) -> tuple[HTTPTransport, str]:
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    return HTTPTransport(root, dict(headers), SILENCE, DEADLINE), parts.path or "/"


@dataclass(frozen=True)
class CircularWays:
    """All ways of a deployment."""

    by_name: Mapping[str, Way]
    """As they stand in the database."""

    is_rehearsal: bool = False
    """Nothing at all may leave a rehearsal, not even by a link."""


def circular_ways_of(settings: Settings) -> CircularWays:
    """Ways of a deployment; a rehearsal has none.

    Raises
    ------
    SettingInvalid
        If one cannot be used as it is set.
    """
    ways: dict[str, Way] = {}
    if settings.circulars_smtp:
        ways[EMAIL] = _email(settings)
    if settings.circulars_refresh_token:
        ways[API] = _api(settings)
    return CircularWays({} if settings.rehearsal else ways, settings.rehearsal)


def _email(settings: Settings) -> Email:
    parts = urlsplit(settings.circulars_smtp)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingInvalid("TOO_CIRCULARS_SMTP must begin with smtp:// or smtps://")
    if "@" not in settings.circulars_sender:
        raise SettingInvalid("TOO_CIRCULARS_SENDER must be the address that GCN knows you by")
    keep_secret(unquote(parts.password or ""))
    return Email(settings.circulars_smtp, settings.circulars_sender, settings.circulars_recipient)


def _api(settings: Settings) -> CircularsAPI:
    for name in ("circulars_api_url", "circulars_token_url"):
        parts = urlsplit(getattr(settings, name))
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        if not is_safe or not parts.hostname:
            raise SettingInvalid(f"TOO_{name.upper()} must begin with https://")
    if not (settings.circulars_client_id and settings.circulars_client_secret):
        raise SettingInvalid("TOO_CIRCULARS_CLIENT_ID and TOO_CIRCULARS_CLIENT_SECRET are needed")
    keep_secret(settings.circulars_client_secret)
    keep_secret(settings.circulars_refresh_token)
    return CircularsAPI(
        settings.circulars_api_url,
        settings.circulars_token_url,
        settings.circulars_client_id,
        settings.circulars_client_secret,
        settings.circulars_refresh_token,
    )


def form_address(subject: str, body: str) -> str:
    """Address of GCN's form, filled in."""
    return f"{FORM}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
