"""What Twilio asks of us carries its signature."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from too_marshal.deployment.senders.twilio import is_signed, signature_of, telephone_number

# The example that Twilio documents and that its libraries are tested with.
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

pairs = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6)


def test_twilios_example():
    assert signature_of(TOKEN, URL, FORM.items()) == SIGNATURE
    assert is_signed(TOKEN, URL, FORM.items(), SIGNATURE)


def test_values_that_come_twice_count_once_and_are_sorted():
    form = [("Sid", "CA123"), ("SidAccount", "AC123")]
    form += [("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    assert signature_of(TOKEN, URL, form) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("token", "url", "form", "signature"),
    [
        ("12346", URL, FORM, SIGNATURE),
        (TOKEN, URL.replace("https", "http"), FORM, SIGNATURE),
        (TOKEN, URL + "3", FORM, SIGNATURE),
        (TOKEN, URL, FORM | {"Digits": "1235"}, SIGNATURE),
        (TOKEN, URL, FORM | {"More": ""}, SIGNATURE),
        (TOKEN, URL, {}, SIGNATURE),
        (TOKEN, URL, FORM, ""),
        (TOKEN, URL, FORM, SIGNATURE.lower()),
        (TOKEN, URL, FORM, SIGNATURE + "="),
        (TOKEN, URL, FORM, "\u00e9\ud800"),
    ],
)
def test_a_forged_request_is_refused(token, url, form, signature):
    assert not is_signed(token, url, form.items(), signature)


def test_the_port_of_an_address_is_not_signed():
    assert is_signed(TOKEN, URL.replace(".com/", ".com:8443/"), FORM.items(), SIGNATURE)
    with_port = "http://[::1]:8000/answer"
    assert is_signed(TOKEN, with_port, [], signature_of(TOKEN, with_port, []))


@given(pairs, st.randoms())
def test_the_order_of_a_form_does_not_matter(form, random):
    shuffled = form * 2
    random.shuffle(shuffled)
    assert is_signed(TOKEN, URL, shuffled, signature_of(TOKEN, URL, form))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+4915112345678", "+4915112345678"),
        (" +49 (151) 1234-5678 ", "+4915112345678"),
        ("+1.415.555.0100", "+14155550100"),
    ],
)
def test_a_telephone_number_is_kept_in_one_form(typed, number):
    assert telephone_number(typed) == number


@pytest.mark.parametrize(
    "typed", ["", "015112345678", "+0151123456", "+49", "+49" * 9, "+49x123456"]
)
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(ValueError, match="country code"):
        telephone_number(typed)
