"""What docs/security.md promises has a test, and what it tells people to type exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup

from pitboard import cli
from pitboard.broker import guard
from pitboard.broker.exchange import FILTER_BYTES, MAX_SUBSCRIPTIONS
from pitboard.broker.filters import MAX_LEVELS
from pitboard.broker.packets import MAX_CONNECT_BYTES, MAX_PACKET_BYTES
from pitboard.broker.peer import BACKLOG_BYTES, UNACKED_BYTES, UNACKED_MAX
from pitboard.broker.retained import ALL_BYTES, ALL_VALUES, SESSION_BYTES, SESSION_VALUES
from pitboard.broker.throttle import FAILURES, WINDOW_S

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
WALLS = re.findall(r"^\| (.+) \| (`tests/.+`) \|$", PAGE, re.MULTILINE)

BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"pitboard [^)>\n]+", "".join(BLOCKS)) + re.findall(
    r"`(pitboard [^`]+)`", PAGE
)


@pytest.mark.parametrize(("wall", "tests"), WALLS, ids=[wall for wall, _ in WALLS])
def test_wall_is_held_by_tests_that_exist(wall: str, tests: str) -> None:
    for held_by in re.findall(r"`([^`]+)`", tests):
        path, _, name = held_by.partition("::")
        source = (ROOT / path).read_text()
        assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE) or not name, wall


def test_each_line_of_a_table_names_a_test() -> None:
    tables = re.findall(r"^\|.* held by \|\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)

    assert len(tables) == 3
    assert len(WALLS) == len("".join(tables).splitlines())


def limits_of(head: str) -> dict[str, str]:
    """The limits below a heading, with their defaults."""
    section = PAGE.partition(f"\n## {head}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)[1:])


@pytest.mark.parametrize(
    ("limit", "default"),
    [
        ("first packet", f"a CONNECT of at most {MAX_CONNECT_BYTES:,} bytes"),
        ("time to the whole CONNECT", f"{guard.CONNECT_WITHIN_S:g} s,"),
        ("version of MQTT", "3.1.1"),
        ("failed logins of one address", f"{FAILURES} in {WINDOW_S:g} s"),
        ("connections in all", f"{guard.MAX_CONNECTIONS},"),
        ("packets that break MQTT", "0"),
        ("size of a packet after its CONNECT", f"{MAX_PACKET_BYTES // 1024} KiB,"),
        ("topics of a message", "its user's,"),
        ("topics of a subscription", "its user's,"),
        ("subscriptions of one client", f"{MAX_SUBSCRIPTIONS}, with {FILTER_BYTES // 1024} KiB"),
        ("levels of a topic or filter", f"{MAX_LEVELS}"),
        (
            "retained values of one session",
            f"{SESSION_VALUES:,}, {SESSION_BYTES // 1024**2} MiB;",
        ),
        ("retained values in all", f"{ALL_VALUES:,}, {ALL_BYTES // 1024**2} MiB"),
        ("bytes that a client does not read", f"{BACKLOG_BYTES // 1024**2} MiB"),
        (
            "messages at QoS 1 that a client does not acknowledge",
            f"{UNACKED_MAX:,}, {UNACKED_BYTES // 1024**2} MiB",
        ),
        ("time for what was written to leave", f"{guard.WRITE_WITHIN_S:g} s"),
        ("silence", f"{guard.KEEPALIVE_FACTOR} times the keepalive"),
    ],
)
def test_limit_of_the_embedded_broker_is_the_one_of_the_code(limit: str, default: str) -> None:
    assert limits_of("Limits of the embedded broker")[limit].startswith(default)


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_command_of_the_page_exists_with_its_flags(line: str) -> None:
    command: object = cli.command()
    flags: set[str] = set()
    for word in shlex.split(line)[1:]:
        if isinstance(command, TyperGroup) and word in command.commands:
            command = command.commands[word]
            flags |= {text for param in command.params for text in param.opts}
        elif word.startswith("--"):
            assert word in flags
    assert command is not cli.command()
