"""A real identity provider on loopback: canaille, with its pages, people, groups and clients."""

from __future__ import annotations

import threading
import uuid
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.memory.backend import MemoryBackend
from joserfc.jwk import RSAKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

CLIENT, SECRET = "the-marshal", "a secret of the client"
SCOPE = "openid profile groups"
PASSWORD = "correct horse battery"


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log(self, *_: object) -> None:
        pass


def listener(host: str) -> BaseWSGIServer:
    """A server at a free port, which gets its application later."""
    return make_server(host, 0, lambda *_: (), threaded=True, request_handler=Quiet)


class Memory(MemoryBackend):
    """Finds what is like all that is asked for; canaille's own finds what is like any of it."""

    # canaille looks for the models beside the class.
    __module__ = MemoryBackend.__module__

    def do_query(self, model: Any, *args: Any, **wanted: Any) -> list[Any]:
        if len(wanted) < 2:
            return super().do_query(model, *args, **wanted)
        found = [super(Memory, self).do_query(model, **{key: wanted[key]}) for key in wanted]
        common = set.intersection(*({each.id for each in some} for some in found))
        return [each for each in found[0] if each.id in common]


class Provider:
    """Canaille on a port of its own; people log in by the form that they would meet."""

    def __init__(self) -> None:
        # canaille wants to know its port before it listens, and the server its application.
        self._server = make_server(
            "localhost", 0, lambda *_: (), threaded=True, request_handler=Quiet
        )
        self.issuer = f"http://localhost:{self._server.server_port}"
        configuration = _configuration(self.issuer)
        self.app = create_app(configuration, backend=Memory(configuration))
        self._server.app = self.app
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()

    def register(self, redirect_uri: str, client_id: str = CLIENT) -> None:
        """Let a client lead people here."""
        with self.app.app_context():
            known = Backend.instance.get(models.Client, client_id=client_id)
            if known is not None:
                Backend.instance.delete(known)
            client = models.Client(
                client_id=client_id, client_secret=SECRET, client_name="too-marshal",
                client_uri="http://127.0.0.1", redirect_uris=[redirect_uri],
                grant_types=["authorization_code", "refresh_token"], response_types=["code"],
                scope=SCOPE.split(), token_endpoint_auth_method="client_secret_basic",
            )  # fmt: skip
            Backend.instance.save(client)
            client.audience = [client]
            Backend.instance.save(client)

    def add(self, username: str, *groups: str, number: str = "") -> None:
        """Somebody whom it knows, by a number that is never given to another."""
        with self.app.app_context():
            user = models.User(
                user_name=username, formatted_name=f"{username.title()} Person",
                family_name="Person", emails=[f"{username}@example.org"],
                employee_number=number or uuid.uuid4().hex, password=PASSWORD,
            )  # fmt: skip
            Backend.instance.save(user)
            for name in groups:
                self._group(name, user)

    def _group(self, name: str, user: Any) -> None:
        group = Backend.instance.get(models.Group, display_name=name)
        if group is None:
            group = models.Group(display_name=name, members=[user])
        elif user not in group.members:
            group.members = [*group.members, user]
        Backend.instance.save(group)

    def move(self, username: str, *, out_of: str, into: str = "") -> None:
        """Change the groups of somebody."""
        with self.app.app_context():
            user = Backend.instance.get(models.User, user_name=username)
            group = Backend.instance.get(models.Group, display_name=out_of)
            group.members = [each for each in group.members if each.id != user.id]
            Backend.instance.save(group)
            if into:
                self._group(into, user)

    def rotate(self) -> None:
        """Sign by a new key from now on."""
        self.app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [_key()]

    def forget(self) -> None:
        """Know nobody, and no client."""
        with self.app.app_context():
            for model in (models.Consent, models.Token, models.Client, models.Group, models.User):
                for each in list(Backend.instance.query(model)):
                    Backend.instance.delete(each)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _key() -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key.as_dict(private=True)


def _configuration(issuer: str) -> dict[str, Any]:
    return {
        "TESTING": True,
        "SECRET_KEY": uuid.uuid4().hex,
        "WTF_CSRF_ENABLED": False,
        "PREFERRED_URL_SCHEME": "http",
        "SERVER_NAME": urlsplit(issuer).netloc,
        "CANAILLE": {
            "DATABASE": "memory",
            "JAVASCRIPT": False,
            "HTMX": False,
            "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            "LOGGING": {"version": 1, "disable_existing_loggers": False},
        },
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [_key()],
            "USERINFO_MAPPING": {
                "SUB": "{{ user.employee_number }}",
                "PREFERRED_USERNAME": "{{ user.user_name }}",
            },
        },
    }


class Browser:
    """A person's browser: it keeps cookies, follows where it is led, and fills in forms."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, address: str, **more: Any) -> requests.Response:
        """Open an address of the site, or any other."""
        return self.session.get(urljoin(self.site, address), timeout=30, **more)

    def post(self, address: str, **form: str) -> requests.Response:
        """Send a form of the site."""
        return self.session.post(urljoin(self.site, address), data=form, timeout=30)

    def show(
        self, page: requests.Response, username: str, *, stop_at: str = "\n"
    ) -> requests.Response:
        """Log in by the provider's forms, and go where that leads.

        Parameters
        ----------
        page
            Of the provider.
        username
            Who logs in there.
        stop_at
            What an address begins with that is not opened any more.
        """
        forms = {"/login": {"login": username}, "/auth/password": {"password": PASSWORD}}
        while form := forms.get(urlsplit(page.url).path):
            if page.url.startswith(self.site):
                break
            page = self.session.post(page.url, data=form, timeout=30, allow_redirects=False)
            page = self.follow(page, stop_at)
        return page

    def follow(self, page: requests.Response, stop_at: str = "\n") -> requests.Response:
        """Go where one is led, up to an address that begins so."""
        while page.is_redirect and not page.headers["Location"].startswith(stop_at):
            address = urljoin(page.url, page.headers["Location"])
            page = self.session.get(address, timeout=30, allow_redirects=False)
        return page

    def close(self) -> None:
        self.session.close()
