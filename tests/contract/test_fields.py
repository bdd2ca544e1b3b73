from typing import get_args

import pytest
from msgspec import Struct

from pitboard.contract import messages
from pitboard.contract.codec import MESSAGE_TYPES
from pitboard.contract.fields import FieldFacts, field_facts
from pitboard.contract.frames import BridgeFrame, BrowserFrame, Link, Value
from pitboard.contract.meanings import MEANINGS, meaning
from pitboard.contract.messages import LapsMessage
from pitboard.contract.quantities import Wheels
from pitboard.contract.telemetry import Telemetry

KINDS: list[type[Struct]] = [
    *MESSAGE_TYPES.values(),
    *(messages.Envelope, messages.Meta, messages.Forecast),
    *(Telemetry, messages.LapSummary, messages.LapRow),
    *get_args(BrowserFrame),
    *get_args(BridgeFrame),
    *(Link, Value, Wheels),
]


def telemetry(name: str) -> FieldFacts:
    return next(field for field in field_facts(Telemetry) if field.name == name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_meaning(kind: type[Struct]) -> None:
    assert [name for name in kind.__struct_encode_fields__ if not meaning(kind, name)] == []


def test_no_meaning_is_left_over() -> None:
    known = {
        base.__name__: set(kind.__struct_encode_fields__) for kind in KINDS for base in kind.__mro__
    }
    for kind in KINDS:
        known[kind.__name__] = set(kind.__struct_encode_fields__)
    known["LapRow"] |= known["LapSummary"]  # both are the same lap

    assert {name: set(fields) - known[name] for name, fields in MEANINGS.items()} == {
        name: set() for name in MEANINGS
    }


def test_unknown_field_has_no_meaning() -> None:
    assert meaning(Telemetry, "hat_colour") is None


def test_facts_say_what_a_publisher_needs() -> None:
    assert telemetry("fuel") == FieldFacts(
        name="fuel",
        type="number",
        unit="L",
        range="0 to 500",
        digits="2",
        meaning="fuel in the tank; always sent, null when unknown",
        is_required=True,
    )


@pytest.mark.parametrize(
    ("name", "type_words", "range_words"),
    [
        pytest.param("gear", "integer", "-1 to 20", id="integer"),
        pytest.param("lap_valid", "boolean", "", id="boolean"),
        pytest.param("last_lap_time", "number", "above 0, to 86400", id="open range"),
        pytest.param("pit_state", "word", "", id="word"),
        pytest.param("flags", "list of word", "at most 16 items", id="list"),
        pytest.param("tire_compounds", "wheels of text", "at most 64 characters", id="wheels"),
        pytest.param(
            "tire_tread_temps",
            "wheels of list of number",
            "-50 to 300, exactly 3 items",
            id="lists a wheel",
        ),
        pytest.param("extra", "object", "at most 32 entries", id="object"),
    ],
)
def test_facts_put_types_and_ranges_into_words(
    name: str, type_words: str, range_words: str
) -> None:
    facts = telemetry(name)

    assert (facts.type, facts.range) == (type_words, range_words)


def test_facts_mark_the_three_required_telemetry_fields() -> None:
    required = [field.name for field in field_facts(Telemetry) if field.is_required]

    assert required == ["lap", "fuel", "position"]


def test_facts_tell_ids_times_and_counters_apart() -> None:
    types = {field.name: (field.type, field.range) for field in field_facts(LapsMessage)}

    assert types["v"] == ("`1`", "")
    assert types["session_id"] == ("id", "")
    assert types["timestamp"] == ("time", "")
    assert types["seq"] == ("integer", "from 0")
