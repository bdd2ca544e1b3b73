"""`pitboard bridge --workers`: several processes that are one bridge to everybody else."""

import asyncio
import contextlib
import http.client
import re
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.bridge.support import Browser, Publisher, browsing, stalling
from tests.brokers import TIMEOUT_S, Mosquitto, free_port, has_mosquitto
from tests.cli.running import Pitboard, the_line
from tests.waiting import eventually

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not psutil.LINUX, reason="only Linux shares a port between processes"),
    pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed"),
]

WORKERS = 2

# Each is a Python that loads all of the bridge.
START_WITHIN_S = WORKERS * TIMEOUT_S
STOPS_WITHIN_S = 0.5 * TIMEOUT_S

# Larger together than what lies between the bridge and a browser that does not read.
BULK = {"category": {f"setting {n}": "x" * 64 for n in range(300)}}


class Team:
    """A parent and its workers, as the system and browsers see them.

    Attributes:
        temporary: The folder in which they make their own.
    """

    def __init__(self, process: Pitboard, url: str, temporary: Path) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self.temporary = temporary

    @property
    def workers(self) -> set[int]:
        """The processes that are there to serve."""
        children = psutil.Process(self.process.pid).children()
        return {child.pid for child in children if "spawn_main" in " ".join(child.cmdline())}

    def worker_at(self, local_port: int) -> int:
        """The process that serves the connection from *local_port*."""
        for pid in self.workers:
            for each in psutil.Process(pid).net_connections("tcp"):
                if tuple(each.raddr)[1:] == (local_port,):
                    return pid
        raise AssertionError(f"nobody serves {local_port}")

    def worker_of(self, browser: Browser) -> int:
        return self.worker_at(browser.connection.local_address[1])

    def connection_to(self, worker: int) -> http.client.HTTPConnection:
        """A connection that this worker has taken, for a request within 5 s."""
        for _ in range(50):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
            said(connection, "/livez")
            if self.worker_at(connection.sock.getsockname()[1]) == worker:
                return connection
            connection.close()
        raise AssertionError(f"no connection comes to {worker}")

    def numbers(self, worker: int) -> dict[str, float]:
        """What this worker answers with."""
        with contextlib.closing(self.connection_to(worker)) as connection:
            return numbers_on(connection)

    async def until_all_answer(self) -> None:
        """Return when new workers have taken the places of those that died."""

        def is_whole() -> bool:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
            with contextlib.closing(connection):
                count = numbers_on(connection)["pitboard_workers"]
            return count == len(self.workers) == WORKERS

        await asyncio.to_thread(eventually, is_whole)


def said(connection: http.client.HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def numbers_on(connection: http.client.HTTPConnection) -> dict[str, float]:
    """The samples of `/metrics`, by name and labels' values."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(said(connection, "/metrics"))
        for sample in family.samples
    }


@asynccontextmanager
async def working(home: Path, url: str) -> AsyncIterator[Team]:
    line = ["bridge", "--workers", str(WORKERS), "--broker", url, "--port", "0"]
    # A socket's path is short, and a test's folder is not.
    with (
        tempfile.TemporaryDirectory() as folder,
        Pitboard(home, *line, TMPDIR=folder) as process,
    ):
        page = await asyncio.to_thread(process.out.line, "http://", START_WITHIN_S)
        yield Team(process, page.strip(), Path(folder))


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
async def publisher(broker: Mosquitto) -> AsyncIterator[Publisher]:
    async with Publisher(broker.url) as publisher:
        yield publisher


@pytest.fixture
async def team(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[Team]:
    async with working(tmp_path, broker.url) as team:
        yield team


async def spread(stack: AsyncExitStack, team: Team) -> dict[int, list[Browser]]:
    """Browsers that have joined, by their workers; every worker has one at least."""
    found: dict[int, list[Browser]] = {pid: [] for pid in team.workers}
    assert len(found) == WORKERS
    for _ in range(50):
        browser = await stack.enter_async_context(browsing(team))
        await browser.join()
        found[team.worker_of(browser)].append(browser)
        if all(found.values()):
            return found
    raise AssertionError(f"all browsers came to one worker: {found}")


def all_of(found: dict[int, list[Browser]]) -> list[Browser]:
    return [browser for browsers in found.values() for browser in browsers]


async def test_browsers_of_all_workers_see_live_telemetry_and_metrics_add_up(
    team: Team, publisher: Publisher
) -> None:
    async with AsyncExitStack() as stack:
        browsers = all_of(await spread(stack, team))
        for seq in range(1, 4):
            await publisher.publish("telemetry", seq, retain=False)
            await asyncio.gather(*(browser.update("telemetry", seq) for browser in browsers))

        answers = [await asyncio.to_thread(team.numbers, pid) for pid in team.workers]

    for numbers in answers:
        assert numbers["pitboard_workers"] == WORKERS
        assert numbers["pitboard_upstream_connected"] == 1
        assert numbers["pitboard_browsers"] == len(browsers)
        assert numbers["pitboard_sessions"] == WORKERS
        assert numbers["pitboard_messages_in_total telemetry"] == 3 * WORKERS
        assert numbers["pitboard_ingest_to_write_seconds_count"] == 3 * WORKERS
        assert numbers["pitboard_ingest_to_write_seconds_bucket +Inf"] == 3 * WORKERS


async def test_killed_worker_is_replaced_and_the_browsers_of_others_do_not_notice(
    team: Team, publisher: Publisher
) -> None:
    async with AsyncExitStack() as stack:
        found = await spread(stack, team)
        victim, survivor = found
        for seq in range(1, 11):
            await publisher.publish("setup", seq)
        await asyncio.gather(*(each.update("setup", 10) for each in all_of(found)))
        before = await asyncio.to_thread(team.numbers, survivor)
        psutil.Process(victim).kill()
        for browser in found[victim]:
            assert await browser.closed() == 1006
            again = await stack.enter_async_context(browsing(team))
            await again.join()
            found[survivor].append(again)
        await publisher.publish("telemetry", 2, retain=False)
        await asyncio.gather(*(each.update("telemetry", 2) for each in found[survivor]))

        await team.until_all_answer()
        replaced = await spread(stack, team)
        await publisher.publish("telemetry", 3, retain=False)
        everybody = [*found[survivor], *all_of(replaced)]
        await asyncio.gather(*(each.update("telemetry", 3) for each in everybody))
        after = await asyncio.to_thread(team.numbers, survivor)

    assert before["pitboard_messages_in_total setup"] == 10 * WORKERS
    assert after["pitboard_messages_in_total setup"] >= 10 * WORKERS
    assert victim not in replaced
    assert survivor in replaced
    log = team.process.err.line(f"pid={victim}")
    assert "was ended by SIGKILL, starting it again in 0.0s" in log


async def test_worker_that_dies_again_is_waited_for(team: Team) -> None:
    """A worker that cannot live must not keep the machine busy with its starts."""
    victim, healthy = team.workers
    for wait_s in (0, 1):
        psutil.Process(victim).kill()
        log = await asyncio.to_thread(team.process.err.line, f"pid={victim}")
        said = re.search(r"again in ([\d.]+)s", log)
        assert said is not None
        assert wait_s * 0.8 <= float(said[1]) <= wait_s * 1.2
        await team.until_all_answer()
        (victim,) = team.workers - {healthy}


async def test_worker_that_is_terminated_sends_its_browsers_away_and_is_replaced(
    team: Team,
) -> None:
    async with AsyncExitStack() as stack:
        found = await spread(stack, team)
        leaving, _ = found
        psutil.Process(leaving).terminate()

        assert {await browser.closed() for browser in found[leaving]} == {1012}
        await team.until_all_answer()


async def test_worker_that_hangs_is_left_out_of_the_numbers_and_killed_at_the_end(
    team: Team, publisher: Publisher
) -> None:
    async with AsyncExitStack() as stack:
        found = await spread(stack, team)
        hung, healthy = found
        # New ones might be dealt out to the worker that hangs, and wait for it.
        connection = await asyncio.to_thread(team.connection_to, healthy)
        stack.enter_context(contextlib.closing(connection))
        psutil.Process(hung).suspend()
        began = time.monotonic()
        asked = asyncio.create_task(asyncio.to_thread(numbers_on, connection))
        for seq in range(1, 4):
            await publisher.publish("telemetry", seq, retain=False)
            await asyncio.gather(*(each.update("telemetry", seq) for each in found[healthy]))

        numbers = await asked
        assert time.monotonic() - began < 0.3 * TIMEOUT_S
        assert numbers["pitboard_workers"] == 1
        assert numbers["pitboard_sessions"] == 1

        team.process.send_interrupt()
        code, _, err = await asyncio.to_thread(team.process.ended)

    assert code == 130
    assert not psutil.pid_exists(hung)
    assert "does not end, killed" in err


async def test_parent_that_is_killed_takes_its_workers_along(team: Team) -> None:
    async with AsyncExitStack() as stack:
        browsers = all_of(await spread(stack, team))
        processes = [psutil.Process(pid) for pid in team.workers]
        team.process.kill()

        assert {await browser.closed() for browser in browsers} == {1012}
        gone, left = await asyncio.to_thread(psutil.wait_procs, processes, TIMEOUT_S)

    assert (len(gone), left) == (WORKERS, [])
    assert list(team.temporary.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", team.port), TIMEOUT_S)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 0, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
    ],
)
async def test_all_workers_stop_in_time_though_some_browsers_do_not_read(
    team: Team, publisher: Publisher, number: signal.Signals, code: int
) -> None:
    async with AsyncExitStack() as stack:
        stuck = [await stack.enter_async_context(stalling(team)) for _ in range(2 * WORKERS)]
        browsers = all_of(await spread(stack, team))
        worker = team.worker_of(browsers[0])
        waiting = 0.0
        for seq in range(1, 200):
            await publisher.publish("setup", seq, setup=BULK, retain=False)
            await asyncio.gather(*(browser.update("setup", seq) for browser in browsers))
            numbers = await asyncio.to_thread(team.numbers, worker)
            before, waiting = waiting, numbers["pitboard_outbox_frames"]
            if waiting - before >= len(stuck):
                break
        assert waiting >= len(stuck)

        processes = [psutil.Process(pid) for pid in team.workers]
        began = time.monotonic()
        psutil.Process(team.process.pid).send_signal(number)

        assert {await browser.closed() for browser in browsers} == {1012}
        outcome = await asyncio.to_thread(team.process.ended)
        assert time.monotonic() - began < STOPS_WITHIN_S
    assert outcome.code == code
    assert "killed" not in outcome.err
    assert psutil.wait_procs(processes, TIMEOUT_S)[1] == []
    assert list(team.temporary.iterdir()) == []


async def test_port_is_taken_for_everybody_else(team: Team, tmp_path: Path) -> None:
    """The kernel alone would let every process of this user share it."""
    for more in (["--workers", "2"], []):
        with Pitboard(tmp_path, "bridge", "--port", str(team.port), *more) as other:
            code, out, err = await asyncio.to_thread(other.ended)

        assert (code, out) == (2, "")
        assert the_line(err).endswith("is already in use: choose another with --port")
    assert len(team.workers) == WORKERS


async def test_start_is_told_once(team: Team) -> None:
    team.process.send_interrupt()

    code, out, err = await asyncio.to_thread(team.process.ended)
    assert (code, out) == (130, f"{team.url}\n")
    assert err.count("[Server] Listening on") == 1


async def test_password_stands_where_no_other_process_can_read_it(tmp_path: Path) -> None:
    """Arguments and, to the same user, the environment of a process are there for all to read."""
    login = tmp_path / "login.toml"
    login.write_text('username = "bridge"\npassword = "hunter2"')
    login.chmod(0o600)
    url = f"mqtt://127.0.0.1:{free_port()}"
    line = ["bridge", "--workers", "2", "--broker", url, "--port", "0"]
    with Pitboard(tmp_path, *line, "--credentials", str(login)) as process:
        await asyncio.to_thread(process.out.line, "http://", START_WITHIN_S)
        children = psutil.Process(process.pid).children()

        assert len(children) >= WORKERS
        for child in children:
            assert "hunter2" not in " ".join(child.cmdline())
            assert "hunter2" not in child.environ().values()
