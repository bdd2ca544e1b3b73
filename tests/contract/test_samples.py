import pytest

from pitboard.contract import codec, frames
from pitboard.contract.errors import BadFrame, BadPayload, BadTopic, ContractError
from pitboard.contract.topics import Channel, Topic
from tests.contract.samples import Bad, Frame, Good, bad_samples, frame_samples, good_samples

GOOD = [pytest.param(sample, id=sample.name) for sample in good_samples()]
BAD = [pytest.param(sample, id=sample.name) for sample in bad_samples()]
BROWSER_FRAMES = [
    pytest.param(sample, id=sample.name)
    for sample in frame_samples()
    if sample.sender == "browser" and sample.error is None
]
BAD_FRAMES = [pytest.param(frame, id=frame.name) for frame in frame_samples() if frame.error]


def error_kinds(base: type[ContractError]) -> set[str]:
    return {base.kind}.union(*(error_kinds(kind) for kind in base.__subclasses__()))


@pytest.mark.parametrize("sample", GOOD)
def test_codec_accepts_a_good_sample(sample: Good) -> None:
    message = codec.decode(sample.topic, sample.payload)

    assert isinstance(message, codec.MESSAGE_TYPES[sample.topic.channel])


@pytest.mark.parametrize("sample", GOOD)
def test_good_sample_comes_back_from_its_encoded_form(sample: Good) -> None:
    message = codec.decode(sample.topic, sample.payload)

    once = codec.encode(sample.topic.channel, message)
    again = codec.decode(sample.topic, once)

    assert again == message
    assert codec.encode(sample.topic.channel, again) == once


@pytest.mark.parametrize("sample", BAD)
def test_codec_refuses_a_bad_sample_for_the_reason_it_names(sample: Bad) -> None:
    with pytest.raises(ContractError) as caught:
        codec.decode(Topic.parse(sample.topic), sample.payload)

    assert caught.value.kind == sample.error


@pytest.mark.parametrize("sample", BROWSER_FRAMES)
def test_bridge_accepts_a_browsers_frame(sample: Frame) -> None:
    frame = frames.decode(sample.text)

    assert isinstance(frame, frames.FromBrowser)


@pytest.mark.parametrize("sample", BAD_FRAMES)
def test_bridge_refuses_a_bad_frame(sample: Frame) -> None:
    with pytest.raises(BadFrame):
        frames.decode(sample.text)


def test_good_samples_cover_every_channel() -> None:
    assert {sample.topic.channel for sample in good_samples()} == set(Channel)


def test_bad_samples_cover_every_reason_but_size() -> None:
    """Payloads above the limits are made in `test_codec.py`; they are too large to keep."""
    kinds = error_kinds(BadPayload) | error_kinds(BadTopic)

    assert {sample.error for sample in bad_samples()} == kinds - {"payload", "too_large"}
