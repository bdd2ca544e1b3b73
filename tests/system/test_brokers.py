"""What pitboard needs of every broker that it runs on."""

import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import topic_matches_sub

from pitboard.bridge.server import BridgeServer
from pitboard.broker.users import Role, User, new_user, with_nats
from tests.bridge.support import Frame, browsing, settings
from tests.broker.clients import Got, packet, text
from tests.broker.conformance.line import CONNACK, Line, Refused, answer, connect_body
from tests.cli.running import Pitboard
from tests.system import crew
from tests.system.lineup import KINDS, Kind, Running
from tests.system.monitors import monitoring_car
from tests.waiting import eventually

CHANNELS = {"status", "meta", "setup", "telemetry", "lap", "laps/0"}

SPA, MONZA = "pitboard/v1/spa24/pc-1/status", "pitboard/v1/monza-7/pc-1/status"
OUTSIDE = ("$SYS/x", "other/tree")
TOPICS = (SPA, MONZA, *OUTSIDE)
# What reaches beyond one session, and where NATS keeps what is everybody's.
FILTERS = (
    *(*TOPICS, "#", "+/+", "$SYS/#", "pitboard/v1/#", "pitboard/v1/+/pc-1/status"),
    *("$MQTT/#", "$MQTT/sub/#", "$MQTT/sub/+", "$MQTT/+/+", "$JS/#", "+/sub/#"),
)

# User: password, what it may write, what it may read.
ACCESS = {
    "ada": ("one", {SPA}, {SPA}),
    "eve": ("two", {MONZA}, {MONZA}),
    "wall": ("three", set[str](), {SPA, MONZA}),
    "boss": ("four", {SPA, MONZA}, {SPA, MONZA}),
}
BARRIER = "pitboard/v1/spa24/barrier/status"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found = KINDS[request.param]
    if reason := found.missing():
        pytest.skip(reason)
    return found


@pytest.fixture
def broker(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """One that is open to everybody; monitors and bridges trust its certificate."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with kind.make(folder, None) as running:
        if running.trusted is not None:
            monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.crt"))
        yield running


@pytest.fixture
def walled(kind: Kind, tmp_path: Path) -> Iterator[Running]:
    """One for two monitors of different sessions, a bridge and an admin."""
    with kind.make(tmp_path, _users()) as running:
        yield running


@functools.cache
def _users() -> list[User]:
    users = [
        new_user(Role.MONITOR, "one", name="ada", session_id="spa24"),
        new_user(Role.MONITOR, "two", name="eve", session_id="monza-7"),
        new_user(Role.BRIDGE, "three", name="wall"),
        new_user(Role.ADMIN, "four", name="boss"),
    ]
    return [with_nats(user, ACCESS[user.name][0]) for user in users]


def line(broker: Running, user: str, client_id: str = "", will: Got | None = None) -> Line:
    """A connection of a user."""
    login = (user, ACCESS[user][0])
    return Line(broker, client_id, will=will, login=login, trusted=broker.trusted)


def written(broker: Running) -> set[str]:
    return {topic for topic in TOPICS if broker.retained(topic) is not None}


def by_channel(snapshot: Frame) -> dict[str, Frame]:
    return {value["channel"]: value for value in snapshot["values"]}


async def snapshot(broker: Running, wanted: set[str] = CHANNELS) -> dict[str, Frame]:
    """What a bridge that comes late has to show, by channel."""
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        values = by_channel(await browser.join("spa24"))
        # A busy broker is still replaying when the first snapshot goes out; the rest follows it.
        while not values.keys() >= wanted:
            await browser.next()
            await browser.send("request_latest", session_id="spa24")
            values = by_channel(await browser.of("snapshot"))
    return values


@pytest.mark.anyio
async def test_browser_sees_the_car_and_whoever_comes_late_has_everything(
    broker: Running, tmp_path: Path
) -> None:
    with monitoring_car(broker.url, tmp_path, speed=1000.0):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            for kind in ("telemetry_update", "lap_update", "laps_update"):
                assert not (await browser.of(kind))["retained"]

    late = await snapshot(broker)
    assert all(value["retained"] for value in late.values())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("end", "state"),
    [
        pytest.param(Pitboard.kill, "lost", id="killed"),
        pytest.param(Pitboard.terminate, "offline", id="stopped"),
    ],
)
async def test_browser_is_told_how_a_monitor_ended(
    broker: Running, tmp_path: Path, end: Callable[[Pitboard], object], state: str
) -> None:
    async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
        await browser.join("spa24")
        with crew.monitor(tmp_path, broker.url) as monitor:
            await browser.of("telemetry_update")
            end(monitor)

            ended = await browser.until(
                lambda frame: (
                    frame["type"] == "status_update" and frame["data"]["state"] != "online"
                )
            )

    assert ended["data"]["state"] == state
    # Killed this early a monitor may have said no more than that.
    late = await snapshot(broker, {"status"})
    assert late["status"]["data"]["state"] == state


@pytest.mark.anyio
async def test_restarted_broker_that_lost_everything_is_filled_again(
    broker: Running, tmp_path: Path
) -> None:
    with monitoring_car(broker.url, tmp_path, speed=1000.0):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            first = (await browser.of("laps_update"))["data"]

            broker.restart(keeps_store=False)

            again = await browser.until(
                lambda frame: (
                    frame["type"] == "laps_update"
                    and frame["data"]["first"] == 0
                    and frame["data"]["birth"] > first["birth"]
                )
            )
        late = await snapshot(broker)

    assert again["data"]["rows"][: len(first["rows"])] == first["rows"]
    assert late["laps/0"]["data"]["rows"][: len(first["rows"])] == first["rows"]


@pytest.mark.anyio
async def test_retained_values_survive_a_restart(broker: Running, tmp_path: Path) -> None:
    with monitoring_car(broker.url, tmp_path, speed=1000.0):
        async with BridgeServer(settings(broker.url)) as server, browsing(server) as browser:
            await browser.join("spa24")
            await browser.of("laps_update")
    before = await snapshot(broker)

    broker.restart(keeps_store=True)

    after = await snapshot(broker)
    assert after.keys() >= CHANNELS
    assert {name: after[name]["data"] for name in after} == {
        name: before[name]["data"] for name in before
    }


@pytest.mark.parametrize("user", ACCESS)
def test_message_stays_where_its_user_may_write(walled: Running, user: str) -> None:
    with line(walled, user) as sender:
        for topic in TOPICS:
            sender.publish(topic, b"x", 1, retain=True)

    assert written(walled) == ACCESS[user][1]


@pytest.mark.parametrize("user", ACCESS)
def test_reader_receives_only_what_its_user_may_read(
    walled: Running, kind: Kind, user: str
) -> None:
    for topic in TOPICS:
        walled.publish(topic, b"old")
    may_read = ACCESS[user][2]
    replayed, live, refused = set(), set(), set()
    for topic_filter, qos in itertools.product(FILTERS, (0, 1)):
        with line(walled, user) as reader:
            is_refused = reader.subscribe((topic_filter, qos)) == [0x80]
            if is_refused:
                refused.add(topic_filter)
            replayed |= {got.topic for got in reader.rest()}
            for topic in TOPICS:
                walled.publish(topic, b"new")
            # What NATS sends at QoS 1 may come after its answer to a later question.
            due = [topic for topic in may_read if topic_matches_sub(topic_filter, topic)]
            live |= {reader.next().topic for _ in due if not is_refused}
            live |= {got.topic for got in reader.rest()}

    assert replayed == may_read
    assert live == may_read
    assert (set(OUTSIDE) <= refused) is kind.refuses_subscriptions


@pytest.mark.parametrize("user", ACCESS)
def test_will_stays_where_its_user_may_write(walled: Running, user: str) -> None:
    wills = [Got(topic, b"lost", retain=True, qos=1) for topic in TOPICS]
    for will in wills:
        try:
            line(walled, user, will=will).cut()
        except Refused as refusal:
            assert refusal.code == 5  # noqa: PT017 - only some brokers refuse it at the door
            assert will.topic not in ACCESS[user][1]
    line(walled, "boss", will=Got(BARRIER, b"lost", retain=True, qos=1)).cut()
    eventually(lambda: walled.retained(BARRIER))
    eventually(lambda: written(walled) >= ACCESS[user][1])

    assert written(walled) == ACCESS[user][1]


@pytest.mark.parametrize("user", ["eve", "wall", "boss"])
def test_client_id_of_another_user_gives_nothing_of_his(
    walled: Running, kind: Kind, user: str
) -> None:
    client_id = "pb-spa24-pc-1"
    with line(walled, "ada", client_id) as victim:
        victim.subscribe((SPA, 1))
        with line(walled, user, client_id) as attacker:
            walled.publish(SPA, b"secret")
            attacker.publish(SPA, b"forged", 1, retain=True)

            assert attacker.rest() == []
            is_writer = SPA in ACCESS[user][1]
            assert walled.retained(SPA) == (b"forged" if is_writer else b"secret")
        if not kind.guards_client_ids:
            victim.until_cut()
            return
        assert victim.next() == Got(SPA, b"secret", qos=1)
        assert [got.payload for got in victim.rest()] == ([b"forged"] if is_writer else [])


def test_client_id_that_another_user_has_first_is_not_kept_from_its_owner(
    walled: Running,
) -> None:
    """Its monitor would stay outside for as long as he likes."""
    client_id = "pb-spa24-pc-1"
    with line(walled, "wall", client_id), line(walled, "ada", client_id) as owner:
        owner.subscribe((SPA, 1))
        owner.publish(SPA, b"online", 1)

        assert owner.next() == Got(SPA, b"online", qos=1)


@pytest.mark.parametrize(
    "login", [pytest.param(None, id="nobody"), pytest.param(("ada", "wrong"), id="wrong password")]
)
def test_stranger_who_says_everything_at_once_is_not_heard(
    walled: Running, login: tuple[str, str] | None
) -> None:
    for topic in TOPICS:
        will = Got(topic, b"lost", retain=True, qos=1)
        sent = packet(0x10, connect_body("pb-spa24-pc-1", will=will, login=login))
        sent += packet(0x82, b"\0\1" + text(topic) + b"\1") + packet(0x31, text(topic) + b"x")

        assert answer(walled, sent, walled.trusted) == packet(CONNACK, b"\0\5")
    line(walled, "boss", will=Got(BARRIER, b"lost", retain=True, qos=1)).cut()
    eventually(lambda: walled.retained(BARRIER))

    assert written(walled) == set()
