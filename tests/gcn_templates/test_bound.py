"""Values stay bound to their data through every edit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gcn_templates import Difference, Value, differences, loose_numbers, plain, up_to_date
from gcn_templates.bound import mark

VALUES = {
    "ZTF.images": Value("12 images", "exposures"),
    "ZTF.area": Value("120.0 square degrees", "coverage"),
    "ZTF.table": Value("filter   images\ng            12", "exposures"),
}
TEXT = "We took {ZTF.images=12 images} of {ZTF.area=120.0 square degrees}.\n\n" + mark(
    "ZTF.table", VALUES["ZTF.table"]
)


def test_what_is_sent_has_the_values_alone_and_its_paragraphs_filled():
    assert plain(TEXT) == (
        "We took 12 images of 120.0 square degrees.\n\nfilter   images\ng            12\n"
    )
    assert all(len(line) <= 76 for line in plain("word " * 100).splitlines())


def test_an_untouched_text_says_what_the_data_say():
    assert differences(TEXT, VALUES) == []
    assert differences(TEXT.replace("\n", "\r\n"), VALUES) == []
    assert loose_numbers(TEXT) == []


def test_a_value_that_was_changed_by_hand_is_told():
    text = TEXT.replace("=120.0", "=130.0") + " {ZTF.depth=21 mag}"
    assert differences(text, VALUES) == [
        Difference("ZTF.area", "130.0 square degrees", "120.0 square degrees"),
        Difference("ZTF.depth", "21 mag", None),
    ]


def test_a_number_that_was_typed_instead_is_told():
    text = TEXT.replace("{ZTF.area=120.0 square degrees}", "130 square degrees") + " in 3.5 hours"
    assert loose_numbers(text) == ["130 square deg", "3.5 hours"]
    assert loose_numbers("on 2026-11-22 with the 48-inch, GCN Circ. 34397, AT2026abc") == []


def test_new_data_take_the_place_of_old_and_not_of_what_was_typed():
    now = {**VALUES, "ZTF.images": Value("1 image", "exposures"), "ZTF.area": Value("9", "c")}
    text = TEXT.replace("=120.0", "=130.0")
    renewed = up_to_date(text, VALUES, now)
    assert "{ZTF.images=1 image}" in renewed
    assert "{ZTF.area=130.0 square degrees}" in renewed
    gone = {"ZTF.area": now["ZTF.area"]}
    assert "{ZTF.images=12 images}" in up_to_date(TEXT, VALUES, gone)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][\w.-]{0,8}", fullmatch=True),
        st.text(st.characters(codec="ascii", exclude_characters="{}\r"), max_size=20),
        min_size=1,
    ),
    st.text(st.characters(codec="ascii", exclude_characters="{}\r"), max_size=40),
)
def test_marks_are_read_back(values, between):
    bound = {name: Value(text, "") for name, text in values.items()}
    text = between.join(mark(name, value) for name, value in bound.items())
    assert differences(text, bound) == []
    assert up_to_date(text, bound, bound) == text
    assert "{" not in plain(text)
