"""Telephone calls that say what it is about, and take one key as the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from too_marshal.deployment.channels import Outcome
from too_marshal.deployment.senders.message import Message
from too_marshal.deployment.senders.twilio import TwilioAccount, telephone_number, twilio_account
from too_marshal.deployment.senders.wording import one_line, shortened
from too_marshal.deployment.settings import Settings

MAX_SPEECH = 1200
"""Longest speech, characters of XML: Twilio takes 4000 in all, and it is said twice."""

ASKED = "To acknowledge, press any key."

# https://www.w3.org/TR/xml/#charsets; what is no character of XML cannot be escaped either.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEY_WAIT = "10"
"""Seconds for which a key is waited for after the last word."""


@dataclass(frozen=True)
class VoiceSender:
    """Calls by Twilio's protocol."""

    account: TwilioAccount

    kind: ClassVar[str] = "voice"
    label: ClassVar[str] = "telephone call"
    address_label: ClassVar[str] = "telephone number with country code, +4915112345678"

    def check(self, address: str) -> str:
        """The number in international form."""
        return telephone_number(address)

    def send(self, address: str, message: Message) -> Outcome:
        """Have the telephone called once."""
        return self.account.create("Calls", address, {"Twiml": spoken(message)})


def spoken(message: Message) -> str:
    """What Twilio does in the call (https://www.twilio.com/docs/voice/twiml).

    The speech comes twice, since the first half of the first is for waking up. A key counts from
    the first word on.
    """
    speech = _speech(message.speech or message.subject)
    response = ET.Element("Response")
    said_in = response
    if message.answer:
        attributes = {"numDigits": "1", "action": message.answer, "timeout": _KEY_WAIT}
        said_in = ET.SubElement(response, "Gather", attributes)
    for words in (speech, speech, *([ASKED] if message.answer else [])):
        ET.SubElement(said_in, "Say").text = words
    return ET.tostring(response, encoding="unicode")


def _speech(text: str) -> str:
    plain = one_line(_NO_XML.sub(" ", text))
    return shortened(plain, MAX_SPEECH, lambda part: len(escape(part)))


def voice_sender(settings: Settings) -> VoiceSender | None:
    """Calls, if there is an account."""
    account = twilio_account(settings)
    return VoiceSender(account) if account else None
