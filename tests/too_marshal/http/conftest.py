"""The same application as for the pages."""

from tests.too_marshal.web.conftest import (
    admin,
    app,
    compiled_addresses,
    compiled_templates,
    engine,
    fresh_rules,
    observer,
    pages,
    settings,
    viewer,
    visitor,
)

__all__ = [
    "admin",
    "app",
    "compiled_addresses",
    "compiled_templates",
    "engine",
    "fresh_rules",
    "observer",
    "pages",
    "settings",
    "viewer",
    "visitor",
]
