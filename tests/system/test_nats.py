"""What only NATS does, as docs/brokers.md has it."""

import json
import socket
import time
from pathlib import Path

import pytest

from pitboard import credentials
from pitboard.broker.users import Role
from pitboard.contract import codec
from pitboard.contract.messages import StatusMessage
from pitboard.contract.topics import FENCE, Topic
from pitboard.publisher.connection import ACK_WITHIN_S
from pitboard.publisher.retelling import LATE_S
from tests.broker.conformance.line import Cut, Line
from tests.brokers import TIMEOUT_S
from tests.cluster.rounds import RETAINED
from tests.system.monitors import monitoring_car
from tests.system.nats import Cluster, missing_cluster, missing_nats
from tests.waiting import eventually


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if reason := missing_nats():
        pytest.skip(reason)
    return tmp_path


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """For a cluster."""
    if reason := missing_cluster():
        pytest.skip(reason)
    return tmp_path


def test_client_id_is_one_for_the_whole_cluster(folders: Path) -> None:
    """A monitor that comes back through another node is not there twice."""
    with Cluster(folders, 3) as cluster:
        first, second = cluster.fronts
        with Line(first, "car") as old, Line(second, "car") as new:
            old.until_cut()

            assert new.rest() == []


def test_user_cannot_come_in_by_the_own_protocol_of_nats(folder: Path) -> None:
    """There he could reach what NATS keeps of everybody."""
    users = folder / "users.json"
    password = credentials.new(users, Role.ADMIN, session_id=None, name="boss")[1]
    text = users.with_suffix(credentials.NATS_SUFFIX).read_text()
    with Cluster(folder, 1, text, ("boss", password)) as cluster:
        port = cluster.nodes[0].own_port
        with socket.create_connection((cluster.host, port), TIMEOUT_S) as sock:
            login = json.dumps({"user": "boss", "pass": password, "verbose": True})
            sock.sendall(f"CONNECT {login}\r\nPING\r\n".encode())
            with sock.makefile("rb") as file:
                assert file.readline().startswith(b"INFO ")
                assert file.readline() == b"-ERR 'Authorization Violation'\r\n"


def test_node_that_lost_its_disk_has_everything_again(folders: Path) -> None:
    topic = "pitboard/v1/spa24/pc-1/setup"
    with Cluster(folders, 3) as cluster:
        cluster.publish(topic, b"kept")
        node = cluster.stores[2]
        node.kill()
        node.empty()

        node.start()

        cluster.wait()
        eventually(lambda: node.kept(RETAINED) == 1)


def test_nats_acknowledges_late_what_it_drops_while_a_store_has_no_leader(folders: Path) -> None:
    """A monitor that is acknowledged late therefore says everything again."""
    topic = "pitboard/v1/spa24/pc-1/setup"
    with Cluster(folders, 3) as cluster:
        (leader,) = (node for node in cluster.stores if RETAINED in node.is_leader_of())
        front = cluster.fronts[0]
        is_cut = False
        with Line(front) as car:
            leader.kill()
            began_s = time.monotonic()
            try:
                car.publish(topic, b"dropped", 1, retain=True)
            except Cut:
                # The node led the store of QoS 1 messages, too.
                is_cut = True
            took_s = time.monotonic() - began_s

        eventually(lambda: front.is_ready(None), 60.0)
        with Line(front) as late:
            late.subscribe((topic, 0))
            assert late.rest() == []
        assert is_cut or took_s > LATE_S


def test_nats_waits_4_s_with_who_retains_a_value_and_no_time_with_others(folders: Path) -> None:
    """So a monitor asks after each value, and retains none once an answer was late."""
    topic = "pitboard/v1/spa24/pc-1/telemetry"
    with Cluster(folders, 3) as cluster:
        (leader,) = (node for node in cluster.stores if RETAINED in node.is_leader_of())
        took_s = []
        with Line(cluster.fronts[0]) as car:
            leader.kill()
            for retain in (True, False):
                began_s = time.monotonic()
                car.publish(topic, b"{}", retain=retain)
                car.unsubscribe(FENCE)
                took_s.append(time.monotonic() - began_s)

    assert LATE_S < took_s[0] < ACK_WITHIN_S
    assert took_s[1] < LATE_S


def test_monitor_that_stops_while_a_store_elects_is_offline_and_not_lost(folders: Path) -> None:
    """NATS drops the first `offline`, and its will would say `lost` to who watches."""
    topic = "pitboard/v1/spa24/pc-1/status"
    with Cluster(folders, 3) as cluster, Line(cluster.fronts[1]) as watcher:
        watcher.subscribe((topic, 0))
        (leader,) = (node for node in cluster.stores if RETAINED in node.is_leader_of())

        with monitoring_car(cluster.urls, folders / "state") as monitor:
            leader.kill()
            monitor.stop()
            eventually(lambda: cluster.fronts[0].is_ready(None), 60.0)
            eventually(lambda: state(cluster.retained(topic)) == "offline", 2 * TIMEOUT_S)

        told = [state(got.payload) for got in watcher.rest()]
        assert told[-1] == "offline"
        assert "lost" not in told


def state(payload: bytes | None) -> str:
    """What a status says."""
    assert payload is not None
    message = codec.decode(Topic.parse("pitboard/v1/spa24/pc-1/status"), payload)
    assert isinstance(message, StatusMessage)
    return message.state
