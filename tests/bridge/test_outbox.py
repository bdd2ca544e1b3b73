"""What waits for one browser."""

import pytest

from pitboard.bridge.outbox import Outbox, Readers

A = ("spa", "pc-1")
B = ("spa", "pc-2")
OTHER = ("monza", "pc-1")


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


def test_slow_browser_receives_only_the_newest_telemetry(outbox: Outbox) -> None:
    for seq in range(1000):
        outbox.put(b"t%d" % seq, A)

    assert outbox.drain(0.0) == [b"t999"]


def test_telemetry_of_two_monitors_does_not_mix(outbox: Outbox) -> None:
    outbox.put(b"a1", A)
    outbox.put(b"b1", B)
    outbox.put(b"o1", OTHER)
    outbox.put(b"a2", A)

    assert outbox.drain(0.0) == [b"b1", b"o1", b"a2"]


def test_telemetry_never_pushes_out_a_status_change(outbox: Outbox) -> None:
    """Losing `offline` would leave a dead car on screen as live."""
    outbox.put(b"t1", A)
    outbox.put(b"offline")
    outbox.put(b"t2", A)

    assert outbox.drain(0.0) == [b"offline", b"t2"]


def test_everything_but_telemetry_leaves_in_order(outbox: Outbox) -> None:
    sent = [b"%d" % number for number in range(500)]
    for frame in sent:
        outbox.put(frame)

    assert outbox.drain(0.0) == sent
    assert outbox.drain(0.0) == []


def test_browser_is_behind_by_frames() -> None:
    outbox = Outbox(max_frames=2)
    outbox.put(b"1")
    outbox.put(b"2")
    assert not outbox.is_behind

    outbox.put(b"3")

    assert outbox.is_behind


def test_browser_is_behind_by_bytes_until_they_are_taken() -> None:
    outbox = Outbox(max_bytes=10)
    outbox.put(b"x" * 11)
    assert outbox.is_behind

    outbox.drain(0.0)

    assert not outbox.is_behind


def test_telemetry_never_puts_a_browser_behind() -> None:
    outbox = Outbox(max_bytes=10, max_frames=1)
    for _ in range(100):
        outbox.put(b"x" * 1000, A)

    assert not outbox.is_behind


def test_rate_holds_telemetry_back_but_nothing_else(outbox: Outbox) -> None:
    outbox.limit("spa", 2)
    outbox.put(b"t1", A)
    assert outbox.drain(10.0) == [b"t1"]
    outbox.put(b"t2", A)
    outbox.put(b"status")
    outbox.put(b"o1", OTHER)

    assert outbox.drain(10.1) == [b"status", b"o1"]
    assert outbox.next_due() == 10.5
    assert outbox.drain(10.5) == [b"t2"]
    assert outbox.next_due() is None


def test_rate_is_kept_though_the_sender_wakes_late(outbox: Outbox) -> None:
    """Counting from each late send would turn 10 Hz into 9."""
    outbox.limit("spa", 10)
    outbox.put(b"t", A)
    outbox.drain(10.0)
    dues: list[float | None] = []
    for turn in range(1, 6):
        outbox.put(b"t", A)
        dues.append(outbox.next_due())
        assert outbox.drain(10.0 + turn * 0.1 + 0.02) == [b"t"]

    assert dues == pytest.approx([10.1, 10.2, 10.3, 10.4, 10.5])


def test_browser_that_idled_gets_no_burst(outbox: Outbox) -> None:
    outbox.limit("spa", 10)
    for now in (10.0, 99.0):
        outbox.put(b"t", A)
        assert outbox.drain(now) == [b"t"]

    outbox.put(b"t", A)

    assert outbox.next_due() == pytest.approx(99.1)


def test_two_monitors_of_a_session_take_the_same_turn(outbox: Outbox) -> None:
    outbox.limit("spa", 1)
    outbox.put(b"a1", A)
    outbox.put(b"b1", B)
    assert outbox.drain(10.0) == [b"a1", b"b1"]

    outbox.put(b"a2", A)
    outbox.put(b"b2", B)

    assert outbox.drain(10.9) == []
    assert outbox.drain(11.0) == [b"a2", b"b2"]


def test_new_rate_counts_from_the_last_turn(outbox: Outbox) -> None:
    outbox.limit("spa", 1)
    outbox.put(b"t", A)
    outbox.drain(10.0)
    outbox.put(b"t", A)

    outbox.limit("spa", 4)

    assert outbox.next_due() == pytest.approx(10.25)


def test_lifted_rate_lets_waiting_telemetry_go(outbox: Outbox) -> None:
    outbox.limit("spa", 1)
    outbox.put(b"t1", A)
    outbox.drain(10.0)
    outbox.put(b"t2", A)

    outbox.limit("spa", None)
    outbox.limit("spa", None)

    assert outbox.drain(10.0) == [b"t2"]


def test_forgotten_session_leaves_no_telemetry_and_no_rate(outbox: Outbox) -> None:
    outbox.limit("spa", 1)
    outbox.put(b"a", A)
    outbox.put(b"o", OTHER)
    outbox.put(b"status")

    outbox.forget("spa")
    outbox.put(b"a2", A)
    outbox.put(b"a3", A)

    assert outbox.drain(0.0) == [b"o", b"status", b"a3"]


def test_telemetry_of_one_monitor_is_discarded(outbox: Outbox) -> None:
    outbox.put(b"a", A)
    outbox.put(b"b", B)

    outbox.discard("spa", "pc-1")

    assert outbox.drain(0.0) == [b"b"]


def test_sender_is_woken_once_for_telemetry_that_waits() -> None:
    """A browser at 1 Hz would else be woken 60 times a second."""
    woken = []
    outbox = Outbox(lambda: woken.append(1))

    for _ in range(10):
        outbox.put(b"t", A)
    assert len(woken) == 1
    outbox.put(b"status")

    assert len(woken) == 2


@pytest.fixture
def readers() -> Readers:
    return {}


def write(_frames: bytes) -> None:
    """A browser's."""


@pytest.fixture
def reading(readers: Readers) -> Outbox:
    """Of a browser that reads, and is enlisted in `readers`."""
    outbox = Outbox(write=write)
    outbox.enlist(readers)
    outbox.drain(0.0)
    return outbox


def test_browser_that_reads_is_enlisted_with_its_way(reading: Outbox, readers: Readers) -> None:
    late: Readers = {}
    reading.enlist(late)

    assert readers == late == {reading: write}


def test_browser_is_not_enlisted_before_it_can_read(readers: Readers) -> None:
    Outbox(write=write).enlist(readers)

    assert readers == {}


def test_browser_without_a_way_past_the_queue_is_never_enlisted(readers: Readers) -> None:
    outbox = Outbox()
    outbox.enlist(readers)
    outbox.drain(0.0)

    assert readers == {}


@pytest.mark.parametrize("lane", [None, A])
def test_nothing_passes_what_waits(
    reading: Outbox, readers: Readers, lane: tuple[str, str] | None
) -> None:
    reading.put(b"waits", lane)
    assert readers == {}

    assert reading.drain(0.0) == [b"waits"]

    assert readers == {reading: write}


def test_telemetry_of_a_browser_with_a_rate_waits_for_its_turn(
    reading: Outbox, readers: Readers
) -> None:
    reading.limit("spa", 2.0)
    reading.drain(0.0)
    assert readers == {}

    reading.limit("spa", None)
    reading.drain(0.0)

    assert readers == {reading: write}


def test_browser_that_leaves_its_session_with_a_rate_has_none(
    reading: Outbox, readers: Readers
) -> None:
    reading.limit("spa", 2.0)
    reading.forget("spa")
    reading.drain(0.0)

    assert readers == {reading: write}


def test_browser_that_does_not_read_waits_for_the_next_drain(
    reading: Outbox, readers: Readers
) -> None:
    reading.hold()
    assert readers == {}

    reading.drain(0.0)

    assert readers == {reading: write}


def test_delisted_browser_does_not_come_back(reading: Outbox, readers: Readers) -> None:
    reading.delist(readers)
    reading.hold()
    reading.drain(0.0)

    assert readers == {}


def test_newest_of_what_came_together_waits(reading: Outbox) -> None:
    reading.put_newest([b"t1", b"t2", b"t3"], A)

    assert reading.drain(0.0) == [b"t3"]
    assert reading.conflated == 2
