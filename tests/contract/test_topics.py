import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitboard.contract import topics
from pitboard.contract.errors import BadTopic
from pitboard.contract.topics import Channel, Topic

IDS = st.from_regex(re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), fullmatch=True)
PLAIN_CHANNELS = [channel for channel in Channel if channel is not Channel.LAPS]


@given(IDS, IDS, st.sampled_from(PLAIN_CHANNELS))
def test_topic_reads_back_what_it_writes(session: str, monitor: str, channel: Channel) -> None:
    topic = Topic(session, monitor, channel)

    assert Topic.parse(str(topic)) == topic


@given(IDS, IDS, st.integers(0, 999))
def test_lap_chunk_reads_back_what_it_writes(session: str, monitor: str, chunk: int) -> None:
    topic = Topic(session, monitor, Channel.LAPS, chunk)

    assert Topic.parse(str(topic)) == topic
    assert topic.name == f"laps/{chunk}"


@given(st.text())
def test_parser_raises_nothing_but_bad_topic_on_any_text(text: str) -> None:
    try:
        topic = Topic.parse(text)
    except BadTopic:
        return

    assert str(topic) == text


def test_topic_of_65535_bytes_is_refused_and_not_quoted_in_full() -> None:
    with pytest.raises(BadTopic) as caught:
        Topic.parse("pitboard/v1/" + "a" * 65_523)

    assert len(str(caught.value)) < 200


def test_topic_names_its_channel_as_readers_do() -> None:
    assert Topic("s", "m", Channel.SETUP).name == "setup"


def test_new_ids_are_26_characters_that_may_stand_in_a_topic() -> None:
    ids = {topics.new_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(topics.is_id(text) and len(text) == 26 for text in ids)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("-a", id="leading dash"),
        pytest.param("Spa", id="upper case"),
        pytest.param("a.b", id="dot"),
        pytest.param("a\n", id="trailing line feed"),
        pytest.param("a" * 65, id="65 characters"),
    ],
)
def test_id_is_refused(text: str) -> None:
    assert not topics.is_id(text)


def test_filters_cover_what_they_are_named_for() -> None:
    assert topics.session_filter("s") == "pitboard/v1/s/#"
    assert topics.monitor_filter("s", "m") == "pitboard/v1/s/m/#"
    assert topics.status_filter("s") == "pitboard/v1/s/+/status"
    assert topics.status_filter() == "pitboard/v1/+/+/status"
    assert topics.all_filter() == "pitboard/v1/#"
