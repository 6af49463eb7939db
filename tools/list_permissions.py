"""Write docs/permissions.md: which role each address needs, as the service declares it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine

from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.deployment.settings import Settings
from too_marshal.http.access import PUBLIC, needed_role, needed_scope

PAGE = Path(__file__).parents[1] / "docs" / "permissions.md"

HEAD = """# Who may do what

Written by `python tools/list_permissions.py` from what each address declares; a test holds the
service against it. Every role (viewer, observer, approver, admin) may all that the ones before it
may. A token of the API has a role of its own, never above its person's, and scopes: it does what it
is for, and nothing else.

| Address | Methods | Needs | Scope of a token |
| --- | --- | --- | --- |
"""


def permissions(app: Flask) -> str:
    """The page, as it is to be."""
    rows = []
    for rule in app.url_map.iter_rules():
        needed = needed_role(app.view_functions[rule.endpoint])
        role = "nobody's login" if needed == PUBLIC else Role(needed or 0).name.lower()
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        scope = needed_scope(app.view_functions[rule.endpoint]) or ""
        rows.append(f"| `{rule.rule}` | {methods} | {role} | {scope} |")
    return HEAD + "\n".join(sorted(rows)) + "\n"


def main() -> None:
    """Write the page; no database is asked."""
    settings = Settings.from_environ({"TOO_SECRET_KEY": "none", "TOO_DATABASE_URL": "none"})
    app = create_app(settings, create_engine("postgresql+psycopg://"))
    PAGE.write_text(permissions(app), encoding="utf-8")


if __name__ == "__main__":
    main()
