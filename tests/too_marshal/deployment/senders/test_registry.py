"""Which ways to reach a person a deployment has."""

from __future__ import annotations

import pytest

from tests.too_marshal.deployment.senders.services import SECRETS
from too_marshal.deployment.senders.registry import senders_of
from too_marshal.deployment.settings import SettingInvalid, Settings

ALWAYS = ["slack", "mattermost", "ntfy", "webhook"]

EVERYTHING = {
    "smtp_url": "smtp://u:p4ssw0rd@mail.example",
    "mail_from": "too@obs.example",
    "twilio_sid": "AC0123456789",
    "twilio_from": "+14155550100",
    "matrix_url": "https://matrix.example/",
    **SECRETS,
}


def test_without_settings_there_is_what_needs_none():
    assert list(senders_of(Settings())) == ALWAYS


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("smtp_url", "mail_from"), {"email"}),
        (("twilio_sid", "twilio_token", "twilio_from"), {"sms", "voice"}),
        (("telegram_token",), {"telegram"}),
        (("matrix_url", "matrix_token"), {"matrix"}),
    ],
)
def test_settings_bring_their_kinds_and_only_together(names, kinds):
    given = {name: EVERYTHING[name] for name in names}
    assert set(senders_of(Settings(**given))) - set(ALWAYS) == kinds
    for missing in names if len(names) > 1 else ():
        with pytest.raises(SettingInvalid, match=f"TOO_{missing.upper()} is missing beside TOO_"):
            senders_of(Settings(**(given | {missing: ""})))


def test_each_sender_says_what_it_is_and_what_it_wants():
    senders = senders_of(Settings(**EVERYTHING))
    assert list(senders) == [
        "email", "sms", "voice", "slack", "mattermost", "telegram", "matrix", "ntfy", "webhook",
    ]  # fmt: skip
    for kind, sender in senders.items():
        assert sender.kind == kind
        assert sender.label
        with pytest.raises(ValueError, match=r"must|holds"):
            sender.check("\u00e4 no address")
        # The example of the label is one.
        assert sender.check(sender.address_label.rpartition(", ")[2])


def test_a_rehearsal_tells_nobody_but_its_settings_are_looked_at():
    assert senders_of(Settings(rehearsal=True, **EVERYTHING)) == {}
    with pytest.raises(SettingInvalid):
        senders_of(Settings(rehearsal=True, matrix_token="alone"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_url", "mail.example"),
        ("mail_from", "nobody"),
        ("twilio_url", "http://twilio.example"),
        ("twilio_url", "https://user@twilio.example"),
        ("twilio_sid", "AC/../x"),
        ("twilio_from", "ToO"),
        ("telegram_url", "https:///x"),
        ("telegram_token", "4242/../c4n4ry"),
        ("matrix_url", "https://matrix.example/?a=b"),
        ("matrix_url", "https://[::1"),
        ("ntfy_url", "ntfy.sh"),
        ("ntfy_url", "https://a..b"),
        ("ntfy_url", ""),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_shown(name, value):
    with pytest.raises(SettingInvalid) as raised:
        senders_of(Settings(**(EVERYTHING | {name: value})))
    assert f"TOO_{name.upper()}" in str(raised.value)
    assert not value or value not in str(raised.value)
    for secret in SECRETS.values():
        assert secret not in str(raised.value)


def test_settings_are_read_from_the_environment_and_show_no_secret(tmp_path):
    (tmp_path / "token").write_text("4242:t3l3gr4m-c4n4ry\n")
    environ = {f"TOO_{name.upper()}": value for name, value in EVERYTHING.items()}
    del environ["TOO_TELEGRAM_TOKEN"]
    environ["TOO_TELEGRAM_TOKEN_FILE"] = str(tmp_path / "token")
    environ["TOO_ALLOW_PRIVATE_ADDRESSES"] = "yes"
    settings = Settings.from_environ(environ)
    assert len(senders_of(settings)) == 9
    assert settings.allow_private_addresses
    for secret in (*SECRETS.values(), "p4ssw0rd"):
        assert secret not in repr(settings)
        assert secret not in repr(senders_of(settings))


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("telegram", " -1001234567890 ", "-1001234567890"),
        ("telegram", "@too_marshal", "@too_marshal"),
        ("matrix", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", None),
        ("matrix", "#room:matrix.org", ValueError),
        ("matrix", "!a/b:matrix.org", ValueError),
        ("telegram", "ada", ValueError),
        ("ntfy", "a/b", ValueError),
        ("ntfy", "", ValueError),
        ("sms", "0151 1234567", ValueError),
    ],
)
def test_what_a_person_gives_is_looked_at(kind, typed, kept):
    sender = senders_of(Settings(**EVERYTHING))[kind]
    if kept is ValueError:
        with pytest.raises(ValueError, match="must be"):
            sender.check(typed)
    else:
        assert sender.check(typed) == (kept or typed)
