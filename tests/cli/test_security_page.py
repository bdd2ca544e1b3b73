"""What docs/security.md promises has a test, and what it tells people to type exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup

from pitboard import cli

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

    assert len(tables) == 2
    assert len(WALLS) == len("".join(tables).splitlines())


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
