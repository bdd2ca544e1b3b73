"""The flags that several commands share."""

from pathlib import Path

import pytest

from pitboard import options
from pitboard.contract.errors import SettingsError

pytestmark = pytest.mark.usefixtures("no_login")


@pytest.fixture
def no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PITBOARD_USERNAME", "PITBOARD_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def credentials_file(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.toml"
    path.write_text('username = "me"\npassword = "hunter2"')
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("given", [None, []])
def test_broker_is_the_one_on_this_machine_unless_named(given: list[str] | None) -> None:
    assert options.broker_access(given, None).url_texts == ("mqtt://127.0.0.1:1883",)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(["mqtt://a", "mqtts://b"], id="flags"),
        pytest.param(["mqtt://a,mqtts://b"], id="comma"),
        pytest.param([" mqtt://a , mqtts://b, "], id="spaces"),
    ],
)
def test_brokers_keep_their_order(given: list[str]) -> None:
    assert options.broker_access(given, None).url_texts == ("mqtt://a:1883", "mqtts://b:8883")


@pytest.mark.parametrize("given", [[""], [","], [" ", ""]])
def test_empty_list_of_brokers_is_refused(given: list[str]) -> None:
    with pytest.raises(SettingsError, match="--broker is empty"):
        options.broker_access(given, None)


def test_values_are_listed_without_empty_ones() -> None:
    assert options.listed(["a, b", "", "c,"]) == ("a", "b", "c")
    assert options.listed(None) == ()


def test_login_comes_from_the_credentials_file(
    credentials_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    access = options.broker_access(None, credentials_file)

    assert access.link.credentials is not None
    assert access.link.credentials.username == "me"
    assert access.link.credentials.password == "hunter2"
    assert caplog.records == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_credentials_file_that_others_may_read_is_used_with_a_warning(
    credentials_file: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    credentials_file.chmod(mode)

    access = options.broker_access(None, credentials_file)

    assert access.link.credentials is not None
    assert [record.getMessage() for record in caplog.records] == [
        f"{credentials_file} can be read by others: chmod 600 it"
    ]


@pytest.mark.parametrize("value", ["a", "0", "spa24-92_x", "a" * 64])
def test_id_is_taken(value: str) -> None:
    assert options.checked_id(value, "SESSION") == value


@pytest.mark.parametrize("value", ["", "A", "-a", "a b", "a/b", "+", "#", "a\n", "ä", "a" * 65])
def test_id_that_no_topic_can_hold_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^SESSION .*use lower-case letters"):
        options.checked_id(value, "SESSION")


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        (["mqtt://pit.example"], ["pit.example"]),
        (["mqtts://pit.example", "mqtt://192.0.2.7", "mqtt://[2001:db8::1]"], ["192.0.2.7"]),
        (["mqtts://pit.example"], []),
        (["mqtt://127.0.0.1", "mqtt://localhost", "mqtt://[::1]", "mqtt://127.1.2.3"], []),
    ],
)
def test_password_that_others_can_read_on_the_way_is_told_once(
    credentials_file: Path, caplog: pytest.LogCaptureFixture, urls: list[str], said: list[str]
) -> None:
    options.broker_access(urls, credentials_file)

    assert len(caplog.records) == len(said)
    for record, host in zip(caplog.records, said, strict=True):
        assert host in record.getMessage()
        assert f"mqtts://{host}" in record.getMessage()


def test_no_password_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    options.broker_access(["mqtt://pit.example"], None)

    assert caplog.records == []


def test_file_of_trusted_certificates_must_hold_some(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    with pytest.raises(SettingsError, match=r"--ca-file .*ca\.crt: cannot be read: No such file"):
        options.broker_access(None, None, path)

    path.write_text("nothing of this kind")

    with pytest.raises(SettingsError, match=r"--ca-file .*ca\.crt: no certificates"):
        options.broker_access(None, None, path)
