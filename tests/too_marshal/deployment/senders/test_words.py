"""What arrives, word for word, and that no service reads markup in it."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import replace
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.too_marshal.deployment.senders.services import BARE, MESSAGE, SECRETS
from too_marshal.deployment.senders import mattermost, slack
from too_marshal.deployment.senders.voice import MAX_SPEECH, spoken
from too_marshal.deployment.senders.wording import in_full, shortened, utf8, utf16

IN_FULL = (
    "S231118d: BNS 95 %, ZTF reaches 62 % until 09:40 UTC\n\n"
    "FAR 1 in 100 yr\narea 24 deg²\ndistance 150 ± 40 Mpc\n\n"
    "Event page: https://too.example/events/S231118d?a=1&b=2\n"
    "Acknowledge: https://too.example/acknowledge/t0k3n_x"
)
LONG = replace(MESSAGE, text="é" * 200_000)

texts = st.text(max_size=200)
signs = st.text("\\`*{}[]()#+-.!_>~|=&<@:$\n aZ1", max_size=60) | texts


def test_a_webhook_takes_the_parts(services):
    services.sender("webhook").send(services.address("webhook"), MESSAGE)
    request = services.only
    assert (request.method, request.path, request.query) == (
        "POST", "/hooks/h00k-c4n4ry", {"x": "1"},
    )  # fmt: skip
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {
        "key": "delivery-17",
        "subject": MESSAGE.subject,
        "text": MESSAGE.text,
        "link": MESSAGE.link,
        "acknowledge": MESSAGE.acknowledge,
        "is_urgent": True,
    }


def test_slack_takes_a_text_without_markup(services):
    services.sender("slack").send(services.address("slack"), MESSAGE)
    assert services.only.json() == {
        "text": IN_FULL.replace("&", "&amp;"),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_mattermost_takes_a_text_without_markup(services):
    services.sender("mattermost").send(services.address("mattermost"), MESSAGE)
    assert services.only.json() == {"text": IN_FULL}
    services.sender("mattermost").send(
        services.address("mattermost"), replace(BARE, subject="*S1*", text="@all _a_\n# b <c>")
    )
    text = services.desk.heard[1].json()["text"]
    assert text == "\\*S1\\*\n\n@\u200ball \\_a\\_\n\\# b &lt;c\\>"


def test_telegram_takes_a_text_and_opens_no_link(services):
    services.sender("telegram").send(services.address("telegram"), MESSAGE)
    assert services.only.path == f"/bot{SECRETS['telegram_token']}/sendMessage"
    assert services.only.json() == {
        "chat_id": "123456789",
        "text": IN_FULL,
        "link_preview_options": {"is_disabled": True},
    }


def test_matrix_takes_a_text_and_calls_the_room_if_urgent(services):
    sender, room = services.sender("matrix"), services.address("matrix")
    sender.send(room, MESSAGE)
    request = services.only
    assert request.method == "PUT"
    before, _, transaction = request.path.rpartition("/")
    assert before == "/_matrix/client/v3/rooms/%21room%3Amatrix.example/send/m.room.message"
    assert re.fullmatch("[0-9a-f]{64}", transaction)
    assert request.headers["authorization"] == f"Bearer {SECRETS['matrix_token']}"
    assert request.json() == {"msgtype": "m.text", "body": IN_FULL, "m.mentions": {"room": True}}
    sender.send(room, replace(BARE, key="delivery-18"))
    other = services.desk.heard[1]
    assert other.json()["m.mentions"] == {}
    assert other.path != request.path


def test_ntfy_takes_the_parts(services):
    sender, topic = services.sender("ntfy"), services.address("ntfy")
    sender.send(topic, MESSAGE)
    assert services.only.path == "/"
    assert services.only.headers["authorization"] == f"Bearer {SECRETS['ntfy_token']}"
    assert services.only.json() == {
        "topic": "too-7f3a91c2",
        "title": MESSAGE.subject,
        "message": MESSAGE.text,
        "priority": 5,
        "click": MESSAGE.link,
        "actions": [
            {"action": "view", "label": "Acknowledge", "url": MESSAGE.acknowledge, "clear": True},
            {"action": "view", "label": "Event page", "url": MESSAGE.link, "clear": False},
        ],
    }
    sender.send(topic, BARE)
    plain = services.desk.heard[1].json()
    assert (plain["priority"], plain["actions"]) == (3, [])
    assert "click" not in plain
    services.sender("ntfy", ntfy_token="").send(topic, BARE)
    assert "authorization" not in services.desk.heard[2].headers


def form_of(request) -> dict[str, str]:
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


def test_a_text_message_is_asked_for(services):
    services.sender("sms").send(services.address("sms"), MESSAGE)
    request = services.only
    assert request.path == "/2010-04-01/Accounts/AC0123456789/Messages.json"
    credentials = base64.b64encode(f"AC0123456789:{SECRETS['twilio_token']}".encode()).decode()
    assert request.headers["authorization"] == f"Basic {credentials}"
    assert form_of(request) == {"To": "+4915112345678", "From": "+14155550100", "Body": IN_FULL}


def test_a_call_says_it_twice_and_takes_a_key(services):
    services.sender("voice").send(services.address("voice"), MESSAGE)
    request = services.only
    assert request.path == "/2010-04-01/Accounts/AC0123456789/Calls.json"
    form = form_of(request)
    assert (form["To"], form["From"]) == ("+4915112345678", "+14155550100")
    assert form["Twiml"] == (
        '<Response><Gather numDigits="1"'
        ' action="https://too.example/answer?delivery=17&amp;token=a" timeout="10">'
        "<Say>Neutron star merger. Z T F reaches 62 percent.</Say>"
        "<Say>Neutron star merger. Z T F reaches 62 percent.</Say>"
        "<Say>To acknowledge, press any key.</Say></Gather></Response>"
    )


def test_a_call_that_asks_nothing_gathers_nothing():
    assert [part.tag for part in ET.fromstring(spoken(BARE))] == ["Say", "Say"]
    silent = spoken(replace(BARE, speech=""))
    assert [part.text for part in ET.fromstring(silent)] == [BARE.subject] * 2


@pytest.mark.parametrize(
    ("kind", "longest", "text_of", "size"),
    [
        ("sms", 1600, lambda request: form_of(request)["Body"], utf16),
        ("slack", 4000, lambda request: request.json()["text"], len),
        ("mattermost", 4000, lambda request: request.json()["text"], len),
        ("telegram", 4096, lambda request: request.json()["text"], utf16),
        ("matrix", 8000, lambda request: request.json()["body"], utf8),
    ],
)
def test_a_text_that_is_too_long_is_cut_and_its_links_are_not(
    services, kind, longest, text_of, size
):
    services.sender(kind).send(services.address(kind), LONG)
    text = html.unescape(text_of(services.only))
    assert longest - 10 <= size(text) <= longest
    text = text.replace("\\", "")  # of Mattermost
    assert "...\n\nEvent page: https://too.example/events/S231118d?a=1&b=2\n" in text
    assert text.endswith("\nAcknowledge: https://too.example/acknowledge/t0k3n_x")


def test_ntfy_gets_no_more_than_makes_a_message(services):
    services.sender("ntfy").send(services.address("ntfy"), replace(LONG, subject="é" * 999))
    document = services.only.json()
    assert len(document["message"].encode()) <= 4096
    assert len(document["title"]) == 250


@given(texts, st.integers(0, 60), st.sampled_from([len, utf8, utf16]))
def test_what_is_cut_fits_and_is_a_beginning(text, most, size):
    cut = shortened(text, most, size)
    assert size(cut) <= most
    assert cut == text or text.startswith(cut.removesuffix("..."))


@given(texts)
def test_slack_shows_any_text_as_it_is(text):
    sent = slack.escaped(text)
    assert html.unescape(sent) == html.unescape(html.escape(text, quote=False))
    assert not set("<>") & set(sent)


@given(signs)
def test_mattermost_shows_any_text_as_it_is(text):
    def words(shown: str) -> list[str]:
        return shown.replace("\u200b", "").split()

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(mattermost.escaped(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    parts = [part for token in tokens for part in token.children or []]
    kinds = {"text", "softbreak", "hardbreak", "text_special"}
    assert {part.type for part in parts} <= kinds
    shown = "\n".join(
        "".join(part.content if "break" not in part.type else "\n" for part in token.children or [])
        for token in tokens
        if token.type == "inline"
    )
    assert words(shown) == words(text.replace("\x00", "\ufffd"))


@given(signs, st.sampled_from(["channel", "all", "here", "ada"]))
def test_mattermost_calls_nobody(text, name):
    # As the server cuts a text into words; what is escaped is read as if it were not.
    sent = re.sub(r"\\(.)", r"\1", mattermost.escaped(f"{text} @{name} {text}@{name}"))
    for word in re.split(r"[^\w:.@-]+", html.unescape(sent)):
        assert not re.search(r"@[^:._-]", word)


@given(texts)
@example("a\ufffe\uffff\x00b & <c>")
def test_a_voice_says_any_text(text):
    response = ET.fromstring(spoken(replace(MESSAGE, speech=text or "-")))
    first, second, _ = response[0]
    assert first.text == second.text
    said = (first.text or "").split()
    printable = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029\ufffe\uffff]", " ", text or "-")
    assert said == printable.split()


@given(st.text("&<>'\"a\U0001f300", min_size=500, max_size=5000))
def test_a_long_speech_is_no_longer_than_twilio_takes(text):
    twiml = spoken(replace(MESSAGE, speech=text))
    assert len(twiml) <= 2 * MAX_SPEECH + 400


@given(texts, texts)
def test_a_full_text_holds_all(subject, text):
    whole = in_full(replace(MESSAGE, subject=subject, text=text), 10_000)
    assert text in whole
    assert "\n" not in whole.partition("\n\n")[0]
