"""The provider of a deployment: bad settings are named when the service starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from too_marshal.app import create_app
from too_marshal.db.base import open_engine
from too_marshal.deployment.identity_provider import identity_provider_of
from too_marshal.deployment.settings import SettingInvalid, Settings

GOOD = Settings(
    secret_key="a key for tests",
    public_url="https://too.example/",
    oidc_issuer="https://login.example/realms/a",
    oidc_client_id="marshal",
    oidc_client_secret="very secret indeed",
    oidc_roles="groups: a=admin",
)


def test_none_is_set_at_first():
    assert identity_provider_of(Settings()) is None


def test_people_come_back_to_the_public_address():
    provider = identity_provider_of(GOOD)
    assert provider.client.redirect_uri == "https://too.example/login/provider/answer"
    assert (provider.title, provider.issuer) == ("login.example", GOOD.oidc_issuer)
    assert "very secret" not in repr(provider) + repr(GOOD)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"oidc_issuer": "http://login.example"}, "TOO_OIDC_ISSUER"),
        ({"oidc_issuer": "login.example"}, "TOO_OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "TOO_OIDC_CLIENT_ID"),
        ({"oidc_client_secret": ""}, "TOO_OIDC_CLIENT_SECRET"),
        ({"public_url": ""}, "TOO_PUBLIC_URL"),
        ({"oidc_scope": "profile"}, "TOO_OIDC_SCOPE"),
        ({"oidc_roles": "admins"}, "TOO_OIDC_ROLES"),
    ],
)
def test_what_cannot_be_used_stops_the_start(values, words: str):
    # Nothing is asked of a database, or of the provider, at the start.
    engine = open_engine("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(SettingInvalid, match=words):
        create_app(replace(GOOD, **values), engine)
    engine.dispose()


def test_this_machine_needs_no_https():
    assert identity_provider_of(replace(GOOD, oidc_issuer="http://localhost:8080")) is not None


def test_the_secret_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    settings = Settings.from_environ({"TOO_OIDC_CLIENT_SECRET_FILE": str(path)})
    assert settings.oidc_client_secret == "from a file"
