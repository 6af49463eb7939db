"""Codes are good once, for their half minute, and without the device ten others are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.too_marshal.clocks import later
from tests.too_marshal.factories import add_person
from too_marshal import failpoints
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now, session_factory
from too_marshal.workflows.accounts.second_factor import (
    FactorRefused,
    begin_factor,
    check_code,
    confirm_factor,
    has_factor,
    remove_factor,
)

KEY = "the key of the service"


@pytest.fixture
def ann(session: Session) -> Person:
    return add_person(session, "ann", Role.OBSERVER)


def device_of(uri: str) -> pyotp.TOTP:
    """What a telephone makes of the picture."""
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    return pyotp.TOTP(parse_qs(parts.query)["secret"][0])


def code_of(device: pyotp.TOTP, steps: int = 0) -> str:
    return device.at(now(), counter_offset=steps)


def test_the_first_code_switches_it_on(session: Session, ann: Person):
    device = device_of(begin_factor(session, ann, KEY))
    assert not has_factor(session, ann)
    with pytest.raises(FactorRefused, match="code is wrong"):
        confirm_factor(session, ann, "000000x", KEY)
    codes = confirm_factor(session, ann, code_of(device), KEY)
    assert has_factor(session, ann)
    assert len(set(codes)) == 10
    with pytest.raises(FactorRefused, match="already"):
        begin_factor(session, ann, KEY)
    with pytest.raises(FactorRefused, match="No second factor"):
        confirm_factor(session, ann, code_of(device), KEY)


def test_a_code_is_taken_once_and_within_a_minute_and_a_half(session: Session, ann: Person):
    device = device_of(begin_factor(session, ann, KEY))
    confirm_factor(session, ann, code_of(device, -1), KEY)
    code = code_of(device)
    assert check_code(session, ann, f"{code[:3]} {code[3:]}", KEY)
    assert not check_code(session, ann, code, KEY), "it was taken"
    assert not check_code(session, ann, code_of(device, -1), KEY), "an earlier one is older still"
    assert check_code(session, ann, code_of(device, 1), KEY), "clocks differ"
    assert not check_code(session, ann, code_of(device, 5), KEY)
    with later(minutes=10):
        assert not check_code(session, ann, device.at(now(), counter_offset=-5), KEY)
        assert check_code(session, ann, code_of(device), KEY)


def test_without_the_device_ten_codes_are_good_once_each(session: Session, ann: Person):
    device = device_of(begin_factor(session, ann, KEY))
    codes = confirm_factor(session, ann, code_of(device), KEY)
    assert check_code(session, ann, codes[3].upper(), KEY)
    assert not check_code(session, ann, codes[3], KEY)
    assert check_code(session, ann, codes[4], KEY)


def test_the_database_alone_shows_no_codes(session: Session, ann: Person):
    uri = begin_factor(session, ann, KEY)
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    codes = confirm_factor(session, ann, code_of(device_of(uri)), KEY)
    stored = str(session.execute(text("SELECT * FROM second_factor")).all())
    assert secret not in stored
    assert not any(code in stored for code in codes)
    with later(minutes=2):
        assert not check_code(session, ann, code_of(device_of(uri)), "another key")
        assert check_code(session, ann, codes[0], "another key"), "the ten are left"


def test_what_is_removed_is_asked_for_no_more(session: Session, ann: Person):
    device = device_of(begin_factor(session, ann, KEY))
    confirm_factor(session, ann, code_of(device), KEY)
    remove_factor(session, ann.id)
    assert not has_factor(session, ann)
    assert not check_code(session, ann, code_of(device, 1), KEY)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_opens_nothing(session: Session, ann: Person, code: str):
    device = device_of(begin_factor(session, ann, KEY))
    confirm_factor(session, ann, code_of(device), KEY)
    assert not check_code(session, ann, code, KEY)


@contextmanager
def meanwhile(engine: Engine, act: Callable[[Session], object]) -> Iterator[None]:
    """Have somebody else act in the moment before a row is held, once."""
    acts = [act]

    def watch(name: str) -> None:
        if name.startswith("before_lock") and acts:
            with session_factory(engine)() as other:
                acts.pop()(other)

    with failpoints.watched_by(watch):
        yield
    assert not acts


def test_a_device_that_is_confirmed_in_another_tab_stays(
    session: Session, engine: Engine, ann: Person
):
    """To begin anew would have switched it off without a word."""
    device = device_of(begin_factor(session, ann, KEY))
    has_factor(session, ann)
    code = code_of(device)
    with (
        meanwhile(engine, lambda other: confirm_factor(other, ann, code, KEY)),
        pytest.raises(FactorRefused, match="already"),
    ):
        begin_factor(session, ann, KEY)
    assert has_factor(session, ann)
    assert check_code(session, ann, code_of(device, 1), KEY)


def test_of_two_first_codes_the_first_one_counts(session: Session, engine: Engine, ann: Person):
    """The second would have made the ten codes worthless that the first one has shown."""
    device = device_of(begin_factor(session, ann, KEY))
    early, shown = code_of(device, -1), []
    has_factor(session, ann)
    with (
        meanwhile(engine, lambda other: shown.extend(confirm_factor(other, ann, early, KEY))),
        pytest.raises(FactorRefused, match="No second factor was begun"),
    ):
        confirm_factor(session, ann, code_of(device), KEY)
    assert check_code(session, ann, shown[0], KEY)


def test_a_device_that_is_removed_meanwhile_takes_no_code(
    session: Session, engine: Engine, ann: Person
):
    device = device_of(begin_factor(session, ann, KEY))
    confirm_factor(session, ann, code_of(device), KEY)
    has_factor(session, ann)
    with meanwhile(engine, lambda other: remove_factor(other, ann.id)):
        assert not check_code(session, ann, code_of(device, 1), KEY)


def test_a_device_can_be_begun_in_two_tabs_and_the_last_one_counts(
    session: Session, engine: Engine, ann: Person
):
    has_factor(session, ann)
    first: list[str] = []
    with meanwhile(engine, lambda other: first.append(begin_factor(other, ann, KEY))):
        last = begin_factor(session, ann, KEY)
    with pytest.raises(FactorRefused, match="code is wrong"):
        confirm_factor(session, ann, code_of(device_of(first[0])), KEY)
    assert len(confirm_factor(session, ann, code_of(device_of(last)), KEY)) == 10
