import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from pitboard.contract import frames
from pitboard.contract.errors import BadFrame
from pitboard.contract.frames import (
    UPDATES,
    BridgeFrame,
    JoinSession,
    Link,
    Ping,
    Pong,
    Snapshot,
    TelemetryUpdate,
    Value,
)
from pitboard.contract.topics import Channel
from tests.contract.samples import Frame, frame_samples

BRIDGE_FRAMES = [
    pytest.param(sample, id=sample.name) for sample in frame_samples() if sample.sender == "bridge"
]


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_decoder_raises_nothing_but_bad_frame_on_anything(text: str | bytes) -> None:
    with pytest.raises(BadFrame):
        frames.decode(text)


@given(st.sampled_from(frame_samples()), st.data())
def test_decoder_raises_nothing_but_bad_frame_on_damaged_frames(
    sample: Frame, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(sample.text)))
    damaged = sample.text[:start] + data.draw(st.text(max_size=9)) + sample.text[start + 1 :]

    try:
        frame = frames.decode(damaged)
    except BadFrame:
        return

    assert isinstance(frame, frames.FromBrowser)


def test_decoder_refuses_text_that_is_no_unicode() -> None:
    with pytest.raises(BadFrame):
        frames.decode('{"type":"ping","t":"\ud800"}')


def test_decoder_refuses_deep_nesting() -> None:
    with pytest.raises(BadFrame):
        frames.decode('{"type":' * 20_000)


def test_join_reads_its_optional_rate() -> None:
    assert frames.decode('{"type":"join_session","session_id":"a"}') == JoinSession(session_id="a")
    assert frames.decode('{"type":"join_session","session_id":"a","max_hz":0.5}') == JoinSession(
        session_id="a", max_hz=0.5
    )


def test_pong_repeats_what_ping_sent() -> None:
    ping = frames.decode('{"type":"ping","t":1781376127512.5}')

    assert isinstance(ping, Ping)
    assert frames.encode(Pong(t=ping.t)) == b'{"type":"pong","t":1781376127512.5}'


def test_update_carries_the_monitors_bytes_untouched() -> None:
    """A newer monitor's fields reach a newer dashboard through an older bridge."""
    data = b'{"v":1 , "unknown": [1.50]}'

    encoded = frames.encode(TelemetryUpdate(received_at=5, retained=True, data=Raw(data)))

    assert encoded == (
        b'{"type":"telemetry_update","received_at":5,"retained":true,"data":' + data + b"}"
    )


def test_snapshot_says_that_nobody_is_active() -> None:
    value = Value(channel="laps/3", monitor_id="m", received_at=4, retained=False, data=Raw(b"{}"))
    snapshot = Snapshot(
        session_id="s", now=5, upstream=Link(connected=True), active=None, values=[value]
    )

    assert json.loads(frames.encode(snapshot)) == {
        "type": "snapshot",
        "session_id": "s",
        "now": 5,
        "upstream": {"connected": True},
        "active": None,
        "values": [
            {
                "channel": "laps/3",
                "monitor_id": "m",
                "received_at": 4,
                "retained": False,
                "data": {},
            }
        ],
    }


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_has_an_update_named_after_it(channel: Channel) -> None:
    assert UPDATES[channel].__struct_config__.tag == f"{channel}_update"


@pytest.mark.parametrize("sample", BRIDGE_FRAMES)
def test_bridge_frame_comes_back_from_its_encoded_form(sample: Frame) -> None:
    frame = msgspec.json.decode(sample.text, type=BridgeFrame)

    assert json.loads(frames.encode(frame)) == json.loads(sample.text)
