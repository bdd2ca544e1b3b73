"""No lap is lost, sent twice or renumbered, whatever dies or fills up, on both kinds of broker."""

import random
from pathlib import Path

from pitboard.contract.messages import LapRow
from pitboard.publisher.memory import key_of
from tests.cli.running import Pitboard
from tests.disks import SmallDisk, small_disk
from tests.proxy import Proxy
from tests.system.crew import QUICK, Broker, monitor, on_disk, watching
from tests.waiting import eventually

CONNECTED = "[Publisher] Connected to"


def test_laps_driven_without_a_broker_survive_a_kill_and_arrive_once_and_in_order(
    broker: Broker, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    with watching(broker) as crew, Proxy(broker.port) as proxy:
        with monitor(tmp_path, proxy.url) as first:
            crew.until(lambda: len(crew.rows) >= 3)
            proxy.cut()
            first.err.line("[Publisher] Connection failed")
            eventually(lambda: len(on_disk(folder).unsent) >= 3)
            first.kill()
        saved = on_disk(folder)
        with monitor(tmp_path, proxy.url) as second:
            second.err.line("[Publisher] Connection failed")
            eventually(lambda: len(on_disk(folder).laps) >= len(saved.laps) + 3)
            proxy.restore()
            crew.until(lambda: len(crew.rows) >= len(saved.laps) + 6)
            assert second.interrupt() == 130
        end = on_disk(folder)
        crew.until_state("offline")

    assert end.laps[: len(saved.laps)] == saved.laps
    assert {row.run for row in saved.laps} == {1}
    assert {row.run for row in end.laps[len(saved.laps) :]} == {2}
    assert set(map(key_of, saved.unsent)) <= set(crew.laps)
    assert [crew.rows[key] for key in sorted(crew.rows)] == end.laps
    crew.check()


def test_laps_survive_kills_at_any_moment(broker: Broker, tmp_path: Path) -> None:
    """A lap is on disk before anybody hears of it."""
    folder = tmp_path / "state"
    moments = random.Random(15)
    saved: list[LapRow] = []
    with watching(broker) as crew:
        for _ in range(15):
            with monitor(tmp_path, broker.url) as process:
                process.err.line("publishing session=")
                if moments.random() < 0.8:
                    process.err.line(CONNECTED)
                    laps = len(crew.rows) + moments.randrange(4)
                    crew.until(lambda: len(crew.rows) >= laps)  # noqa: B023 - used at once
                    for _ in range(moments.randrange(8)):
                        crew.hear()
                process.kill()
            now = on_disk(folder).laps
            assert now[: len(saved)] == saved
            assert {key_of(row): row for row in now}.items() >= crew.rows.items()
            saved = now
        with monitor(tmp_path, broker.url) as process:
            crew.until(lambda: len(crew.rows) >= len(saved) + 3)
            assert process.interrupt() == 130
        crew.until_state("offline")

    assert crew.has(saved)
    assert len({row.run for row in saved}) >= 5, "too few of them drove"
    assert [crew.rows[key] for key in sorted(crew.rows)] == on_disk(folder).laps
    crew.check()


def fill(disk: SmallDisk, process: Pitboard) -> None:
    """Again and again: a save that is on its way leaves the room of the old file."""

    def is_told() -> bool:
        disk.fill()
        return any("which is full" in line for line in process.err.lines)

    eventually(is_told)


def test_laps_that_do_not_fit_on_the_disk_are_sent_and_saved_later(
    broker: Broker, tmp_path: Path
) -> None:
    """A driver's disk is full in the middle of the race: the crew must not notice."""
    with (
        small_disk(tmp_path / "disk") as disk,
        watching(broker) as crew,
        Proxy(broker.port) as proxy,
        monitor(tmp_path, proxy.url, disk.path) as process,
    ):
        crew.until(lambda: len(crew.rows) >= 2)
        fill(disk, process)
        saved = len(on_disk(disk.path).laps)
        crew.until(lambda: len(crew.rows) >= saved + 5)

        # Without a broker they are in memory only.
        proxy.cut()
        process.err.line("[Publisher] Connection failed")
        known = len(crew.rows)
        proxy.restore()
        crew.until(lambda: len(crew.rows) >= known + 3)
        assert len(on_disk(disk.path).laps) == saved

        disk.clear()
        process.err.line("[Publisher] Laps are kept on disk again")
        crew.until(lambda: crew.has(on_disk(disk.path).laps))
        assert len(on_disk(disk.path).laps) > known
        assert process.interrupt() == 130
        assert process.err.rest().count("which is full") == 1
        crew.until_state("offline")

    crew.check()


def test_laps_of_a_full_disk_are_read_back_by_the_next_process(
    broker: Broker, tmp_path: Path
) -> None:
    """The file is old, yet the numbers of the laps that only the broker has are not used again."""
    with small_disk(tmp_path / "disk") as disk, watching(broker) as crew:
        with monitor(tmp_path, broker.url, disk.path) as first:
            crew.until(lambda: len(crew.rows) >= 2)
            fill(disk, first)
            saved = len(on_disk(disk.path).laps)
            crew.until(lambda: len(crew.rows) >= saved + 3)
            first.kill()
        disk.clear()
        crew.until_state("lost")
        known = dict(crew.rows)
        with monitor(tmp_path, broker.url, disk.path) as second:
            crew.until(lambda: len(crew.rows) >= len(known) + 3)
            assert second.interrupt() == 130
        laps = on_disk(disk.path).laps
        crew.until_state("offline")

    assert laps[: len(known)] == [known[key] for key in sorted(known)]
    # The table had left and perhaps the event had not: no file tells.
    crew.check(may_lack_events=True)


def test_laps_of_a_torn_state_file_are_read_back(broker: Broker, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    path = folder / "session-spa24.pc-1.json"
    with watching(broker) as crew:
        with monitor(tmp_path, broker.url) as process:
            crew.until(lambda: len(crew.rows) >= 3)
            assert process.interrupt() == 130
        for tear in (nothing, half, zeros, noise):
            crew.until_state("offline")
            known = [crew.rows[key] for key in sorted(crew.rows)]
            for torn in (path, folder / "identity.json"):
                torn.write_bytes(tear(torn.read_bytes()))
            # Neither --session nor --monitor tell it who it is.
            command = ("monitor", "--broker", broker.url, "--state-dir", str(folder), *QUICK)
            with Pitboard(tmp_path, *command) as process:
                crew.until(lambda: len(crew.rows) >= len(known) + 3)  # noqa: B023 - used at once
                assert "kept as session-spa24.pc-1.damaged" in process.err.line(str(path))
                assert process.interrupt() == 130
            assert on_disk(folder).laps[: len(known)] == known

        crew.until_state("offline")
    crew.check()


def nothing(_data: bytes) -> bytes:
    return b""


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def zeros(data: bytes) -> bytes:
    return bytes(len(data))


def noise(data: bytes) -> bytes:
    return random.Random(1).randbytes(len(data))
