"""What the README tells people to type works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker.clients import Messages
from tests.brokers import TIMEOUT_S, EmbeddedInThread

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands(program: str) -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines += re.findall(rf"`({program} [^`]+)`", README)
    words = [shlex.split(line, comments=True) for line in lines]
    return [line for line in words if line and line[0] == program]


@pytest.mark.parametrize("command", commands("pitboard"), ids=" ".join)
def test_command_of_the_readme_exists_with_its_flags(command: list[str]) -> None:
    arguments = command[1:]
    help_text = subprocess.run(
        [sys.executable, "-m", "pitboard", arguments[0], "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    for flag in (word for word in arguments if word.startswith("-")):
        assert flag in help_text


@pytest.mark.parametrize("command", commands("make"), ids=" ".join)
def test_target_of_the_readme_exists(command: list[str]) -> None:
    assert re.search(rf"^{command[1]}:", MAKEFILE, re.MULTILINE)


@pytest.mark.system
def test_program_of_the_readme_publishes(tmp_path: Path) -> None:
    (program,) = blocks("python")
    with EmbeddedInThread() as broker:
        reader = Messages(broker)
        reader.subscribe("pitboard/v1/spa24/#")
        code = program.replace("mqtt://127.0.0.1", broker.url)
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            timeout=TIMEOUT_S,
            env={"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        )
        channels = {reader.next().topic.rsplit("/", 1)[1] for _ in range(5)}
        reader.close()

    assert {"setup", "telemetry", "status"} <= channels


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_link_of_the_readme_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
