import pytest

from pitboard.contract.errors import SettingsError
from pitboard.contract.urls import BrokerUrl


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("mqtt://pit", BrokerUrl("pit", 1883), id="default port"),
        pytest.param("mqtts://pit", BrokerUrl("pit", 8883, is_encrypted=True), id="encrypted"),
        pytest.param("mqtt://10.0.0.2:1884/", BrokerUrl("10.0.0.2", 1884), id="address and port"),
        pytest.param("mqtt://[::1]:1884", BrokerUrl("::1", 1884), id="IPv6"),
    ],
)
def test_url_is_read(text: str, expected: BrokerUrl) -> None:
    assert BrokerUrl.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["mqtt://pit:1883", "mqtts://pit:8883", "mqtt://[::1]:1883", "mqtt://10.0.0.2:9"]
)
def test_url_is_written_as_it_was_read(text: str) -> None:
    assert str(BrokerUrl.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("pit", id="no scheme"),
        pytest.param("http://pit", id="another scheme"),
        pytest.param("mqtt://", id="no host"),
        pytest.param("mqtt://bad..host", id="empty label"),
        pytest.param("mqtt://a b", id="space"),
        pytest.param("mqtt://pit:0", id="port 0"),
        pytest.param("mqtt://pit:70000", id="port too large"),
        pytest.param("mqtt://pit:abc", id="port no number"),
        pytest.param("mqtt://pit/path", id="path"),
        pytest.param("mqtt://" + "x" * 64, id="label too long"),
        pytest.param("mqtt://" + "x." * 130 + "x", id="name too long"),
    ],
)
def test_url_that_cannot_work_says_how_one_looks(text: str) -> None:
    with pytest.raises(SettingsError, match="write mqtt://host"):
        BrokerUrl.parse(text)


def test_url_with_a_password_is_refused_and_not_repeated() -> None:
    """Command lines are read by others."""
    with pytest.raises(SettingsError, match="PITBOARD_PASSWORD") as caught:
        BrokerUrl.parse("mqtt://me:secret@pit")

    assert "secret" not in str(caught.value)
