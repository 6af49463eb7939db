from datetime import UTC, datetime

import pytest

from too_marshal.db.events import Event
from too_marshal.workflows.events.spoken import spoken_name

TIME = datetime(2023, 12, 11, 0, 47, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stream", "name", "aliases", "attributes", "spoken"),
    [
        ("lvk", "S231118d", [], {}, "S231118d"),
        ("fermi_gbm", "bn231103612", ["bn231103612"], {}, "GRB candidate bn231103612"),
        ("fermi_gbm", "bn231103612", ["GRB 231103A", "bn231103612"], {}, "GRB 231103A"),
        ("fermi_gbm", "bn240101001", [], {"most_likely_class": "SFL"}, "Fermi GBM bn240101001"),
        ("icecube", "IceCube-231211A", [], {}, "IceCube-231211A"),
        ("icecube", "1386694054005", ["IceCube-231211A"], {}, "IceCube-231211A"),
        ("icecube", "1386694054005", [], {}, "IceCube of 2023-12-11 00:47"),
        ("swift", "1195887", [], {}, "Swift trigger 1195887"),
        ("swift", "1195887", ["GRB 231111A"], {}, "GRB 231111A"),
        ("einstein_probe", "01708973486", [], {}, "EP-WXT 01708973486"),
        ("einstein_probe", "01708973486", ["EP240301a"], {}, "EP240301a"),
        ("superk", "10051", [], {}, "Super-Kamiokande of 2023-12-11 00:47"),
        ("chime_frb", "FRB 20231211A", [], {}, "FRB 20231211A"),
    ],
)
def test_an_event_is_called_as_people_say_it(
    stream: str, name: str, aliases: list[str], attributes: dict[str, str], spoken: str
):
    event = Event(
        stream=stream, key="k", name=name, aliases=aliases, attributes=attributes, event_time=TIME
    )
    assert spoken_name(event) == spoken


def test_without_a_time_the_identifier_is_said():
    event = Event(stream="icecube", key="1", name="1", aliases=[], attributes={}, event_time=None)
    assert spoken_name(event) == "IceCube 1"
