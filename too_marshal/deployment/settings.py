"""Everything that a deployment may set, in one frozen record read once from the environment."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from too_marshal.deployment.errors import OperatorError


class SettingInvalid(OperatorError):
    """A setting is missing or cannot be used; the message names it, never its value."""


def default_data_dir() -> Path:
    """Where data are kept when nothing else is said.

    The embedded PostgreSQL refuses to run as root and then runs as an account of its own,
    which must be able to reach its data: so root's default has parents that all may enter.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/too-marshal")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "too-marshal"


@dataclass(frozen=True)
class Settings:
    """Settings of one process.

    Each comes from `TOO_` and its name in capitals, or, for
    secrets in files, from the file named by that variable with `_FILE` appended.
    """

    data_dir: Path = field(default_factory=default_data_dir)
    """Folder of the embedded database, the session key and the rehearsal's state."""

    database_url: str = ""
    """`postgresql://...`; empty: the embedded PostgreSQL in `data_dir`."""

    secret_key: str = field(default="", repr=False)
    """Signs cookies; empty: one is made and kept in `data_dir`."""

    host: str = "127.0.0.1"
    """Address that the web server binds."""

    port: int = 8000
    """Port that the web server binds; 0: any free one."""

    workers: int = 2
    """Worker processes that `too-marshal up` starts."""

    secure_cookies: bool = False
    """True behind https: the session cookie is then never sent in clear."""

    trusted_proxy: str = ""
    """Address of the web server in front, whose word on who asks is taken; empty: nobody's."""

    kafka_domain: str = "gcn.nasa.gov"
    """Stage of the General Coordinates Network."""

    kafka_client_id: str = ""
    """Client of the General Coordinates Network; empty: no live notices."""

    kafka_client_secret: str = field(default="", repr=False)
    """Its secret."""

    kafka_bootstrap: str = ""
    """host:port of another broker without authentication, for rehearsals and tests."""

    kafka_cluster: str = ""
    """Name under which offsets are kept; empty: the domain, or the bootstrap address."""

    kafka_topics: str = ""
    """Topics, separated by commas; empty: the default set listed in the operator's guide."""

    scimma_username: str = ""
    """Credential of SCiMMA's hopskotch, a second source of LVK's alerts; empty: it is not read."""

    scimma_password: str = field(default="", repr=False)
    """Its password."""

    scimma_bootstrap: str = ""
    """host:port of SCiMMA's brokers; empty: kafka.scimma.org. Alone: a broker for tests."""

    scimma_topics: str = "igwn.gwalert"
    """Topics to read there, separated by commas."""

    voevent_broker: str = ""
    """host:port of a site-local VOEvent broker; empty: none. See the operator's guide first."""

    webhooks: str = field(default="", repr=False)
    """Channels by which rules tell people, NAME=https://... each, separated by blanks or lines."""

    smtp_url: str = field(default="", repr=False)
    """Mail server, smtp://user:password@host:587 or smtps://host:465; empty: no e-mail is sent."""

    mail_from: str = ""
    """Sender of e-mails, e.g. ToO marshal <too@observatory.example>."""

    twilio_url: str = "https://api.twilio.com"
    """Address of Twilio, or of what speaks its protocol."""

    twilio_sid: str = ""
    """Account there; empty: no text messages and no calls."""

    twilio_token: str = field(default="", repr=False)
    """Its token: sends, and signs what comes back."""

    twilio_from: str = ""
    """Telephone number that messages and calls come from, e.g. +14155550100."""

    telegram_url: str = "https://api.telegram.org"
    """Address of Telegram's Bot API."""

    telegram_token: str = field(default="", repr=False)
    """Of the bot that writes; empty: nobody is told by Telegram."""

    matrix_url: str = ""
    """Address of a Matrix homeserver; empty: nobody is told by Matrix."""

    matrix_token: str = field(default="", repr=False)
    """Access token of the account that writes there."""

    ntfy_url: str = "https://ntfy.sh"
    """Address of an ntfy server."""

    ntfy_token: str = field(default="", repr=False)
    """Access token there; empty: topics that anybody may write to."""

    allow_private_addresses: bool = False
    """Whether the webhooks that people give may lead into this site's own network."""

    public_url: str = ""
    """Address of the pages as people reach them, for links in messages; empty: no links."""

    oidc_issuer: str = ""
    """Identity provider by which people log in (OpenID Connect), https; empty: by password only."""

    oidc_client_id: str = ""
    """Client that is registered there."""

    oidc_client_secret: str = field(default="", repr=False)
    """Its secret."""

    oidc_title: str = ""
    """How people call the provider, on the button; empty: its host."""

    oidc_scope: str = "openid profile"
    """What is asked of the provider; some tell of groups only where a scope names them."""

    oidc_roles: str = ""
    """A claim and what its values may do, as `groups: too-admins=admin, too-observers=observer`."""

    oidc_other_role: str = ""
    """Role of whoever has none of these values; empty: they may not log in."""

    fetch_maps: str = "auto"
    """Whether maps that notices link are fetched: yes, no, or auto: where live notices come in."""

    fetch_hosts: str = (
        "gracedb.ligo.org,gcn.gsfc.nasa.gov,gcn.nasa.gov,heasarc.gsfc.nasa.gov,roc.icecube.wisc.edu"
    )
    """Hosts that may be asked for maps, separated by commas; no other ever is."""

    robots_file: str = ""
    """TOML file of robots; see the operator's guide."""

    robots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """Entries as of the robots file, by telescope, of robots that variables describe."""

    alert_sources_file: str = ""
    """TOML file of streams of alert packets; see docs/alerts.md."""

    archives: bool = True
    """Whether published archives are read for the telescopes whose real robot is configured."""

    irsa_url: str = ""
    """Address of IRSA's TAP service; empty: the public one."""

    treasure_map_token: str = field(default="", repr=False)
    """Account at the Treasure Map; empty: nothing is shared with it and nothing read from it."""

    treasure_map_url: str = "https://treasuremap.space/api/v1"
    """Address of the Treasure Map."""

    circulars_smtp: str = field(default="", repr=False)
    """Mail server for circulars, smtps://name:password@host; empty: none are sent by mail."""

    circulars_sender: str = ""
    """Address of the submitter whom GCN knows."""

    circulars_recipient: str = "circulars@gcn.nasa.gov"
    """Address of the circulars."""

    circulars_issuer: str = ""
    """GCN's log-in: what precedes /.well-known/openid-configuration; empty: no circulars by API."""

    circulars_client_id: str = ""
    """Client that GCN has registered for the API of circulars."""

    circulars_client_secret: str = field(default="", repr=False)
    """Its secret."""

    circulars_refresh_token: str = field(default="", repr=False)
    """Of the submitter whose account sends for all who have connected none; may be empty."""

    circulars_api_url: str = "https://gcn.nasa.gov/api/circulars"
    """Where circulars are posted."""

    hips_url: str = ""
    """Address of a sky image in tiles (HiPS, JPEG, equatorial); empty: the map offers none."""

    keep_quarantined: int = 90
    """Days for which notices that could not be read are kept; 0: for ever. All others stay."""

    rehearsal: bool = False
    """True in a rehearsal: pages say so, and offer to send the retraction."""

    track_interval: float = 60.0
    """Seconds between two looks at what a robot has executed."""

    escalate_after: float = 300.0
    """Seconds for which an alarm waits for an answer before more people are woken."""

    drill: str = ""
    """When a drill begins every week, UTC, as "tue 16:00"; empty: only when somebody asks."""

    log_format: str = "text"
    """text or json."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read the settings.

        Parameters
        ----------
        environ
            The environment; the process's own if None.
        **overrides
            Values that win over the environment, as from a command line; None is passed over.

        Raises
        ------
        SettingInvalid
            If a variable cannot be read as its type, or a named file cannot be read.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        hints = get_type_hints(cls)
        # TOO_ROBOTS_FILE is a setting, not the file of one that were called TOO_ROBOTS.
        for name in (setting.name for setting in fields(cls) if setting.name != "robots"):
            variable = f"TOO_{name.upper()}"
            raw = _from_file(environ, variable) or environ.get(variable)
            if raw is not None:
                values[name] = _converted(variable, raw, hints[name])
        if (ztf := _ztf_entry(environ)) is not None:
            values["robots"] = {"ZTF": ztf}
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)

    def fetches_maps(self) -> bool:
        """Whether maps are fetched over the network.

        Raises
        ------
        SettingInvalid
            If the setting is none of its words.
        """
        word = self.fetch_maps.strip().lower()
        if word not in {"auto", "yes", "no"}:
            raise SettingInvalid("TOO_FETCH_MAPS must be yes, no or auto")
        return word == "yes" or (
            word == "auto" and bool(self.kafka_client_id) and not self.rehearsal
        )

    @property
    def dust_map(self) -> Path:
        """Where `too-marshal dust` puts the map of the Galaxy's dust."""
        return self.data_dir / "dust_map.fits"

    def session_key(self) -> str:
        """Key that signs cookies: the setting, or one made once and kept in the data folder.

        A file that holds none, as after a full disk, gets a new one.
        """
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of two that start at once both take one key
            key = file.read().strip()
            if not key:
                key = secrets.token_hex(32)
                file.seek(0)
                file.truncate()
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
        return key

    def topics(self, default: tuple[str, ...]) -> tuple[str, ...]:
        """Topics to listen to, or `default`."""
        named = tuple(name.strip() for name in self.kafka_topics.split(",") if name.strip())
        return named or default


ZTF_KEYS = ("url", "depot_url", "depot_username", "program", "pi", "simulated")
"""Of TOO_ZTF_*, besides the depot's password."""


def _ztf_entry(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """Entry of ZTF from the variables TOO_ZTF_*, the short way; None if there is no address."""
    given = {
        key: _from_file(environ, f"TOO_ZTF_{key.upper()}") or environ.get(f"TOO_ZTF_{key.upper()}")
        for key in ZTF_KEYS
    }
    if not given["url"]:
        return None
    entry: dict[str, Any] = {"program": "Partnership", "pi": "too-marshal"}
    entry |= {key: value for key, value in given.items() if value}
    if "simulated" in entry:
        entry["simulated"] = _converted("TOO_ZTF_SIMULATED", entry["simulated"], bool)
    # As in the file, the password is only referred to.
    variable = "TOO_ZTF_DEPOT_PASSWORD"
    if f"{variable}_FILE" in environ:
        entry["depot_password_file"] = environ[f"{variable}_FILE"]
    elif environ.get(variable):
        entry["depot_password_env"] = variable
    return entry


def _from_file(environ: Mapping[str, str], variable: str) -> str | None:
    path = environ.get(f"{variable}_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text().strip()
    except OSError as err:
        raise SettingInvalid(f"{variable}_FILE cannot be read: {err.strerror}") from err


def _converted(variable: str, raw: str, kind: type) -> Any:
    if kind is bool:
        truth_values = {
            "1": True,
            "true": True,
            "yes": True,
            "0": False,
            "false": False,
            "no": False,
            "": False,
        }
        try:
            return truth_values[raw.strip().lower()]
        except KeyError:
            raise SettingInvalid(f"{variable} must be true or false") from None
    try:
        return kind(raw)
    except ValueError:
        raise SettingInvalid(f"{variable} must be of type {kind.__name__}") from None
