"""What docs/operations.md tells a person at night is true."""

import asyncio
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup, TyperOption

from pitboard import cli
from pitboard.bridge.core import Bridge
from pitboard.bridge.hub import LINGER_MS
from pitboard.bridge.metrics import exposition
from pitboard.bridge.settings import BridgeSettings
from pitboard.contract.control import HEARTBEAT_S, LOST_AFTER_S
from pitboard.contract.dialer import REFUSED_DELAY_S
from pitboard.monitoring import Retry
from pitboard.publisher.connection import ACK_WITHIN_S

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text()

# Lines of a log as the page quotes them; `...` stands for what changes.
LOG_LINES = sorted(set(re.findall(r"`((?:\[Publisher\]|\[Server\]|values are)[^`]+)`", PAGE)))


def rows(head: str) -> list[list[str]]:
    """The cells of the table whose first column is called *head*."""
    lines = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def options(command: str) -> dict[str, TyperOption]:
    """The flags of a command."""
    one = cli.command().commands[command]
    return {
        next(text for text in param.opts if text.startswith("--")): param
        for param in one.params
        if isinstance(param, TyperOption)
    }


def all_flags(group: typer.core.TyperGroup) -> set[str]:
    flags: set[str] = set()
    for command in group.commands.values():
        flags.update(text for param in command.params for text in param.opts)
        if isinstance(command, TyperGroup):
            flags |= all_flags(command)
    return flags


def code(*folders: str, suffix: str) -> str:
    """All source text of some folders."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob(f"*.{suffix}"))
    return "\n".join(path.read_text() for path in sorted(paths))


def metric_names() -> set[str]:
    async def names() -> set[str]:
        text = exposition(Bridge(BridgeSettings())).decode()
        return set(re.findall(r"^# HELP (\w+) ", text, re.MULTILINE))

    return asyncio.run(names())


def test_every_metric_is_explained_and_exists() -> None:
    told = rows("metric")

    assert {name for name, *_ in told} == metric_names()
    assert all(meaning and alarm for _, meaning, alarm in told)


def test_every_metric_that_is_named_anywhere_exists() -> None:
    assert set(re.findall(r"\bpitboard_\w+", PAGE)) <= metric_names()


def test_every_flag_of_the_monitor_is_explained_with_its_default() -> None:
    told = {flag: default for flag, default, _ in rows("flag")}
    known = options("monitor")

    assert told.keys() == known.keys()
    for flag, default in told.items():
        if isinstance(value := known[flag].default, int | float | str) and value is not True:
            assert default == (str(value) if value else "off"), flag


def test_every_setting_of_the_bridge_is_explained_with_its_default() -> None:
    told = rows("setting")
    names = [name for cells in told for name in re.findall(r"\w+", cells[0])]
    defaults = BridgeSettings()

    assert names == [field.name for field in fields(BridgeSettings)]
    for name, _, default, _ in told:
        value = getattr(defaults, name, None)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            assert default == (f"{value:g}" if not isinstance(value, str) else value), name


def test_every_flag_of_the_bridge_is_explained() -> None:
    told = {cells[1] for cells in rows("setting")} - {""}

    assert told == options("bridge").keys()


def test_every_flag_and_variable_that_is_named_exists() -> None:
    group = cli.command()
    variables = {str(param.envvar) for one in group.commands.values() for param in one.params}
    secrets = {"PITBOARD_USERNAME", "PITBOARD_PASSWORD"}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= all_flags(group)
    assert set(re.findall(r"PITBOARD_[A-Z_]+\w", PAGE)) <= variables | secrets


PAGE_TEXTS = """
import { MONITORS, TROUBLE } from "./dashboard/js/words.js";
import * as texts from "./dashboard/js/texts/page.js";

const states = ["connecting", "disconnected", "waiting", "live"];
const shown = [
  ...states.map((state) => texts.connectionText(state, null)),
  texts.connectionText("stale", { ms: 12_000, is_estimate: false }),
  texts.keptText({ at: 0, age_ms: 5000 }),
  ...Object.keys(MONITORS.states).map((state) => `Monitor ${state}`),
  ...Object.values(TROUBLE),
];
console.log(shown.join("\\n"));
"""


@pytest.mark.parametrize("line", LOG_LINES)
def test_log_line_is_one_that_the_code_writes(line: str) -> None:
    written = code("bridge", "publisher", suffix="py")
    constant = re.sub(r"^\[\w+\] ", "...", line).split("...")

    assert [part for part in constant if part not in written] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_page_texts_are_those_that_the_dashboard_shows() -> None:
    done = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=PAGE_TEXTS,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = done.stdout.splitlines()

    for text, _ in rows("the page says"):
        pattern = re.escape(text).replace(re.escape("..."), ".+")
        assert any(re.fullmatch(pattern, line) for line in shown), text


def test_times_are_those_of_the_code() -> None:
    told = [re.findall(r"\d+", after) for after, _ in rows("after")]
    retry = Retry()
    page = {
        name: int(number.replace("_", ""))
        for name, number in re.findall(
            r"const (\w+) = ([\d_]+);", code("dashboard/js", suffix="js")
        )
    }
    saved = re.search(
        r"^autosave_interval (\d+)$", (ROOT / "mosquitto.conf").read_text(), re.MULTILINE
    )

    assert page["SILENCE_MS"] == page["STALE_DATA_THRESHOLD"] == 5000
    assert saved is not None
    assert told == [
        [f"{s:g}" for s in (*(retry.delay_initial_s * n for n in (1, 2, 4)), retry.delay_max_s)],
        [f"{REFUSED_DELAY_S:g}"],
        [f"{ACK_WITHIN_S:g}"],
        [f"{HEARTBEAT_S:g}"],
        [f"{LOST_AFTER_S:g}"],
        ["5"],
        ["1", "2", "4", str(page["MAX_DELAY_MS"] // 1000)],
        [f"{BridgeSettings().stuck_after_s:g}"],
        [str(LINGER_MS // 1000)],
        [saved[1]],
    ]


def test_figures_of_the_brokers_come_from_what_exists() -> None:
    by = [cells[1] for cells in rows("behaviour")]
    measures = re.findall(
        r'^    "(\w+)": \1,$', (ROOT / "benchmarks" / "brokers.py").read_text(), re.MULTILINE
    )

    assert measures
    assert {one for one in by if "/" not in one} == set(measures)
    assert all((ROOT / one).is_file() for one in by if "/" in one)


def test_page_has_one_sentence_a_line() -> None:
    prose = [line for line in PAGE.splitlines() if re.match(r"[A-Z][^|#]*$", line)]

    assert [line for line in prose if re.search(r"[a-z)`]\. [A-Z]", line)] == []


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
    anchors = {
        title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
