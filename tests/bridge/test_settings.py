"""What the bridge can be told."""

from typing import Any

import pytest

from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.errors import SettingsError


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"broker_urls": ()}, "--broker"),
        ({"broker_urls": ("http://x",)}, "--broker"),
        ({"port": 70_000}, "--http-port"),
        ({"port": -1}, "--http-port"),
        ({"first_retry_s": float("nan")}, "first_retry_s"),
        ({"last_retry_s": -1.0}, "last_retry_s"),
        ({"join_timeout_s": 0.0}, "join_timeout_s"),
        ({"stuck_after_s": float("inf")}, "stuck_after_s"),
        ({"first_retry_s": 9.0, "last_retry_s": 2.0}, "first_retry_s"),
        ({"jitter": 1.1}, "jitter"),
        ({"only_sessions": frozenset({"A b"})}, "only_sessions"),
        ({"trusted_proxies": frozenset({"proxy.example"})}, "--trusted-proxy"),
        ({"trusted_proxies": frozenset({""})}, "--trusted-proxy"),
        ({"max_browsers": 0}, "--max-browsers"),
        ({"max_browsers_per_address": 0}, "--max-browsers-per-address"),
        ({"max_browsers_per_session": -1}, "--max-browsers-per-session"),
        ({"max_sessions": 0}, "--max-sessions"),
        ({"max_empty_sessions_per_address": 0}, "--max-empty-sessions-per-address"),
    ],
    ids=str,
)
def test_impossible_setting_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        BridgeSettings(**fields)


def test_password_is_not_shown() -> None:
    assert "hunter2" not in repr(BridgeSettings(username="u", password="hunter2"))


def test_only_named_sessions_may_be_watched() -> None:
    assert BridgeSettings().may_watch("any")
    assert BridgeSettings(only_sessions=frozenset({"a"})).may_watch("a")
    assert not BridgeSettings(only_sessions=frozenset({"a"})).may_watch("b")
