"""What waits for one browser."""

import pytest

from pitboard.bridge.framing import Update
from pitboard.bridge.outbox import Outbox

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


def update(text: bytes) -> Update:
    return Update(text, b"framed " + text)


class Browser:
    """What an outbox sends past its queue."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.reads = True
        self.outbox = Outbox(send=self._take)

    def _take(self, update: Update) -> bool:
        if self.reads:
            self.taken.append(update.text)
        return self.reads


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_telemetry_passes_an_empty_queue(browser: Browser) -> None:
    has_left = browser.outbox.pass_on(update(b"t1"), A)

    assert has_left
    assert browser.taken == [b"t1"]
    assert browser.outbox.drain(0.0) == []


def test_telemetry_waits_behind_what_waits(browser: Browser) -> None:
    browser.outbox.put(b"offline")

    has_left = browser.outbox.pass_on(update(b"t1"), A)

    assert not has_left
    assert browser.taken == []
    assert browser.outbox.drain(0.0) == [b"offline", b"t1"]


def test_telemetry_of_a_browser_with_a_rate_waits_for_its_turn(browser: Browser) -> None:
    browser.outbox.limit("spa", 2.0)

    browser.outbox.pass_on(update(b"t1"), A)

    assert browser.taken == []
    assert browser.outbox.drain(0.0) == [b"t1"]


def test_telemetry_waits_while_the_browser_does_not_read(browser: Browser) -> None:
    browser.reads = False
    browser.outbox.pass_on(update(b"t1"), A)
    browser.reads = True

    browser.outbox.pass_on(update(b"t2"), A)

    assert browser.taken == []
    assert browser.outbox.drain(0.0) == [b"t2"]


def test_failure_of_one_browser_is_kept_from_the_next(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_update: Update) -> bool:
        raise OSError("broken")

    outbox = Outbox(send=fail)

    assert not outbox.pass_on(update(b"t1"), A)
    assert outbox.drain(0.0) == [b"t1"]
    assert "telemetry not sent" in caplog.text
