"""The limits of the bridge, told by flag, environment and file."""

import re
import urllib.request
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.core import TyperOption
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pitboard import cli as command_line
from pitboard.bridge.settings import MAX_WORKERS, BridgeSettings
from pitboard.contract.errors import SettingsError
from tests.brokers import TIMEOUT_S, free_port
from tests.cli.running import Pitboard

COMMANDS = ("bridge", "up")


@pytest.mark.parametrize("command", COMMANDS)
def test_defaults_are_those_of_the_bridge(command: str) -> None:
    defaults = asdict(BridgeSettings())
    flags = {
        str(param.name): param.default
        for param in command_line.command().commands[command].params
        if isinstance(param, TyperOption) and str(param.name).startswith("max_")
    }

    assert flags == {name: value for name, value in defaults.items() if name.startswith("max_")}


def test_workers_are_as_many_as_the_settings_allow() -> None:
    flags = command_line.command().commands["bridge"].params
    (workers,) = (param for param in flags if param.name == "workers")

    assert isinstance(workers, TyperOption)
    assert (workers.default, workers.min, workers.max) == (BridgeSettings().workers, 1, MAX_WORKERS)
    for number in (0, MAX_WORKERS + 1):
        with pytest.raises(SettingsError, match="--workers"):
            BridgeSettings(workers=number)


def counted(url: str) -> dict[str, int]:
    """What was refused so far."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/metrics", timeout=TIMEOUT_S) as answer:
        text = answer.read().decode()
    found = re.findall(r'^pitboard_refused_total\{cause="(\w+)"\} (\d+)\.0$', text, re.MULTILINE)
    return {cause: int(count) for cause, count in found if count != "0"}


def is_let_in(stack: ExitStack, url: str, address: str = "198.51.100.1") -> bool:
    """Open a browser that a proxy on this machine serves *address* with, and keep it."""
    headers = {"X-Forwarded-For": address}
    uri = f"{url.replace('http', 'ws', 1)}/ws"
    try:
        stack.enter_context(
            connect(uri, proxy=None, additional_headers=headers, open_timeout=TIMEOUT_S)
        )
    except InvalidStatus as exc:
        return exc.response.status_code != 503
    return True


@pytest.mark.system
@pytest.mark.parametrize(
    ("arguments", "variables", "file"),
    [
        pytest.param(
            "--max-browsers 3 --max-browsers-per-address 2 --trusted-proxy 127.0.0.1",
            {},
            "[bridge]\nmax-browsers = 1",
            id="flags before the file",
        ),
        pytest.param(
            "",
            {
                "PITBOARD_MAX_BROWSERS": "3",
                "PITBOARD_MAX_BROWSERS_PER_ADDRESS": "2",
                "PITBOARD_TRUSTED_PROXY": "127.0.0.1",
            },
            "",
            id="variables",
        ),
        pytest.param(
            "",
            {},
            'max-browsers = 3\nmax-browsers-per-address = 2\n[bridge]\ntrusted-proxy = "127.0.0.1"',
            id="file",
        ),
    ],
)
def test_limits_are_set(
    tmp_path: Path, arguments: str, variables: dict[str, str], file: str
) -> None:
    settings = tmp_path / "limits.toml"
    settings.write_text(file)
    broker = f"mqtt://127.0.0.1:{free_port()}"
    command = ["--config", str(settings), "bridge", "--broker", broker, "--port", "0"]
    with (
        Pitboard(tmp_path, *command, *arguments.split(), **variables) as process,
        ExitStack() as stack,
    ):
        url = process.out.line("http://").strip()

        assert [is_let_in(stack, url) for _ in range(3)] == [True, True, False]
        others = [is_let_in(stack, url, f"192.0.2.{number}") for number in range(2)]
        assert others == [True, False]
        assert counted(url) == {"browsers": 1, "browsers_per_address": 1}
