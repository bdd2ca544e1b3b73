import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console

from pitboard.board import board
from pitboard.contract.backoff import Backoff
from pitboard.contract.errors import LinkLost
from pitboard.contract.topics import Channel
from pitboard.picture import Watcher
from pitboard.watch import watch
from pitboard.words import clean, duration_words, gear, lap_time, number
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.cli.car import SESSION, Car, access_to, laps, payload, speaking, telemetry, topic
from tests.waiting import eventually

Broker = EmbeddedInThread | Mosquitto

# The watcher's clock.
NOW_MS = 1_781_376_127_512


def console(*, is_terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=100, height=50, force_terminal=is_terminal)


def shown(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def painted(watcher: Watcher, after_s: float = 0.0) -> str:
    on = console()
    on.print(board(watcher.picture(NOW_MS + round(after_s * 1000))))
    return "\n".join(" ".join(line.split()) for line in shown(on).splitlines())


class Sender:
    """Feeds a watcher."""

    def __init__(self) -> None:
        self.watcher = Watcher(SESSION)

    def say(self, channel: Channel, *, retained: bool = False, **fields: Any) -> None:
        monitor_id = fields.get("monitor_id", "pc-1")
        name = "laps/0" if channel is Channel.LAPS else str(channel)
        data = payload(channel, now_ms=NOW_MS, **fields)
        self.watcher.take(topic(name, monitor_id=monitor_id), data, retained, NOW_MS)


@pytest.fixture
def sender() -> Sender:
    return Sender()


def test_board_shows_the_car(sender: Sender) -> None:
    sender.say(
        Channel.META, units={}, car="Porsche 911", car_number="92", track="Spa", session_type="race"
    )
    sender.say(Channel.STATUS, state="online", in_control=True, driver="Driver One")
    sender.say(
        Channel.TELEMETRY,
        telemetry=telemetry(
            fuel_capacity=90.0,
            speed=214.6,
            gear=5,
            rpm=7312.0,
            last_lap_time=139.482,
            tire_temps={"fl": 88.2, "fr": 91.7},
            tire_compounds={"fl": "medium"},
        ),
    )
    sender.say(Channel.SETUP, revision=3, captured_at="2026-06-13T18:42:07.512Z", setup={})

    text = painted(sender.watcher, 1.5)

    for expected in (
        "Porsche 911 · #92",
        "Spa · race driver Driver One",
        "on track, data 1 s old",
        "fuel 42.3 L speed 215 km/h",
        "tank 47 % gear 5",
        "rpm 7312",
        "position P7",
        "last lap 2:19.482",
        "FL 88 – – – medium",
        "FR 92 – – – –",
        "setup revision 3, captured 2026-06-13 18:42:07 UTC",
    ):
        assert expected in text


def test_board_of_nothing_is_all_dashes(sender: Sender) -> None:
    text = painted(sender.watcher)

    assert "waiting for the first message" in text
    assert "fuel – speed –" in text
    assert "None" not in text


def test_board_fits_the_smallest_terminal(sender: Sender) -> None:
    sender.say(Channel.STATUS, state="online", in_control=True)
    sender.say(Channel.LAPS, **laps(*[3.0] * 9))

    assert len(painted(sender.watcher).splitlines()) <= 24


def test_board_tells_how_far_the_fuel_goes(sender: Sender) -> None:
    sender.say(Channel.STATUS, state="online", in_control=True)
    sender.say(Channel.TELEMETRY, telemetry=telemetry(fuel=31.0))
    sender.say(Channel.LAPS, **laps(3.0, 3.2, 3.0))

    text = painted(sender.watcher)

    assert "per lap 3.00 L" in text
    assert "laps left 10.3" in text
    assert "3 2:22.000 3.00" in text


def test_board_promises_no_laps_from_a_single_one(sender: Sender) -> None:
    sender.say(Channel.STATUS, state="online", in_control=True)
    sender.say(Channel.TELEMETRY, telemetry=telemetry())
    sender.say(Channel.LAPS, **laps(3.0))

    assert "laps left –" in painted(sender.watcher)


def test_best_lap_is_of_this_race_and_not_of_practice(sender: Sender) -> None:
    columns = ["run", "lap", "finished_at", "lap_time"]
    rows = [[1, 9, "2026-06-13T10:00:00.000Z", 80.0], [2, 1, "2026-06-13T12:00:00.000Z", 90.0]]
    sender.say(Channel.STATUS, state="online", in_control=True)
    sender.say(Channel.LAPS, first=0, columns=columns, rows=rows)

    assert "best lap 1:30.000" in painted(sender.watcher)


def test_lap_that_has_no_chunk_yet_is_shown(sender: Sender) -> None:
    summary = {"run": 1, "lap": 2, "finished_at": "2026-06-13T12:02:00.000Z", "lap_time": 88.5}
    sender.say(Channel.LAPS, **laps(3.0))
    sender.say(Channel.LAP, lap_summary=summary)

    assert [row.lap for row in sender.watcher.picture(NOW_MS).laps] == [1, 2]


@pytest.mark.parametrize(
    ("state", "after_s", "expected"),
    [
        pytest.param("online", 2.0, "on track", id="live"),
        pytest.param("online", 12.0, "data may be stale (last update 12 s ago)", id="stale"),
        pytest.param("online", 23.0, "signal lost", id="silent"),
        pytest.param("idle", 12.0, "connected, nobody drives", id="idle"),
        pytest.param("offline", 1.0, "signed off", id="offline"),
        pytest.param("lost", 1.0, "signal lost", id="will"),
    ],
)
def test_state_is_told_in_words(sender: Sender, state: str, after_s: float, expected: str) -> None:
    sender.say(Channel.TELEMETRY, telemetry=telemetry())
    sender.say(Channel.STATUS, seq=1, state="online", in_control=True)
    sender.say(Channel.STATUS, seq=2, state=state, in_control=True)

    assert sender.watcher.picture(NOW_MS + round(after_s * 1000)).state == expected


def test_retained_value_is_no_sign_of_life(sender: Sender) -> None:
    """The broker's store says online for ever when the broker's own machine died."""
    sender.say(Channel.STATUS, retained=True, age_s=3.1 * 3600, state="online", in_control=True)
    sender.say(Channel.TELEMETRY, retained=True, age_s=3.1 * 3600, telemetry=telemetry())

    picture = sender.watcher.picture(NOW_MS)

    assert picture.state == "not heard yet, last known on track about 3 h ago"
    assert str(picture.age) == "about 3 h"
    assert not picture.is_good


def test_board_follows_the_monitor_in_control(sender: Sender) -> None:
    for monitor_id, control, fuel in (("pc-1", 1, 10.0), ("pc-2", 2, 20.0)):
        sender.say(
            Channel.STATUS, monitor_id=monitor_id, state="online", in_control=True, control=control
        )
        sender.say(Channel.TELEMETRY, monitor_id=monitor_id, telemetry=telemetry(fuel=fuel))

    picture = sender.watcher.picture(NOW_MS)

    assert picture.monitor_id == "pc-2"
    assert picture.telemetry.fuel == 20.0
    assert picture.others == [("pc-1", "on track")]


def test_cleared_session_is_empty_again(sender: Sender) -> None:
    sender.say(Channel.LAPS, **laps(3.0))
    sender.watcher.take(topic("laps/0"), b"", False, NOW_MS)

    assert sender.watcher.is_empty
    assert sender.watcher.picture(NOW_MS).laps == []


@pytest.mark.parametrize(
    ("data", "notice"),
    [
        pytest.param(b"not json", "1 bad message dropped", id="bad"),
        pytest.param(payload(Channel.META, units={}).replace(b'"v":1', b'"v":2'), "newer", id="v2"),
    ],
)
def test_bad_messages_are_told(sender: Sender, data: bytes, notice: str) -> None:
    sender.watcher.take(topic("meta"), data, False, NOW_MS)

    assert notice in (sender.watcher.picture(NOW_MS).notice or "")


def test_board_strips_what_a_terminal_would_obey_and_reads_no_markup(sender: Sender) -> None:
    """Whoever may publish chooses these texts; `ESC ]52` would write the clipboard."""
    evil = "\x1b]52;c;eA\x07\x9b2J\u202e[red]x[/red]\n"
    sender.say(Channel.META, units={}, car=evil, track=evil, team=evil)
    sender.say(Channel.STATUS, state="online", in_control=True, driver=evil)
    sender.say(Channel.TELEMETRY, telemetry=telemetry(tire_compounds={"fl": evil}))
    sender.say(
        Channel.SETUP, revision=1, captured_at="2026-06-13T18:42:07.512Z", setup={}, name=evil
    )

    text = painted(sender.watcher)

    assert not set("\x1b\x07\x9b\u202e") & set(text)
    assert text.count("[red]x[/red]") == 6


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (number(None), "–"),
        (number(float("nan")), "–"),
        (number(42.31, 1, "L"), "42.3 L"),
        (lap_time(59.9996), "1:00.000"),
        (lap_time(9.5), "9.500"),
        (lap_time(None), "–"),
        (gear(-1), "R"),
        (gear(0), "N"),
        (gear(4), "4"),
        (gear(None), "–"),
        (clean("  a\tb "), "a b"),
        (clean("\x1b"), "–"),
        (duration_words(0.4), "<1 s"),
        (duration_words(200_000), "2 days"),
    ],
)
def test_values_read_as_people_write_them(words: str, expected: str) -> None:
    assert words == expected


def test_watch_once_prints_a_snapshot(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="online", in_control=True)
    car.say(Channel.TELEMETRY, telemetry=telemetry())
    on = console()

    found = watch(access_to(broker.url), SESSION, stop=threading.Event(), console=on, once=True)

    assert found
    assert "42.3 L" in shown(on)
    assert "\x1b" not in shown(on)


def test_watch_where_there_is_no_terminal_prints_once(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="idle")
    on = console()

    assert watch(access_to(broker.url), SESSION, stop=threading.Event(), console=on)
    assert "nobody drives" in shown(on)


def test_watch_once_waits_for_a_car_that_retains_nothing(broker: Broker, car: Car) -> None:
    on = console()

    with speaking(car):
        watch(access_to(broker.url), SESSION, stop=threading.Event(), console=on, once=True)

    assert "42.3 L" in shown(on)


def test_watch_once_of_an_unknown_session_says_so(broker: Broker) -> None:
    on = console()

    found = watch(access_to(broker.url), "nobody", stop=threading.Event(), console=on, once=True)

    assert not found
    assert "knows nothing of session nobody" in shown(on)


def test_watch_without_a_broker_says_which_one() -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"

    with pytest.raises(LinkLost, match=url):
        watch(access_to(url), SESSION, stop=threading.Event(), console=console(is_terminal=True))


@contextmanager
def watching(url: str, on: Console) -> Iterator[None]:
    stop = threading.Event()
    backoff = Backoff(0.05, 0.05, 0, lambda: 0.5)
    thread = threading.Thread(
        target=lambda: watch(access_to(url), SESSION, stop=stop, console=on, backoff=backoff)
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


def test_watch_paints_what_comes(broker: Broker, car: Car) -> None:
    on = console(is_terminal=True)

    with watching(broker.url, on):
        eventually(lambda: "waiting for the first message" in shown(on))
        car.say(Channel.TELEMETRY, telemetry=telemetry(fuel=17.3))
        eventually(lambda: "17.3 L" in shown(on))


@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
def test_watch_tells_that_the_broker_is_lost_and_comes_back() -> None:
    on = console(is_terminal=True)

    with Mosquitto() as broker, watching(broker.url, on):
        eventually(lambda: "waiting for the first message" in shown(on))
        broker.kill()
        eventually(lambda: "the broker is lost" in shown(on))
        broker.start()
        with Car(broker.url) as car:
            car.say(Channel.TELEMETRY, telemetry=telemetry(fuel=17.3))
            eventually(lambda: "17.3 L" in shown(on))
