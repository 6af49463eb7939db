from flask import Flask

from tools.list_permissions import PAGE, permissions


def test_the_committed_table_is_what_the_service_declares(app: Flask):
    assert PAGE.read_text(encoding="utf-8") == permissions(app), "python tools/list_permissions.py"
