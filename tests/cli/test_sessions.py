import getpass
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from pitboard import credentials
from pitboard.broker import EmbeddedBroker
from pitboard.broker.users import Role
from pitboard.contract.errors import LinkLost, SettingsError
from pitboard.contract.topics import Channel
from pitboard.contract.urls import BrokerUrl
from pitboard.holdings import Holdings
from pitboard.inbox import Inbox
from pitboard.options import BrokerAccess
from pitboard.publisher.link import Credentials, LinkSettings
from pitboard.publisher.message import Publish
from pitboard.sessions import list_sessions, parse_age, prune_sessions, remove_session
from tests.brokers import TIMEOUT_S, EmbeddedInThread, Mosquitto, free_port, has_mosquitto
from tests.cli.car import SESSION, Car, access_to, payload, speaking, telemetry, topic

Broker = EmbeddedInThread | Mosquitto
DAY_S = 86_400.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def holdings(*messages: tuple[str, bytes, bool]) -> Holdings:
    held = Holdings()
    for name, data, retained in messages:
        held.take(name, data, retained=retained)
    return held


def status(state: str, age_s: float = 0.0, *, retained: bool = True) -> tuple[str, bytes, bool]:
    return topic("status"), payload(Channel.STATUS, state=state, age_s=age_s), retained


def frame(age_s: float = 0.0, *, retained: bool = True) -> tuple[str, bytes, bool]:
    data = payload(Channel.TELEMETRY, age_s=age_s, telemetry=telemetry())
    return topic("telemetry"), data, retained


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def left_on(broker: Broker, session_id: str = SESSION) -> set[str]:
    with Inbox.open(access_to(broker.url), "test") as inbox:
        replay = inbox.replay([f"pitboard/v1/{session_id}/#"])
        return {one.topic for one in replay if one.retained}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 7 * DAY_S), ("12h", 43_200.0), ("30m", 1800.0), ("90s", 90.0), (" 1D ", DAY_S)],
)
def test_age_is_read_in_days_hours_minutes_and_seconds(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7w", "0d", "٧d", "9" * 20 + "d"])
def test_other_ages_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="write 7d"):
        parse_age(text)


@pytest.mark.parametrize(
    ("messages", "is_live"),
    [
        pytest.param(lambda: [status("online", 5)], True, id="fresh online"),
        pytest.param(lambda: [status("idle", 5)], True, id="fresh idle"),
        pytest.param(lambda: [status("online", -3600)], True, id="clock ahead"),
        pytest.param(lambda: [status("online", 23)], False, id="silent online"),
        pytest.param(lambda: [status("online", 300), frame(1)], True, id="old status, fresh frame"),
        pytest.param(lambda: [status("online", 300), frame(300, retained=False)], True, id="heard"),
        pytest.param(lambda: [status("offline", 1)], False, id="offline"),
        pytest.param(lambda: [status("lost", 1), frame(1)], False, id="lost"),
        pytest.param(
            lambda: [frame(1, retained=False), status("lost", retained=False)], False, id="dies"
        ),
        pytest.param(lambda: [frame(1)], True, id="fresh frame without a status"),
        pytest.param(lambda: [frame(30)], False, id="old frame without a status"),
        pytest.param(list, False, id="nothing"),
    ],
)
def test_session_is_live_when_a_monitor_says_so_and_was_heard(
    messages: Callable[[], list[tuple[str, bytes, bool]]], is_live: bool
) -> None:
    assert holdings(*messages()).session(SESSION).is_live(now_ms()) is is_live


def test_silent_monitor_that_said_online_is_shown_as_lost() -> None:
    monitor = holdings(status("online", 300)).session(SESSION).monitors["pc-1"]

    assert monitor.state(now_ms()) == "lost"
    assert str(monitor.age(now_ms())) == "about 5 min"


def test_monitor_that_was_just_heard_is_fresh_whatever_its_clock_says() -> None:
    monitor = holdings(frame(3600, retained=False)).session(SESSION).monitors["pc-1"]

    assert monitor.state(now_ms()) == "unknown"
    assert str(monitor.age(now_ms())) == "<1 s"


def test_topics_that_no_reader_understands_belong_to_their_session_too() -> None:
    odd = "pitboard/v1/spa24/pc-1/from-the-future"

    held = holdings((odd, b"?", True), (topic("meta"), b"not json", True))

    assert held.session(SESSION).topics == {odd, topic("meta")}


def test_topics_of_others_are_nobodys_session() -> None:
    assert holdings(("home/pitboard/v1/spa24/x", b"1", True)).sessions == []


def test_session_without_a_readable_message_has_no_age() -> None:
    held = holdings((topic("meta"), b"not json", True)).session(SESSION)

    assert held.age(now_ms()) is None
    assert not held.is_older_than(1, now_ms())


def test_list_shows_car_track_drivers_monitors_and_topics(
    broker: Broker, car: Car, console: Console
) -> None:
    car.say(Channel.STATUS, state="offline", driver="Driver One", age_s=7200)
    car.say(Channel.META, units={}, car="Porsche", track="Spa", drivers=["Driver Two"], age_s=7200)

    list_sessions(access_to(broker.url), console)

    row = next(line for line in shown(console).splitlines() if line.startswith("spa24"))
    assert " ".join(row.split()) == (
        "spa24 Porsche Spa Driver One, Driver Two pc-1 offline, about 2 h 2"
    )
    assert "estimates" in shown(console)


def test_list_of_an_empty_broker_says_so(broker: Broker, console: Console) -> None:
    list_sessions(access_to(broker.url), console)

    assert "holds no session" in shown(console)


def test_list_strips_what_a_terminal_would_obey(broker: Broker, car: Car, console: Console) -> None:
    car.say(Channel.META, units={}, car="\x1b[31mred", track="[bold]x[/bold]\u202e")

    list_sessions(access_to(broker.url), console)

    assert "\x1b" not in shown(console)
    assert "\u202e" not in shown(console)
    assert "[bold]x[/bold]" in shown(console)


def test_remove_clears_every_topic_and_no_other_session(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="offline")
    car.say(Channel.TELEMETRY, telemetry=telemetry())
    car.send("pitboard/v1/spa24/pc-1/from-the-future", b"?")
    car.say(Channel.STATUS, session_id="monza", state="offline")

    count = remove_session(access_to(broker.url), SESSION)

    assert count == 3
    assert left_on(broker) == set()
    assert len(left_on(broker, "monza")) == 1


def test_remove_of_an_unknown_session_clears_nothing(broker: Broker) -> None:
    assert remove_session(access_to(broker.url), "nobody") == 0


def test_remove_refuses_a_live_session(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="online")

    with pytest.raises(SettingsError, match="is live"):
        remove_session(access_to(broker.url), SESSION)

    assert len(left_on(broker)) == 1


def test_remove_by_force_takes_a_live_session(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="online")

    assert remove_session(access_to(broker.url), SESSION, force=True) == 1
    assert left_on(broker) == set()


def test_remove_tells_when_a_monitor_fills_the_session_again(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="online")

    with speaking(car, retain=True), pytest.raises(SettingsError, match="came back"):
        remove_session(access_to(broker.url), SESSION, force=True)


def test_remove_takes_a_session_that_stays_silent(broker: Broker, car: Car) -> None:
    car.say(Channel.STATUS, state="online", age_s=3600)

    assert remove_session(access_to(broker.url), SESSION, listen_s=0.1) == 1


def test_remove_refuses_a_session_whose_clock_is_wrong_but_that_speaks(
    broker: Broker, car: Car
) -> None:
    """Clocks on drivers' PCs are wrong by minutes; their sessions must not be lost for that."""
    car.say(Channel.STATUS, state="online", age_s=3600)

    with speaking(car, age_s=3600), pytest.raises(SettingsError, match="is live"):
        remove_session(access_to(broker.url), SESSION, listen_s=TIMEOUT_S)

    assert topic("status") in left_on(broker)


def test_remove_without_a_broker_says_which_one() -> None:
    with pytest.raises(LinkLost, match="refused"):
        remove_session(access_to(f"mqtt://127.0.0.1:{free_port()}"), SESSION)


def test_prune_removes_old_sessions_and_keeps_the_rest(
    broker: Broker, car: Car, console: Console
) -> None:
    car.say(Channel.STATUS, state="offline", age_s=9 * DAY_S)
    car.say(Channel.STATUS, session_id="monza", state="offline", age_s=DAY_S)
    car.say(Channel.STATUS, session_id="silent", state="online", age_s=8 * DAY_S)

    count = prune_sessions(access_to(broker.url), 7 * DAY_S, console, listen_s=0.1)

    assert count == 2
    assert left_on(broker) == left_on(broker, "silent") == set()
    assert len(left_on(broker, "monza")) == 1
    assert "Removed spa24: 1 topic, about 9 days old" in shown(console)
    assert "2 sessions removed, 1 kept" in shown(console)


def test_prune_spares_a_session_that_speaks_with_an_old_clock(
    broker: Broker, car: Car, console: Console
) -> None:
    car.say(Channel.STATUS, state="online", age_s=9 * DAY_S)
    with speaking(car, age_s=9 * DAY_S):
        assert prune_sessions(access_to(broker.url), 7 * DAY_S, console) == 0

    assert left_on(broker)
    assert "0 sessions removed, 1 kept" in shown(console)


class Walled:
    """A broker with users, that holds an old session *spa24* and another one."""

    def __init__(self, broker: Broker, logins: dict[str, Credentials]) -> None:
        self._url = BrokerUrl.parse(broker.url)
        self._logins = logins

    def access(self, who: str) -> BrokerAccess:
        return BrokerAccess([self._url], LinkSettings(self._logins[who]))

    def left(self) -> set[str]:
        with Inbox.open(self.access("admin"), "test") as inbox:
            return {one.topic for one in inbox.replay(["pitboard/v1/#"]) if one.retained}


@pytest.fixture(params=["embedded", "mosquitto"])
def walled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Walled]:
    if request.param == "mosquitto" and not has_mosquitto():
        pytest.skip("mosquitto is not installed")
    users = tmp_path / "users.json"
    logins = {}
    for role, session_id in ((Role.MONITOR, "monza"), (Role.BRIDGE, None), (Role.ADMIN, None)):
        user, password = credentials.new(users, role, session_id=session_id, name=None)
        logins[str(role)] = Credentials(user.name, password)
    settings = (
        f"user {getpass.getuser()}\nallow_anonymous false\n"
        f"password_file {users.with_suffix(credentials.PASSWORDS_SUFFIX)}\n"
        f"acl_file {users.with_suffix(credentials.ACL_SUFFIX)}\n"
    )
    known = credentials.load(users)
    with (
        EmbeddedInThread(lambda: EmbeddedBroker(port=0, users=known))
        if request.param == "embedded"
        else Mosquitto(settings=settings)
    ) as broker:
        walled = Walled(broker, logins)
        with Inbox.open(walled.access("admin"), "test") as inbox:
            for session_id in (SESSION, "monza"):
                said = payload(
                    Channel.STATUS, session_id=session_id, state="offline", age_s=9 * DAY_S
                )
                name = topic("status", session_id=session_id)
                inbox.publish([Publish(name, said, qos=1, retain=True)])
        yield walled


@pytest.mark.parametrize("who", ["monitor", "bridge"])
def test_remove_says_that_this_user_may_not(walled: Walled, who: str) -> None:
    """mosquitto acknowledges what it drops, and shows a monitor no other session."""
    before = walled.left()

    with pytest.raises(SettingsError, match=r"may not read and clear session spa24.* admin"):
        remove_session(walled.access(who), SESSION)

    assert walled.left() == before


@pytest.mark.parametrize("who", ["monitor", "bridge"])
def test_prune_says_that_this_user_may_not(walled: Walled, console: Console, who: str) -> None:
    before = walled.left()

    with pytest.raises(SettingsError, match=r"may not read and clear every session.* admin"):
        prune_sessions(walled.access(who), DAY_S, console)

    assert walled.left() == before
    assert shown(console) == ""


def test_admin_removes_a_session(walled: Walled) -> None:
    assert remove_session(walled.access("admin"), SESSION) == 1
    assert walled.left() == {topic("status", session_id="monza")}


def test_admin_prunes_all_sessions(walled: Walled, console: Console) -> None:
    assert prune_sessions(walled.access("admin"), DAY_S, console) == 2
    assert walled.left() == set()
