import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitboard.contract import codec
from pitboard.contract.errors import (
    BadPayload,
    ContractError,
    Invalid,
    Malformed,
    TooLarge,
    UnknownVersion,
)
from pitboard.contract.messages import (
    LAP_COLUMNS,
    LapRow,
    LapsMessage,
    SetupMessage,
    StatusMessage,
    TelemetryMessage,
)
from pitboard.contract.telemetry import Telemetry
from pitboard.contract.topics import Channel, Topic
from tests.contract.samples import Good, document, good_samples, payload, topic_of

STATUS = topic_of("status")
SETUP = topic_of("setup")
CAPTURED_AT = "2026-06-13T18:20:11.650Z"

TOPICS = [topic_of(name) for name in ("status", "meta", "setup", "telemetry", "lap", "laps/1")]


def setup_payload(setup: dict[str, dict[str, object]]) -> bytes:
    return payload(revision=1, captured_at=CAPTURED_AT, setup=setup)


def padded(size: int) -> bytes:
    """A good status of exactly *size* bytes."""
    short = payload(state="online", padding="")
    return payload(state="online", padding="x" * (size - len(short)))


@given(st.sampled_from(TOPICS), st.binary(max_size=200))
def test_decoder_raises_nothing_but_bad_payload_on_any_bytes(topic: Topic, data: bytes) -> None:
    with pytest.raises(BadPayload):
        codec.decode(topic, data)


@given(st.sampled_from(good_samples()), st.data())
def test_decoder_raises_nothing_but_contract_errors_on_damaged_messages(
    sample: Good, data: st.DataObject
) -> None:
    whole = sample.payload
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    damaged = whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:]

    try:
        message = codec.decode(sample.topic, damaged)
    except ContractError:
        return

    assert json.loads(damaged)["v"] == message.v


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.sampled_from(good_samples()), st.data())
def test_decoder_raises_nothing_but_contract_errors_on_any_value_of_a_field(
    sample: Good, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(sample.document)))
    changed = json.dumps({**sample.document, name: data.draw(JSON_VALUES)}).encode()

    try:
        message = codec.decode(sample.topic, changed)
    except ContractError:
        return

    assert codec.decode(sample.topic, codec.encode(sample.topic.channel, message)) == message


@pytest.mark.parametrize(
    ("topic", "limit"),
    [
        pytest.param(topic_of("status"), 65_536, id="status"),
        pytest.param(topic_of("meta"), 65_536, id="meta"),
        pytest.param(topic_of("setup"), 245_760, id="setup"),
        pytest.param(topic_of("telemetry"), 65_536, id="telemetry"),
        pytest.param(topic_of("lap"), 65_536, id="lap"),
        pytest.param(topic_of("laps/0"), 245_760, id="laps"),
    ],
)
def test_decoder_refuses_a_payload_above_its_channels_limit_unread(
    topic: Topic, limit: int
) -> None:
    with pytest.raises(TooLarge) as caught:
        codec.decode(topic, b"\xff" * (limit + 1))

    assert (caught.value.size, caught.value.limit) == (limit + 1, limit)


def test_decoder_accepts_a_payload_of_exactly_the_limit() -> None:
    message = codec.decode(STATUS, padded(codec.MAX_BYTES))

    assert isinstance(message, StatusMessage)


def test_decoder_refuses_200_000_keys_unread() -> None:
    keys = {f"k{number}": 0 for number in range(200_000)}

    with pytest.raises(TooLarge):
        codec.decode(SETUP, payload(**keys))


def test_encoder_refuses_a_message_above_the_limit() -> None:
    drivers = {f"name {number}": "x" * 64 for number in range(1000)}
    message = SetupMessage(
        v=1,
        session_id="s",
        monitor_id="m",
        birth=1,
        seq=1,
        timestamp=CAPTURED_AT,
        revision=1,
        captured_at=CAPTURED_AT,
        setup={"other": dict(drivers)},
    )

    with pytest.raises(TooLarge):
        codec.encode(Channel.STATUS, message)


@pytest.mark.parametrize("opener", ["[", '{"a":'], ids=["lists", "objects"])
def test_decoder_refuses_deep_nesting_before_it_parses(opener: str) -> None:
    """The parser would fail on the unclosed text; the depth is found first."""
    with pytest.raises(Malformed, match="nested deeper than 32 levels"):
        codec.decode(SETUP, (opener * 40_000).encode())


def test_decoder_refuses_100_000_levels() -> None:
    with pytest.raises(Malformed, match="nested deeper"):
        codec.decode(SETUP, b"[" * 100_000 + b"]" * 100_000)


def test_decoder_counts_levels_and_not_brackets() -> None:
    siblings = payload(state="online", x=[[[]]] * 100, y='"[{' * 100)

    assert isinstance(codec.decode(STATUS, siblings), StatusMessage)


def test_decoder_sees_through_escaped_quotes_when_it_counts_levels() -> None:
    hidden = payload(state="online", x='\\" ' + "[" * 100)

    assert isinstance(codec.decode(STATUS, hidden), StatusMessage)


def test_last_of_two_equal_keys_counts() -> None:
    twice = payload(state="online")[:-1] + b',"state":"idle"}'

    message = codec.decode(STATUS, twice)

    assert isinstance(message, StatusMessage)
    assert message.state == "idle"


def test_decoder_refuses_a_number_of_4000_digits() -> None:
    digits = b'{"lap":3,"position":1,"fuel":' + b"9" * 4000 + b"}"
    telemetry = payload(telemetry=0).replace(b'"telemetry":0', b'"telemetry":' + digits)

    with pytest.raises(Invalid):
        codec.decode(topic_of("telemetry"), telemetry)


def test_decoder_refuses_a_name_of_10_000_characters() -> None:
    with pytest.raises(Invalid):
        codec.decode(STATUS, payload(state="online", driver="Z\u0351" * 5_000))


def test_decoder_tells_a_newer_version_from_a_broken_message() -> None:
    with pytest.raises(UnknownVersion):
        codec.decode(STATUS, b'{"v":2}')
    with pytest.raises(Invalid):
        codec.decode(STATUS, b'{"v":2,"session_id"')


@pytest.mark.parametrize(
    ("setup", "is_accepted"),
    [
        pytest.param({"other": {f"n{i}": i for i in range(400)}}, True, id="400"),
        pytest.param({"other": {f"n{i}": i for i in range(401)}}, False, id="401"),
        pytest.param({"tires": {f"n{i}": {"fl": 1} for i in range(100)}}, True, id="100 corners"),
        pytest.param({"tires": {f"n{i}": {"fl": 1} for i in range(101)}}, False, id="101 corners"),
    ],
)
def test_setup_holds_at_most_400_values(
    setup: dict[str, dict[str, object]], is_accepted: bool
) -> None:
    try:
        codec.decode(SETUP, setup_payload(setup))
    except Invalid:
        assert not is_accepted
    else:
        assert is_accepted


def test_laps_hold_at_most_100_rows() -> None:
    rows = [[1, number, CAPTURED_AT] for number in range(101)]

    with pytest.raises(Invalid):
        codec.decode(
            topic_of("laps/0"), payload(first=0, columns=["run", "lap", "finished_at"], rows=rows)
        )


def test_lap_rows_come_back_from_their_cells() -> None:
    row = LapRow(run=3, lap=7, finished_at=CAPTURED_AT, lap_time=139.482, sector_times=[42.3, 55.1])
    message = msgspec.convert(
        document(first=0, columns=list(LAP_COLUMNS), rows=codec.lap_cells([row])), LapsMessage
    )

    assert codec.lap_rows(message) == [row]


def test_lap_rows_leave_out_unknown_columns() -> None:
    message = msgspec.convert(
        document(
            first=0,
            columns=["mood", "finished_at", "lap", "run"],
            rows=[["good", CAPTURED_AT, 7, 3]],
        ),
        LapsMessage,
    )

    assert codec.lap_rows(message) == [LapRow(run=3, lap=7, finished_at=CAPTURED_AT)]


@pytest.mark.parametrize(
    ("telemetry", "missing"),
    [
        pytest.param({}, ["lap", "fuel", "position"], id="all"),
        pytest.param({"lap": 3, "fuel": 42.3}, ["position"], id="one"),
        pytest.param({"lap": None, "fuel": None, "position": None}, [], id="none when null"),
    ],
)
def test_missing_telemetry_names_what_is_absent(
    telemetry: dict[str, object], missing: list[str]
) -> None:
    message = codec.decode(topic_of("telemetry"), payload(telemetry=telemetry))

    assert isinstance(message, TelemetryMessage)
    assert codec.missing_telemetry(message.telemetry) == missing


def test_encoder_sends_the_required_telemetry_even_when_it_is_null() -> None:
    telemetry = Telemetry(lap=None, fuel=None, position=None)

    assert msgspec.json.encode(telemetry) == b'{"lap":null,"fuel":null,"position":null}'
