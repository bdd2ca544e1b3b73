import msgspec
import pytest
from msgspec import NODEFAULT

from pitboard.contract.codec import MESSAGE_TYPES
from pitboard.contract.messages import Envelope, MetaMessage
from pitboard.contract.topics import Channel


@pytest.mark.parametrize("channel", Channel)
def test_every_message_carries_the_envelope(channel: Channel) -> None:
    """Meta has another base, so it repeats the envelope; the two must not drift."""
    fields = {field.name: field for field in msgspec.structs.fields(MESSAGE_TYPES[channel])}

    for field in msgspec.structs.fields(Envelope):
        assert fields[field.name].type == field.type
        assert fields[field.name].default is NODEFAULT


def test_meta_adds_its_units_and_schema_version_alone() -> None:
    own = set(MetaMessage.__annotations__) - set(Envelope.__struct_fields__)

    assert own == {"units", "schema_version"}
