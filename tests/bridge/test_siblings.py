"""What processes on one port tell each other, and what becomes of those that are silent."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pitboard.bridge import siblings
from pitboard.bridge.metrics import Numbers
from pitboard.bridge.siblings import Siblings
from tests.brokers import TIMEOUT_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for the address of a socket."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def counted(count: int) -> Numbers:
    return {"frames": [("frames_total", {}, count)], "workers": [("workers", {}, 1)]}


async def test_whoever_is_asked_says_the_same(folder: Path) -> None:
    team = [Siblings(folder, number, 3) for number in (1, 2, 3)]
    async with AsyncExitStack() as stack:
        for count, one in zip((1, 20, 300), team, strict=True):
            await stack.enter_async_context(one.answering(partial(counted, count)))

        answers = [await one.numbers() for one in team]

    assert answers == [{"frames": [("frames_total", {}, 321)], "workers": [("workers", {}, 3)]}] * 3


async def test_silent_and_absent_ones_are_left_out_in_time(folder: Path) -> None:
    """The page of numbers is needed most when a process is in trouble."""
    over = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"frames": 7}')
        writer.close()

    silent = [await asyncio.start_unix_server(hang, folder / f"{n}.sock") for n in (2, 3, 4)]
    broken = await asyncio.start_unix_server(babble, folder / "5.sock")
    asked, good = Siblings(folder, 1, 7), Siblings(folder, 7, 7)
    async with asked.answering(lambda: counted(1)), good.answering(lambda: counted(20)):
        began = time.monotonic()
        found = await asked.numbers()
        took_s = time.monotonic() - began
    over.set()
    for server in (*silent, broken):
        server.close()

    assert found == {"frames": [("frames_total", {}, 21)], "workers": [("workers", {}, 2)]}
    assert siblings.WITHIN_S <= took_s < siblings.WITHIN_S + 0.1 * TIMEOUT_S


async def test_counters_never_fall_when_a_process_is_gone_or_begins_anew(folder: Path) -> None:
    """Prometheus would take it for a restart of all, and count everything once more."""
    one = Siblings(folder, 1, 2)
    async with one.answering(lambda: counted(1)):
        async with Siblings(folder, 2, 2).answering(lambda: counted(20)):
            pass
        without = await one.numbers()
        async with Siblings(folder, 2, 2).answering(lambda: counted(300)):
            again = await one.numbers()
        later = await one.numbers()

    assert without == {"frames": [("frames_total", {}, 21)], "workers": [("workers", {}, 1)]}
    assert again == {"frames": [("frames_total", {}, 321)], "workers": [("workers", {}, 2)]}
    assert later["frames"] == again["frames"]


@pytest.mark.parametrize("text", [b"", b"{", b'{"frames": 7}'])
async def test_damaged_file_counts_as_nothing(folder: Path, text: bytes) -> None:
    for name in ("1.json", "2.json"):
        (folder / name).write_bytes(text)
    one = Siblings(folder, 1, 2)
    async with one.answering(lambda: counted(1)):
        assert await one.numbers() == counted(1)


async def test_numbers_are_told_though_they_cannot_be_kept(folder: Path) -> None:
    (folder / "1.json").mkdir()
    one = Siblings(folder, 1, 1)
    async with one.answering(lambda: counted(1)):
        assert await one.numbers() == counted(1)


async def test_process_works_though_it_cannot_be_asked(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Cleaners of temporary folders do not know what is still needed."""
    one = Siblings(folder, 1, 2)
    away = Siblings(folder / "gone", 2, 2)
    async with one.answering(lambda: counted(1)), away.answering(lambda: counted(20)):
        assert await one.numbers() == counted(1)

    assert "numbers are missing on /metrics: " in caplog.text
