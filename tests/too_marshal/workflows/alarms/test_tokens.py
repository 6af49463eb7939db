from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from too_marshal.workflows.alarms.tokens import Acknowledging, read_token, token_of


@given(st.integers(1, 2**31), st.integers(1, 2**31))
def test_a_token_says_which_alarm_and_who_and_nothing_else(alarm_id: int, person_id: int):
    wanted = Acknowledging(alarm_id, person_id)
    token = token_of("key", wanted)
    assert read_token("key", token) == wanted
    assert read_token("another key", token) is None
    head, _, signature = token.rpartition(".")
    other = "A" if signature[0] != "A" else "B"
    assert read_token("key", f"{head}.{other}{signature[1:]}") is None


@given(st.text(max_size=80))
def test_what_is_no_token_opens_nothing(text: str):
    assert read_token("key", text) is None


def test_a_token_for_something_else_or_an_old_one_opens_nothing(monkeypatch):
    other = URLSafeTimedSerializer("key", salt="something else").dumps([1, 2])
    assert read_token("key", other) is None
    token = token_of("key", Acknowledging(1, 2))
    monkeypatch.setattr("too_marshal.workflows.alarms.tokens.LASTS", timedelta(seconds=-1))
    assert read_token("key", token) is None
