from hypothesis import given
from hypothesis import strategies as st

from too_marshal.workflows.incident.compare_notices import ChangedValue, compare_notices

VALUES = st.one_of(st.floats(allow_nan=False), st.text(), st.booleans(), st.none())
DOCUMENTS = st.dictionaries(
    st.sampled_from(["far", "type_name", "attributes", "localization", "notice_id"]),
    st.one_of(VALUES, st.dictionaries(st.sampled_from("abc"), VALUES), st.lists(st.text())),
).map(lambda made: {**made, "far": made["far"] if isinstance(made.get("far"), float) else None})


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_a_notice_differs_from_itself_in_nothing_and_either_way_in_the_same(
    before: dict[str, object], after: dict[str, object]
):
    assert compare_notices(before, before).values == []
    there = compare_notices({**before, "far": None}, {**after, "far": None}).values
    back = compare_notices({**after, "far": None}, {**before, "far": None}).values
    turned = [ChangedValue(value.name, value.after, value.before) for value in back]
    assert sorted(there, key=repr) == sorted(turned, key=repr)


def test_only_what_says_something_of_the_event_is_compared():
    before = {"notice_id": "a-1", "order": [1], "sequence": 1, "flags": ["x"], "is_test": False}
    after = {"notice_id": "a-2", "order": [2], "sequence": 2, "flags": [], "is_test": True}
    assert compare_notices(before, after).values == [ChangedValue("is test", "no", "yes")]


def test_what_stands_within_is_named_by_its_way_and_what_is_missing_is_none():
    before = {"localization": {"kind": "circle", "radius": 0.5}, "attributes": {"image_snr": 7.0}}
    after = {
        "localization": {"kind": "circle", "radius": 0.25},
        "attributes": {"by": ["H1", "L1"]},
    }
    assert compare_notices(before, after).values == [
        ChangedValue("localization, radius", "0.5", "0.25"),
        ChangedValue("attributes, image snr", "7", None),
        ChangedValue("attributes, by", None, "H1, L1"),
    ]
