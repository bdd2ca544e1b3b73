from pitboard.contract.codec import decode
from pitboard.contract.fields import field_facts
from pitboard.contract.messages import LapRow, LapSummary, Meta, MetaMessage
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.units import units
from tests.contract.samples import payload, topic_of

UNITS = {"L", "%", "s", "m", "km/h", "1/min", "deg", "degC", "kPa", "points"}


def test_every_unit_is_one_of_ours() -> None:
    assert set(units().values()) == UNITS


def test_field_has_the_same_unit_in_every_message() -> None:
    pairs = {
        (field.name, field.unit)
        for kind in (Telemetry, Meta, LapSummary, LapRow)
        for field in field_facts(kind)
        if field.unit
    }

    assert pairs == set(units().items())


def test_every_field_that_has_a_fraction_has_a_unit() -> None:
    kinds = (Telemetry, Meta, LapSummary, LapRow)
    numbers = {
        field.name for kind in kinds for field in field_facts(kind) if "number" in field.type
    }

    assert numbers == set(units())


def test_units_may_be_changed_by_their_caller() -> None:
    units().clear()

    assert units()["fuel"] == "L"


def test_meta_accepts_the_units() -> None:
    message = decode(topic_of("meta"), payload(units=units()))

    assert isinstance(message, MetaMessage)
    assert message.units == units()
